//! `/metrics`: the state of the ledger, as gauges.

use runtime::metrics::{Metric, Metrics};
use serde::Deserialize;

use crate::ledger::search_warming::SearchWarmingRun;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WarmerStatus {
    jobs: Vec<JobStatus>,
    quota: Option<QuotaStatus>,
    search_warming: SearchWarmingStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SearchWarmingStatus {
    run: Option<SearchWarmingRun>,
    history: Vec<SearchWarmingRun>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JobStatus {
    items: Items,
    created_at: u64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Items {
    done: u64,
    pending: u64,
    deferred: u64,
    failed: u64,
    not_found: u64,
}

#[derive(Debug, Deserialize)]
struct QuotaStatus {
    left: u32,
}

/// Sets the gauges from the body of the object's `/status`. A body of another form sets them to 0,
/// so that the counters of this isolate are still shown.
pub fn set_gauges(metrics: &Metrics, status: &[u8], now_ms: u64) {
    gauge(metrics, &serde_json::from_slice(status).unwrap_or_default(), now_ms);
}

fn gauge(metrics: &Metrics, status: &WarmerStatus, now_ms: u64) {
    // Counts of books are far below 2^52.
    let sum = |pick: fn(&Items) -> u64| {
        status.jobs.iter().map(|job| pick(&job.items)).sum::<u64>() as f64
    };
    for (state, count) in [
        ("done", sum(|items| items.done)),
        ("pending", sum(|items| items.pending)),
        ("deferred", sum(|items| items.deferred)),
        ("failed", sum(|items| items.failed)),
        ("not_found", sum(|items| items.not_found)),
    ] {
        metrics.set(Metric::LedgerItems, &[state], count);
    }
    let open = status.jobs.iter().filter(|job| job.items.pending + job.items.deferred > 0);
    let oldest_ms = open.map(|job| now_ms.saturating_sub(job.created_at)).max().unwrap_or(0);
    metrics.set(Metric::LedgerOldestSeconds, &[], oldest_ms as f64 / 1_000.0);
    // The newest run comes first.
    let SearchWarmingStatus { run, history } = &status.search_warming;
    if let Some(search_run) = run.as_ref().or(history.first()) {
        for (state, count) in [
            ("fresh", search_run.fresh),
            ("warmed", search_run.warmed),
            ("absent", search_run.absent),
            ("failed", search_run.failed),
            ("left", search_run.left),
        ] {
            metrics.set(Metric::LoggedSearches, &[state], f64::from(count));
        }
    }
    if let Some(quota) = &status.quota {
        metrics.set(Metric::ProviderQuotaLeft, &["isbndb"], f64::from(quota.left));
    }
}

#[cfg(test)]
mod tests {
    use runtime::config::Vars;

    use super::*;
    use crate::ledger::meta::{BindingCheckHistory, LedgerMeta};
    use crate::operator_view;
    use crate::settings::WarmerSettings;

    #[test]
    fn the_ledger_s_counts_become_gauges() {
        let status = br#"{"jobs":[
            {"items":{"total":9,"done":5,"pending":2,"deferred":1,"failed":1,"notFound":0},"createdAt":1000},
            {"items":{"total":4,"done":4},"createdAt":10}],
            "quota":{"left":700,"plan":"basic"},"now":61000,
            "searchWarming":{"enabled":true,"run":null,"history":[{"warmed":3,"left":2},{"warmed":9}]}}"#;
        let metrics = Metrics::default();
        gauge(&metrics, &serde_json::from_slice(status).unwrap(), 61_000);
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
        let run = SearchWarmingRun { warmed: 1, ..SearchWarmingRun::default() };
        let search_warming = crate::ledger::search_warming::SearchWarming {
            search_run: Some(run),
            history: vec![SearchWarmingRun { warmed: 9, ..SearchWarmingRun::default() }],
            ..Default::default()
        };
        let settings = WarmerSettings::read(&Vars::new(|_| None)).unwrap();
        let (meta, checks) = (LedgerMeta::default(), BindingCheckHistory::default());
        let status = operator_view::status(&[], &meta, &checks, &search_warming, &settings, 0, 0);
        let metrics = Metrics::default();
        set_gauges(&metrics, status.to_string().as_bytes(), 0);
        assert_eq!(metrics.get(Metric::LoggedSearches, &["warmed"]), 1.0);
    }
}
