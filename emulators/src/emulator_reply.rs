//! An answer as data, which a fault may change before it is sent.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) struct EmulatorReply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl EmulatorReply {
    pub(crate) fn with_json_body(status: u16, body: &Value) -> Self {
        Self::with_media_type(status, "application/json", body.to_string())
    }

    pub(crate) fn ok(body: &Value) -> Self {
        Self::with_json_body(200, body)
    }

    /// A JSON answer, indented as Google's.
    pub(crate) fn json_pretty(status: u16, body: &Value) -> Self {
        let text = serde_json::to_string_pretty(body).unwrap_or_default();
        Self::with_media_type(status, "application/json; charset=UTF-8", text)
    }

    pub(crate) fn html_page(status: u16, page: &str) -> Self {
        Self::with_media_type(status, "text/html", page.to_owned())
    }

    pub(crate) fn with_media_type(status: u16, media_type: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", media_type.to_owned())],
            body: body.into_bytes(),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A reply; a refusal is an error, so that it ends the function that finds it.
pub(crate) type ReplyResult = Result<EmulatorReply, EmulatorReply>;

impl IntoResponse for EmulatorReply {
    fn into_response(self) -> Response<Body> {
        build_response(self.status, &self.headers, Body::from(self.body))
    }
}

/// Adds members to a JSON object.
pub(crate) fn add_json_members<'n>(
    object: &mut Value,
    members: impl IntoIterator<Item = (&'n str, Value)>,
) {
    if let Some(object) = object.as_object_mut() {
        object.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}

/// Builds a response; an invalid header is left out.
pub(crate) fn build_response(
    status: u16,
    headers: &[(&'static str, String)],
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}
