//! A request as the emulated providers see it.

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    Google,
    OpenLibrary,
    Isbndb,
}

impl Provider {
    /// All providers, in the order of reports.
    pub(crate) const ALL: [Self; 3] = [Self::Google, Self::OpenLibrary, Self::Isbndb];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::OpenLibrary => "openlibrary",
            Self::Isbndb => "isbndb",
        }
    }

    /// The index in arrays of three.
    pub(crate) const fn array_index(self) -> usize {
        match self {
            Self::Google => 0,
            Self::OpenLibrary => 1,
            Self::Isbndb => 2,
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

/// Method, path below the provider's base, decoded query, headers and body.
#[derive(Debug)]
pub(crate) struct EmulatorRequest {
    pub(crate) method: String,
    /// The path below the provider's base URL, still percent-encoded, without the leading slash.
    pub(crate) path: String,
    /// The plan named by the host part of the path (`/isbndb-host/{plan}`), for ISBNdb.
    pub(crate) host_plan: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl EmulatorRequest {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn nonblank_param(&self, name: &str) -> Option<&str> {
        self.param(name).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn is_get_or_head(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// The path's segments, still encoded: a `%2F` inside a name does not split it.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

/// A path segment as text; `None` if its bytes are not UTF-8.
pub(crate) fn decode_path_segment(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

pub(crate) fn parse_query_string(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}
