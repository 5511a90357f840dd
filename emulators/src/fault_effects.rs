//! The effect of a fault on an answer.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use futures::StreamExt;

use crate::emulated_provider_admission::{
    EmulatedAdmissionDecision, EmulatedAdmissionInput, EmulatedProviderLimiters,
};
use crate::emulator_reply::{EmulatorReply, build_response};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};
use crate::faults::{EmulatedFault, FaultRule, first_half, inflate};
use crate::odd_records::with_odd_records;
use crate::{google, isbndb, open_library};

/// True if the rule answers 401, 403 or 429, which use no quota, as at the providers.
pub(crate) fn is_uncounted(rule: &FaultRule) -> bool {
    rule.fault == EmulatedFault::Status && matches!(rule.status, Some(401 | 403 | 429))
}

/// Whether a provider accepts a request, and the units that it uses.
pub(crate) fn decide_admission(
    provider: Provider,
    limits: &mut EmulatedProviderLimiters,
    input: EmulatedAdmissionInput<'_>,
    incoming: &EmulatorRequest,
) -> EmulatedAdmissionDecision {
    match provider {
        Provider::Google => google::check_limits(limits, input, incoming),
        Provider::OpenLibrary => open_library::check_limits(limits, input, incoming),
        Provider::Isbndb => isbndb::check_limits(limits, input, incoming),
    }
}

/// The provider's answer, changed or replaced by the fault.
pub(crate) fn answer_with_fault(
    provider: Provider,
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    rule: Option<&FaultRule>,
) -> EmulatorReply {
    let fault = rule.map_or(EmulatedFault::None, |rule| rule.fault);
    let status = rule.and_then(|rule| rule.status);
    let mut reply = match fault {
        EmulatedFault::Status => {
            let status = status.unwrap_or(503);
            let day = rule.and_then(|rule| rule.scope.as_deref()) == Some("day");
            match provider {
                Provider::Google => google::error_reply(context.settings, status, day),
                Provider::OpenLibrary => open_library::error_reply(status),
                Provider::Isbndb => isbndb::error_reply(context.settings, status, day),
            }
        }
        EmulatedFault::Html => EmulatorReply::html_page(
            status.unwrap_or(200),
            "<!doctype html><html><head><title>Just a moment…</title></head><body><h1>Maintenance</h1></body></html>\n",
        ),
        EmulatedFault::Redirect => EmulatorReply::html_page(
            status.unwrap_or(302),
            "<html><head><title>302 Found</title></head><body><h1>302 Found</h1></body></html>\n",
        )
        // The port of the discard service: no process listens there.
        .with_header("location", "http://127.0.0.1:9/elsewhere"),
        EmulatedFault::Moved => moved_reply(provider, status.unwrap_or(404)),
        EmulatedFault::Empty => match provider {
            Provider::Google => google::empty_reply(),
            Provider::OpenLibrary => open_library::empty_reply(incoming),
            Provider::Isbndb => isbndb::empty_reply(context.settings, incoming),
        },
        _ => match provider {
            Provider::Google => google::google_reply(context, incoming),
            Provider::OpenLibrary => open_library::open_library_reply(context, incoming),
            Provider::Isbndb => isbndb::isbndb_reply(context, incoming),
        },
    };
    match fault {
        EmulatedFault::BadJson => reply.body = first_half(&reply.body),
        EmulatedFault::Huge => reply.body = inflate(&reply.body),
        EmulatedFault::OddField | EmulatedFault::OddRecord => {
            reply.body =
                with_odd_records(&reply.body, fault == EmulatedFault::OddRecord, context.nonce);
        }
        _ => {}
    }
    if let Some(body) = rule.and_then(|rule| rule.body.as_ref()) {
        reply.body = body.clone().into_bytes();
    }
    if let Some(after) = rule.and_then(|rule| rule.retry_after.as_ref()) {
        reply.headers.retain(|(name, _)| *name != "retry-after");
        reply = reply.with_header("retry-after", after.clone());
    }
    reply
}

/// The answer of a provider's web server to a path that it does not know.
fn moved_reply(provider: Provider, status: u16) -> EmulatorReply {
    let reply = match provider {
        Provider::OpenLibrary => open_library::moved_reply(status),
        Provider::Google => EmulatorReply::html_page(
            status,
            "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n",
        ),
        Provider::Isbndb => EmulatorReply::html_page(
            status,
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        ),
    };
    match status {
        301 | 308 => reply.with_header("location", "http://127.0.0.1:9/elsewhere"),
        _ => reply,
    }
}

/// Sends half of the body, lets it arrive, and closes; with `stall` the connection stays open.
pub(crate) fn truncated_response(mut reply: EmulatorReply, fault: EmulatedFault) -> Response<Body> {
    let promised = reply.body.len().max(2);
    let sent = first_half(&reply.body);
    if fault != EmulatedFault::CutChunked {
        reply.headers.push(("content-length", promised.to_string()));
    }
    let first = futures::stream::once(async move { Ok(bytes::Bytes::from(sent)) });
    let then = futures::stream::once(async move {
        if fault == EmulatedFault::Stall {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    build_response(reply.status, &reply.headers, Body::from_stream(first.chain(then)))
}
