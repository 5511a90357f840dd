//! R2's event notifications: a file under `uploads/` starts its job at once, as the cron would.
//!
//! An event only causes a scan of the bucket, as the heartbeat does. So an event that is repeated,
//! late, or about a deleted file does no harm, and a lost event delays a job by at most 15 minutes.

use ports::structured_log::LogLevel;
use ports::{Clock, LogSink};
use runtime::resilient_client::RequestContext;
use worker::wasm_bindgen::JsValue;
use worker::{Context, Env, MessageBatch, MessageExt, js_sys};
use workerd::JsSystemPorts;

use warmer_core::binding_manifest::UPLOADED;
use warmer_core::upload_event::{R2EventRelevance, parse_event};

use super::ledger_object::{background_context, log_alert, wake_ledger};

/// The text of a message. R2 sends JSON as a value; a message sent by hand may be a string.
fn message_text(body: &JsValue) -> Option<String> {
    body.as_string().or_else(|| js_sys::JSON::stringify(body).ok()?.as_string())
}

/// Takes a batch and scans once for all of it. If the scan fails, the queue sends the messages
/// again; other and unreadable messages are acknowledged.
pub(crate) async fn consume(batch: &MessageBatch<()>, env: &Env, event: &Context) {
    let (context, started_at_ms) = (background_context(env), JsSystemPorts.now_ms());
    let mut uploaded = Vec::new();
    for message in batch.raw_iter() {
        match parse_event(message_text(&message.body()).as_deref()) {
            R2EventRelevance::Uploaded => uploaded.push(message),
            R2EventRelevance::Nothing => message.ack(),
            R2EventRelevance::Malformed => {
                warn(&context, &message.id());
                message.ack();
            }
        }
    }
    if !uploaded.is_empty() {
        // The result is reported for each message: the handler itself does not fail.
        match wake_ledger(env, &context, UPLOADED).await {
            Ok(()) => uploaded.iter().for_each(MessageExt::ack),
            Err(failure) => {
                let message = "an event notification could not wake the ledger";
                log_alert(&context, message, &failure);
                uploaded.iter().for_each(MessageExt::retry);
            }
        }
    }
    if let Some(span) = workerd::report_event(env, &context, started_at_ms) {
        event.wait_until(span);
    }
}

fn warn(context: &RequestContext, id: &str) {
    let mut line = context.build_log_line("queue");
    line.level = LogLevel::Warn;
    line.message = format!("the message {id} is no event notification: dropped");
    JsSystemPorts.write(&line);
}
