//! R2's event notifications: a file under `uploads/` starts its job at once, as the cron would.
//!
//! An event only says that it is worth looking. Looking is what the heartbeat does, so that one
//! that is repeated, late, or about a file that is gone harms nothing, and one that is lost costs
//! a quarter of an hour.

use ports::LogSink;
use ports::log::Level;
use runtime::service_client::CallContext;
use serde::Deserialize;
use worker::wasm_bindgen::JsValue;
use worker::{Env, MessageBatch, MessageExt, js_sys};
use workerd::JsHost;

use super::UPLOADED;
use super::edge::{alert, background, wake};
use crate::engine::bucket::UPLOADS;

/// Actions after which there is a new object or a new version of one.
/// <https://developers.cloudflare.com/r2/buckets/event-notifications/>
const WRITES: [&str; 3] = ["PutObject", "CopyObject", "CompleteMultipartUpload"];

/// The members of a notification that matter here.
#[derive(Debug, Deserialize)]
struct Notification {
    action: String,
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Object {
    key: String,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ParsedEvent {
    /// There may be a new library.
    Uploaded,
    /// Something else has happened.
    Nothing,
    /// It is no notification.
    Malformed,
}

fn parse_event(message: Option<&str>) -> ParsedEvent {
    let notification =
        message.and_then(|text| serde_json::from_slice::<Notification>(text.as_bytes()).ok());
    match notification {
        None => ParsedEvent::Malformed,
        Some(Notification { action, object })
            if WRITES.contains(&action.as_str()) && object.key.starts_with(UPLOADS) =>
        {
            ParsedEvent::Uploaded
        }
        Some(_) => ParsedEvent::Nothing,
    }
}

/// R2 sends JSON, which arrives as a value; a message sent by hand may be its text.
fn text_of(body: &JsValue) -> Option<String> {
    body.as_string().or_else(|| js_sys::JSON::stringify(body).ok()?.as_string())
}

/// Takes a batch: one look for all of it. What could not be done is left to the queue to send
/// again; whatever says nothing new, or nothing at all, is done with.
pub(crate) async fn consume(batch: &MessageBatch<()>, env: &Env) {
    let context = background(env);
    let mut uploaded = Vec::new();
    for message in batch.raw_iter() {
        match parse_event(text_of(&message.body()).as_deref()) {
            ParsedEvent::Uploaded => uploaded.push(message),
            ParsedEvent::Nothing => message.ack(),
            ParsedEvent::Malformed => {
                warn(&context, &message.id());
                message.ack();
            }
        }
    }
    if !uploaded.is_empty() {
        // A handler that failed would say nothing about single messages.
        match wake(env, &context, UPLOADED).await {
            Ok(()) => uploaded.iter().for_each(MessageExt::ack),
            Err(failure) => {
                alert(&context, "an event notification could not be taken up".to_owned(), &failure);
                uploaded.iter().for_each(MessageExt::retry);
            }
        }
    }
    workerd::analytics::flush(env);
}

fn warn(context: &CallContext, id: &str) {
    let mut line = context.line("queue");
    line.level = Level::Warn;
    line.message = format!("the message {id} is no event notification: dropped");
    JsHost.write(&line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(action: &str, key: &str) -> String {
        format!(
            r#"{{"account":"a","action":"{action}","bucket":"personal-library-data","object":
            {{"key":"{key}","size":65536,"eTag":"c846ff7a18f28c2e262116d6e8719ef0"}},
            "eventTime":"2026-11-21T08:00:00.000Z","copySource":{{"bucket":"b","object":"o"}}}}"#
        )
    }

    #[test]
    fn only_a_new_object_under_uploads_is_worth_a_look() {
        for (action, key, detail) in [
            ("PutObject", "uploads/books.csv", ParsedEvent::Uploaded),
            ("CopyObject", "uploads/a/b.csv", ParsedEvent::Uploaded),
            ("CompleteMultipartUpload", "uploads/large.csv", ParsedEvent::Uploaded),
            ("PutObject", "results/books-1.json", ParsedEvent::Nothing),
            ("PutObject", "api-cache/v1/any/uploads/x", ParsedEvent::Nothing),
            ("DeleteObject", "uploads/books.csv", ParsedEvent::Nothing),
            ("LifecycleDeletion", "uploads/books.csv", ParsedEvent::Nothing),
            ("SomethingNew", "uploads/books.csv", ParsedEvent::Nothing),
        ] {
            assert_eq!(parse_event(Some(&notification(action, key))), detail, "{action} {key}");
        }
    }

    #[test]
    fn malformed_events_differ_from_unrelated_ones() {
        let delete = r#"{"action":"DeleteObject","object":{"key":"uploads/x.csv"}}"#;
        assert_eq!(parse_event(Some(delete)), ParsedEvent::Nothing, "a deletion has no size");
        for text in ["", "null", "[]", "{}", "uploads/books.csv", r#"{"action":"PutObject"}"#] {
            assert_eq!(parse_event(Some(text)), ParsedEvent::Malformed, "{text}");
        }
        assert_eq!(parse_event(None), ParsedEvent::Malformed);
    }
}
