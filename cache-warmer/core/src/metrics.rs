//! `/metrics`: the state of the ledger, as gauges.

use runtime::metrics::{Metric, MetricRegistry};
use serde_json::Value;

/// Sets the gauges from the body of the object's `/status`. A body of another form sets them to 0,
/// so that the counters of this isolate are still shown.
pub fn set_gauges(metrics: &MetricRegistry, status: &[u8], now_ms: u64) {
    let status: Value = serde_json::from_slice(status).unwrap_or_default();
    let jobs = status.get("jobs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let number =
        |value: &Value, path: &str| value.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    // Counts of books are far below 2^52.
    for (state, path) in [
        ("done", "/items/done"),
        ("pending", "/items/pending"),
        ("deferred", "/items/deferred"),
        ("failed", "/items/failed"),
        ("not_found", "/items/notFound"),
    ] {
        let count: u64 = jobs.iter().map(|job| number(job, path)).sum();
        metrics.set(Metric::LedgerItems, &[state], count as f64);
    }
    let is_open = |job: &&Value| number(job, "/items/pending") + number(job, "/items/deferred") > 0;
    let age_ms = |job: &Value| now_ms.saturating_sub(number(job, "/createdAt"));
    let oldest_ms = jobs.iter().filter(is_open).map(age_ms).max().unwrap_or(0);
    metrics.set(Metric::LedgerOldestSeconds, &[], oldest_ms as f64 / 1_000.0);
    // The newest finished run comes first.
    let running = status.pointer("/searchWarming/run").filter(|run| run.is_object());
    if let Some(search_run) = running.or_else(|| status.pointer("/searchWarming/history/0")) {
        for state in ["fresh", "warmed", "absent", "failed", "left"] {
            let count = number(search_run, &format!("/{state}"));
            metrics.set(Metric::LoggedSearches, &[state], count as f64);
        }
    }
    if let Some(left) = status.pointer("/quota/left").and_then(Value::as_u64) {
        metrics.set(Metric::ProviderQuotaLeft, &["isbndb"], left as f64);
    }
}

#[cfg(test)]
mod tests {
    use runtime::config::Vars;

    use super::*;
    use crate::settings::WarmerSettings;
    use crate::testing::fake_ports::FakeWarmerPorts;
    use crate::testing::memory_store::MemoryWarmingLedger;
    use crate::warming_engine::WarmingEngine;
    use crate::warming_ledger::search_log_warming::{SearchLogWarmingRun, SearchLogWarmingState};
    use crate::warming_ledger::warming_ledger_store::WarmingLedgerStore;

    #[test]
    fn the_ledger_s_counts_become_gauges() {
        let status = br#"{"jobs":[
            {"items":{"total":9,"done":5,"pending":2,"deferred":1,"failed":1,"notFound":0},"createdAt":1000},
            {"items":{"total":4,"done":4},"createdAt":10}],
            "quota":{"left":700,"plan":"basic"},"now":61000,
            "searchWarming":{"enabled":true,"run":null,"history":[{"warmed":3,"left":2},{"warmed":9}]}}"#;
        let metrics = MetricRegistry::default();
        set_gauges(&metrics, status, 61_000);
        for (state, count) in [("done", 9.0), ("pending", 2.0), ("deferred", 1.0), ("failed", 1.0)]
        {
            assert_eq!(metrics.get(Metric::LedgerItems, &[state]), count, "{state}");
        }
        assert_eq!(metrics.get(Metric::LedgerOldestSeconds, &[]), 60.0, "of the job still open");
        assert_eq!(metrics.get(Metric::ProviderQuotaLeft, &["isbndb"]), 700.0);
        assert_eq!(metrics.get(Metric::LoggedSearches, &["warmed"]), 3.0, "of the newest run");
        assert_eq!(metrics.get(Metric::LoggedSearches, &["left"]), 2.0);
    }

    #[test]
    fn a_running_run_counts_before_finished_ones() {
        let run = SearchLogWarmingRun { warmed: 1, ..SearchLogWarmingRun::default() };
        let search_warming = SearchLogWarmingState {
            search_run: Some(run),
            history: vec![SearchLogWarmingRun { warmed: 9, ..SearchLogWarmingRun::default() }],
            ..Default::default()
        };
        let settings = WarmerSettings::read(&Vars::new(|_| None)).unwrap();
        let store = MemoryWarmingLedger::default();
        store.commit_changes(&[&search_warming]).unwrap();
        let ports = FakeWarmerPorts::new();
        let engine = WarmingEngine { store: &store, ports: &ports, settings: &settings };
        let status = engine.status_document().unwrap();
        let metrics = MetricRegistry::default();
        set_gauges(&metrics, status.to_string().as_bytes(), 0);
        assert_eq!(metrics.get(Metric::LoggedSearches, &["warmed"]), 1.0);
    }
}
