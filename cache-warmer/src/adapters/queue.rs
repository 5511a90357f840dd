//! R2's event notifications: a file under `uploads/` starts its job at once, as the cron would.
//!
//! An event only says that it is worth looking. Looking is what the heartbeat does, so that one
//! that is repeated, late, or about a file that is gone harms nothing, and one that is lost costs
//! a quarter of an hour.

use ports::log::Level;
use ports::{Clock, LogSink};
use runtime::service_client::CallContext;
use worker::wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, MessageExt, js_sys};
use workerd::JsHost;

use warmer_core::manifest::UPLOADED;
use warmer_core::upload_event::{ParsedEvent, parse_event};

use super::wake::{alert, background, wake};

/// R2 sends JSON, which arrives as a value; a message sent by hand may be its text.
fn text_of(body: &JsValue) -> Option<String> {
    body.as_string().or_else(|| js_sys::JSON::stringify(body).ok()?.as_string())
}

/// Takes a batch: one look for all of it. What could not be done is left to the queue to send
/// again; whatever says nothing new, or nothing at all, is done with.
pub(crate) async fn consume(batch: &MessageBatch<()>, env: &Env, event: &Context) {
    let (context, started_at_ms) = (background(env), JsHost.now_ms());
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
    if let Some(span) = workerd::report_event(env, &context, started_at_ms) {
        event.wait_until(span);
    }
}

fn warn(context: &CallContext, id: &str) {
    let mut line = context.line("queue");
    line.level = Level::Warn;
    line.message = format!("the message {id} is no event notification: dropped");
    JsHost.write(&line);
}
