//! A failure as it travels: its kind, and beside it the members that this kind has.
//!
//! serde can write an enum like this by itself (`#[serde(tag = "kind")]`), but to read one it
//! keeps every member in a buffer of any type and reads from that again: a second deserialiser for
//! every type inside, 40 KB of wasm. Here all members of all kinds stand in one plain struct.

use serde::{Deserialize, Serialize};

use super::Failure;

/// All kinds in one.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    #[serde(default)]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Box<Failure>>,
}

impl From<Failure> for Wire {
    fn from(failure: Failure) -> Self {
        let of = |kind: &str| Self { kind: kind.to_owned(), ..Self::default() };
        let about = |kind: &str, what: String| Self { what: Some(what), ..of(kind) };
        let after = |kind: &str, ms: u64| Self { retry_after_ms: Some(ms), ..of(kind) };
        match failure {
            Failure::RateLimited { retry_after_ms, local } => {
                Self { local: Some(local), ..after("rateLimited", retry_after_ms) }
            }
            Failure::QuotaSpent { until_ms } => {
                Self { until_ms: Some(until_ms), ..of("quotaSpent") }
            }
            Failure::Timeout => of("timeout"),
            Failure::Unreachable => of("unreachable"),
            Failure::Upstream { status, retry_after_ms } => {
                Self { status: Some(status), retry_after_ms, ..of("upstream") }
            }
            Failure::Rejected { status } => Self { status: Some(status), ..of("rejected") },
            Failure::UnknownOrDown { retry_after_ms } => after("unknownOrDown", retry_after_ms),
            Failure::Malformed { what } => about("malformed", what),
            Failure::Moved { route } => about("moved", route),
            Failure::Refused { what } => about("refused", what),
            Failure::WrongBook => of("wrongBook"),
            Failure::CircuitOpen { retry_after_ms } => after("circuitOpen", retry_after_ms),
            Failure::NotConfigured => of("notConfigured"),
            Failure::DeadlineExceeded => of("deadlineExceeded"),
            Failure::AllFailed { retry_after_ms } => after("allFailed", retry_after_ms),
            Failure::Unavailable { what, retry_after_ms } => {
                Self { what: Some(what), ..after("unavailable", retry_after_ms) }
            }
            Failure::Sibling { service, failure } => {
                Self { service: Some(service), failure: Some(failure), ..of("sibling") }
            }
            Failure::BadRequest { what } => about("badRequest", what),
            Failure::Unauthorized => of("unauthorized"),
            Failure::Forbidden { what } => about("forbidden", what),
            Failure::NotFound { what } => about("notFound", what),
            Failure::MethodNotAllowed { allow } => {
                Self { allow: Some(allow), ..of("methodNotAllowed") }
            }
            Failure::TooLarge { limit } => Self { limit: Some(limit), ..of("tooLarge") },
            Failure::Internal { what } => about("internal", what),
        }
    }
}

impl TryFrom<Wire> for Failure {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        wire.read().ok_or("no kind of failure, or one without its members")
    }
}

impl Wire {
    fn read(self) -> Option<Failure> {
        Some(match self.kind.as_str() {
            "rateLimited" => {
                Failure::RateLimited { retry_after_ms: self.retry_after_ms?, local: self.local? }
            }
            "quotaSpent" => Failure::QuotaSpent { until_ms: self.until_ms? },
            "timeout" => Failure::Timeout,
            "unreachable" => Failure::Unreachable,
            "upstream" => {
                Failure::Upstream { status: self.status?, retry_after_ms: self.retry_after_ms }
            }
            "rejected" => Failure::Rejected { status: self.status? },
            "unknownOrDown" => Failure::UnknownOrDown { retry_after_ms: self.retry_after_ms? },
            "malformed" => Failure::Malformed { what: self.what? },
            "moved" => Failure::Moved { route: self.what? },
            "refused" => Failure::Refused { what: self.what? },
            "wrongBook" => Failure::WrongBook,
            "circuitOpen" => Failure::CircuitOpen { retry_after_ms: self.retry_after_ms? },
            "notConfigured" => Failure::NotConfigured,
            "deadlineExceeded" => Failure::DeadlineExceeded,
            "allFailed" => Failure::AllFailed { retry_after_ms: self.retry_after_ms? },
            "unavailable" => {
                Failure::Unavailable { what: self.what?, retry_after_ms: self.retry_after_ms? }
            }
            "sibling" => Failure::Sibling { service: self.service?, failure: self.failure? },
            "badRequest" => Failure::BadRequest { what: self.what? },
            "unauthorized" => Failure::Unauthorized,
            "forbidden" => Failure::Forbidden { what: self.what? },
            "notFound" => Failure::NotFound { what: self.what? },
            "methodNotAllowed" => Failure::MethodNotAllowed { allow: self.allow? },
            "tooLarge" => Failure::TooLarge { limit: self.limit? },
            "internal" => Failure::Internal { what: self.what? },
            _ => return None,
        })
    }
}
