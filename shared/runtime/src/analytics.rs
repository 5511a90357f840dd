//! Data points for Analytics Engine, made from log lines: they count over all isolates.
//!
//! One point a call, request or breaker trip, never one an item. Every blob is a stable word (no
//! query, no id), so the code bounds the number of combinations. docs/OPERATIONS.md has the SQL.

use ports::structured_log::LogLine;

pub const MAX_POINTS: usize = 250;

/// One point, in the order of the dataset's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// `index1`: the Worker that writes. Analytics Engine samples fairly by index.
    pub index: &'static str,
    /// `blob1`…: event, source, target, route, outcome, side, version.
    pub blobs: [String; 7],
    /// `double1`…: duration in ms, HTTP status, attempts.
    pub doubles: [f64; 3],
}

/// The point of a log line; `None` for a line that is not counted.
pub fn data_point(line: &LogLine) -> Option<Point> {
    let counted = matches!(
        line.event,
        "binding_call" | "object_call" | "provider_call" | "request" | "breaker_open" | "alert"
    );
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let side = match line.side {
        Some(ports::structured_log::LoggedCallSide::Caller) => "caller",
        Some(ports::structured_log::LoggedCallSide::Callee) => "callee",
        None => "",
    };
    counted.then(|| Point {
        index: line.worker,
        blobs: [
            line.event.to_owned(),
            text(&line.source),
            text(&line.target),
            text(&line.route),
            text(&line.outcome),
            side.to_owned(),
            line.version.clone(),
        ],
        doubles: [
            // Durations are far below 2^52.
            line.duration_ms.unwrap_or(0) as f64,
            f64::from(line.status.unwrap_or(0)),
            f64::from(line.attempts.unwrap_or(0)),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::structured_log::LoggedCallSide;

    #[test]
    fn a_call_is_a_point_without_ids() {
        let line = LogLine {
            event: "binding_call",
            worker: "cache-warmer",
            version: "v1".to_owned(),
            request_id: "r-1".to_owned(),
            trace_id: "t-1".to_owned(),
            source: Some("cache-warmer".to_owned()),
            target: Some("BOOKS_API_PROXY".to_owned()),
            route: Some("/search/batch".to_owned()),
            outcome: Some("timeout".to_owned()),
            side: Some(LoggedCallSide::Caller),
            duration_ms: Some(30),
            attempts: Some(2),
            ..LogLine::default()
        };
        let point = data_point(&line).unwrap();
        assert_eq!(point.index, "cache-warmer");
        assert_eq!(
            point.blobs.join("|"),
            "binding_call|cache-warmer|BOOKS_API_PROXY|/search/batch|timeout|caller|v1"
        );
        assert_eq!(point.doubles, [30.0, 0.0, 2.0]);
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(data_point(&LogLine { event: "start", ..LogLine::default() }), None);
    }
}
