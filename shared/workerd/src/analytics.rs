//! Analytics Engine, if its binding is configured: the points of an isolate's log lines.
//!
//! A log line becomes a point when it is written; the end of a request sends them ([`flush`]).
//! Without the binding no point is kept.

use ports::structured_log::LogLine;
use runtime::analytics::MAX_POINTS;
use runtime::binding_manifest::ANALYTICS;
use worker::{AnalyticsEngineDataPointBuilder, Env};

use crate::isolate_state;

/// Keeps the point of a line; points beyond the platform's limit per invocation are dropped.
pub(crate) fn keep_point(line: &LogLine) {
    if let Some(point) = runtime::analytics::data_point(line) {
        let isolate = isolate_state::shared_isolate_state();
        let mut points = isolate.points.borrow_mut();
        if points.len() < MAX_POINTS {
            points.push(point);
        }
    }
}

pub fn flush(env: &Env) {
    let points = isolate_state::shared_isolate_state().points.take();
    if !isolate_state::optional_bindings(env).analytics {
        return;
    }
    let Ok(dataset) = env.analytics_engine(ANALYTICS) else { return };
    for point in points {
        let built = AnalyticsEngineDataPointBuilder::new()
            .indexes([point.index])
            .blobs(point.blobs)
            .doubles(point.doubles);
        // A point that cannot be written must not fail a request.
        let _ = built.write_to(&dataset);
    }
}
