//! HTTP as plain data: requests to handlers and their replies, without platform types.
//!
//! The adapter in `shared/workerd` turns a platform request into a [`Request`] and a [`Reply`] into
//! a platform response. URLs are split here, which keeps a URL parser (and its IDNA tables) out of
//! the wasm.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but the characters that a path segment keeps as they are: RFC 3986 unreserved ones.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    /// HEAD is answered as GET without the body.
    Head,
    Post,
    Delete,
    Options,
    Other,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "OTHER",
        }
    }

    /// Reads the name of a method; it is case-sensitive.
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }

    /// True if a repeated request has the effect of a single one (RFC 9110).
    pub fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Delete | Self::Options)
    }
}

/// Header names in lower case with their values, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a header; the name is compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a header, replacing every earlier value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Adds a value to those of the header.
    pub fn append(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Those of the named headers that are set, each with its first value.
    pub fn subset(&self, names: &[&str]) -> Self {
        let value_of = |name: &&str| Some((name.to_ascii_lowercase(), self.get(name)?.to_owned()));
        Self(names.iter().filter_map(value_of).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A request with its target split and its query decoded.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// The target as it was sent, see [`Request::new`].
    pub target: String,
    /// The path as sent, still percent-encoded: decode segments with [`decode_segment`].
    pub path: String,
    /// Decoded query pairs in order.
    pub query: Vec<(String, String)>,
    pub headers: Headers,
    /// The body, already capped in size by the adapter.
    pub body: Vec<u8>,
}

impl Request {
    /// Splits a request target (absolute URL or path with query) without a URL parser.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = split_target(target);
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self {
            method,
            target: target.to_owned(),
            path: path.to_owned(),
            query,
            headers: Headers::default(),
            body: Vec::new(),
        }
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Headers,
    /// The whole body: JSON of known length (a hot cache hit is streamed by the adapter instead).
    pub body: Vec<u8>,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Headers::default(), body: Vec::new() }
    }

    /// A JSON answer. A value that cannot be serialised is our own fault and becomes a 500.
    pub fn with_json_body<T: serde::Serialize>(status: u16, value: &T) -> Self {
        let lost = br#"{"error":"answer could not be written","errorCode":"INTERNAL"}"#;
        let (status, body) =
            serde_json::to_vec(value).map_or_else(|_| (500, lost.to_vec()), |body| (status, body));
        Self { body, ..Self::empty(status) }
            .with_header("content-type", "application/json; charset=utf-8")
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// Path and query of a target that may be absolute.
fn split_target(target: &str) -> (&str, &str) {
    let rest = target.split_once("://").map_or(target, |(_, rest)| {
        rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/")
    });
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (if path.is_empty() { "/" } else { path }, query)
}

/// Decodes one path segment; text that is not UTF-8 after decoding is refused.
pub fn decode_segment(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Encodes a text as one path segment (a slash in it does not split it).
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

pub fn encode_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_split_without_a_url_parser() {
        for (target, path, q) in [
            ("https://host/a/b?q=x%20y&z=1#f", "/a/b", Some("x y")),
            ("http://host?q=1", "/", Some("1")),
            ("/author/%E6%9D%91%E4%B8%8A?q=%E6%9D%91", "/author/%E6%9D%91%E4%B8%8A", Some("村")),
            ("https://host", "/", None),
            ("/x?q=a+b", "/x", Some("a b")),
        ] {
            let request = Request::new(Method::Get, target);
            assert_eq!((request.path.as_str(), request.param("q")), (path, q), "{target}");
        }
    }

    #[test]
    fn segments_survive_a_round_trip() {
        for text in ["AC/DC", "村上春樹", "a b+c", "100%", "..", "?#"] {
            assert_eq!(decode_segment(&encode_segment(text)).as_deref(), Some(text));
        }
        assert_eq!(decode_segment("%FF"), None);
    }
}
