//! Log lines: one JSON object a line, complete by itself, units in the field names, nothing
//! private.
//!
//! A line never holds a query, a body, a URL with a query string, a key or a client's address.
//! Routes are templates (`/book/{isbn}`), outcomes are the stable words of
//! `runtime::call_outcome::Failure`.

use serde::Serialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    #[default]
    Info,
    /// Degraded: the request was served, but not completely as intended.
    Warn,
    /// A person should look.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggedCallSide {
    Caller,
    Callee,
}

/// One log line. Fields without a value are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LogLine {
    pub level: LogLevel,
    pub message: String,
    /// A stable word to filter by: `binding_call`, `request`, `alert`, …
    pub event: &'static str,
    pub worker: &'static str,
    pub version: String,
    /// The id of the request; the same in all Workers on its way.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trace_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<LoggedCallSide>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// `ok`, or the code word of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The time left to the deadline at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// More detail without anything private: an error's text, a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl LogLine {
    /// The line as written. A line that cannot be serialised is replaced by one that reports this.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| r#"{"level":"error","message":"log line lost"}"#.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_flat_object_without_empty_fields() {
        let line = LogLine {
            message: "ISBNDB_WORKER /book/{isbn} ok".to_owned(),
            event: "binding_call",
            worker: "books-api-proxy",
            version: "v1".to_owned(),
            side: Some(LoggedCallSide::Caller),
            duration_ms: Some(12),
            ..LogLine::default()
        };
        assert_eq!(
            line.to_json(),
            r#"{"level":"info","message":"ISBNDB_WORKER /book/{isbn} ok","event":"binding_call","worker":"books-api-proxy","version":"v1","side":"caller","duration_ms":12}"#
        );
    }
}
