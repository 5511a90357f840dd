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
pub(super) struct FailureJson {
    #[serde(default)]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
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

impl From<Failure> for FailureJson {
    fn from(failure: Failure) -> Self {
        let of = |kind: &str| Self { kind: kind.to_owned(), ..Self::default() };
        let about = |kind: &str, detail: String| Self { detail: Some(detail), ..of(kind) };
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
            Failure::Malformed { detail } => about("malformed", detail),
            Failure::Moved { route } => about("moved", route),
            Failure::Refused { detail } => about("refused", detail),
            Failure::WrongBook => of("wrongBook"),
            Failure::CircuitOpen { retry_after_ms } => after("circuitOpen", retry_after_ms),
            Failure::NotConfigured => of("notConfigured"),
            Failure::DeadlineExceeded => of("deadlineExceeded"),
            Failure::AllFailed { retry_after_ms } => after("allFailed", retry_after_ms),
            Failure::Unavailable { detail, retry_after_ms } => {
                Self { detail: Some(detail), ..after("unavailable", retry_after_ms) }
            }
            Failure::Sibling { service, failure } => {
                Self { service: Some(service), failure: Some(failure), ..of("sibling") }
            }
            Failure::BadRequest { detail } => about("badRequest", detail),
            Failure::Unauthorized => of("unauthorized"),
            Failure::Forbidden { detail } => about("forbidden", detail),
            Failure::NotFound { detail } => about("notFound", detail),
            Failure::MethodNotAllowed { allow } => {
                Self { allow: Some(allow), ..of("methodNotAllowed") }
            }
            Failure::TooLarge { limit } => Self { limit: Some(limit), ..of("tooLarge") },
            Failure::Internal { detail } => about("internal", detail),
        }
    }
}

impl TryFrom<FailureJson> for Failure {
    type Error = &'static str;

    fn try_from(wire: FailureJson) -> Result<Self, Self::Error> {
        wire.read().ok_or("no kind of failure, or one without its members")
    }
}

impl FailureJson {
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
            "malformed" => Failure::Malformed { detail: self.detail? },
            "moved" => Failure::Moved { route: self.detail? },
            "refused" => Failure::Refused { detail: self.detail? },
            "wrongBook" => Failure::WrongBook,
            "circuitOpen" => Failure::CircuitOpen { retry_after_ms: self.retry_after_ms? },
            "notConfigured" => Failure::NotConfigured,
            "deadlineExceeded" => Failure::DeadlineExceeded,
            "allFailed" => Failure::AllFailed { retry_after_ms: self.retry_after_ms? },
            "unavailable" => {
                Failure::Unavailable { detail: self.detail?, retry_after_ms: self.retry_after_ms? }
            }
            "sibling" => Failure::Sibling { service: self.service?, failure: self.failure? },
            "badRequest" => Failure::BadRequest { detail: self.detail? },
            "unauthorized" => Failure::Unauthorized,
            "forbidden" => Failure::Forbidden { detail: self.detail? },
            "notFound" => Failure::NotFound { detail: self.detail? },
            "methodNotAllowed" => Failure::MethodNotAllowed { allow: self.allow? },
            "tooLarge" => Failure::TooLarge { limit: self.limit? },
            "internal" => Failure::Internal { detail: self.detail? },
            _ => return None,
        })
    }
}
