//! The calls of the named entrypoint `Bibliography`: each call is one request of [`crate::route`].
//!
//! A call has no headers, so trace, deadline and request id come as one argument.

use ports::http_types::{Method, Request, encode_query, encode_segment};
use runtime::call_outcome::RequestRejection;
use runtime::rate_limit::CallClass;
use runtime::resilient_client::request_context::{DEADLINE_HEADER, REQUEST_ID_HEADER};
use runtime::trace_context::TRACEPARENT_HEADER;
use runtime::wire_types::isbndb_worker_answers::CALL_CLASS_HEADER;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::route::MAX_REQUEST_BODY_BYTES;

/// One call as the entrypoint passes it on.
#[derive(Deserialize)]
struct RpcCall {
    #[serde(flatten)]
    method: MethodCall,
    #[serde(default)]
    context: RpcContext,
}

#[derive(Deserialize)]
#[serde(tag = "method", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum MethodCall {
    Author { name: String, page: Option<u32>, page_size: Option<u32>, language: Option<String> },
    Book { isbn: String },
    Books { isbns: Vec<String> },
    Quota,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RpcContext {
    traceparent: Option<String>,
    /// The caller's remaining time in milliseconds.
    deadline_ms: Option<u64>,
    request_id: Option<String>,
    /// True for a call that no person waits for.
    background: bool,
}

/// Turns a call into the request of its route. Errors: [`RequestRejection::BadRequest`] for a text
/// that is no call, [`RequestRejection::TooLarge`] for one that is too long.
pub fn request_from_rpc_call(call: &str) -> Result<Request, RequestRejection> {
    if call.len() > MAX_REQUEST_BODY_BYTES {
        return Err(RequestRejection::TooLarge {
            limit: format!("{MAX_REQUEST_BODY_BYTES} bytes"),
        });
    }
    let RpcCall { method, context } = serde_json::from_str(call)
        .map_err(|error| RequestRejection::BadRequest { detail: format!("call: {error}") })?;
    let mut request = match method {
        MethodCall::Author { name, page, page_size, language } => {
            let pairs = [
                ("page", page.map(|number| number.to_string())),
                ("pageSize", page_size.map(|number| number.to_string())),
                ("language", language),
            ];
            let given = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
            let target = format!("/author/{}?{}", encode_segment(&name), encode_query(given));
            Request::new(Method::Get, &target)
        }
        MethodCall::Book { isbn } => {
            Request::new(Method::Get, &format!("/book/{}", encode_segment(&isbn)))
        }
        MethodCall::Books { isbns } => {
            let body = serde_json::json!({ "isbns": isbns }).to_string().into_bytes();
            Request { body, ..Request::new(Method::Post, "/books") }
        }
        MethodCall::Quota => Request::new(Method::Get, "/quota"),
    };
    let RpcContext { traceparent, deadline_ms, request_id, background } = context;
    let class = background.then(|| CallClass::Background.as_str().to_owned());
    for (name, value) in [
        (TRACEPARENT_HEADER, traceparent),
        (DEADLINE_HEADER, deadline_ms.map(|ms| ms.to_string())),
        (REQUEST_ID_HEADER, request_id),
        (CALL_CLASS_HEADER, class),
    ] {
        if let Some(value) = value {
            request.headers.set(name, value);
        }
    }
    Ok(request)
}

#[derive(Serialize)]
struct RpcAnswer<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

/// The answer's status and JSON body as the entrypoint reads them.
pub fn answer_of(status: u16, body: &[u8]) -> String {
    let answer = RpcAnswer { status, body: serde_json::from_slice(body).ok() };
    serde_json::to_string(&answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_the_request_of_its_route() {
        for (call, method, target, body) in [
            (
                r#"{"method":"author","name":"Ursula K. Le Guin","pageSize":5,"language":"en"}"#,
                Method::Get,
                "/author/Ursula%20K.%20Le%20Guin?pageSize=5&language=en",
                "",
            ),
            (r#"{"method":"author","name":"a/../b"}"#, Method::Get, "/author/a%2F..%2Fb?", ""),
            (r#"{"method":"book","isbn":"9780441172719"}"#, Method::Get, "/book/9780441172719", ""),
            (
                r#"{"method":"books","isbns":["9780441172719"]}"#,
                Method::Post,
                "/books",
                r#"{"isbns":["9780441172719"]}"#,
            ),
            (r#"{"method":"quota"}"#, Method::Get, "/quota", ""),
        ] {
            let request = request_from_rpc_call(call).unwrap();
            assert_eq!((request.method, request.target.as_str()), (method, target));
            assert_eq!(request.body, body.as_bytes());
        }
    }

    #[test]
    fn the_context_becomes_headers() {
        let call = r#"{"method":"quota","context":{"traceparent":"t","deadlineMs":900,"requestId":"r","background":true}}"#;
        let headers = request_from_rpc_call(call).unwrap().headers;
        assert_eq!(headers.get("traceparent"), Some("t"));
        assert_eq!(headers.get("x-deadline-ms"), Some("900"));
        assert_eq!(headers.get("x-request-id"), Some("r"));
        assert_eq!(headers.get("x-call-class"), Some(CallClass::Background.as_str()));
        assert_eq!(
            request_from_rpc_call(r#"{"method":"quota"}"#).unwrap().headers.iter().count(),
            0
        );
    }

    #[test]
    fn a_text_that_is_no_call_is_refused() {
        for call in ["", "{}", "[]", r#"{"method":"health"}"#, r#"{"method":"book"}"#] {
            assert!(
                matches!(request_from_rpc_call(call), Err(RequestRejection::BadRequest { .. })),
                "{call}"
            );
        }
        let long =
            format!(r#"{{"method":"book","isbn":"{}"}}"#, "9".repeat(MAX_REQUEST_BODY_BYTES));
        assert!(matches!(request_from_rpc_call(&long), Err(RequestRejection::TooLarge { .. })));
    }

    #[test]
    fn an_answer_carries_its_json() {
        assert_eq!(answer_of(200, br#"{"a":1}"#), r#"{"status":200,"body":{"a":1}}"#);
        assert_eq!(answer_of(204, b""), r#"{"status":204}"#);
        assert_eq!(answer_of(502, b"<html>"), r#"{"status":502}"#);
    }
}
