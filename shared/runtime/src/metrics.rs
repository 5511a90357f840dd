//! Counters and their Prometheus text form.
//!
//! An isolate counts only its own events since its start (marked by `metrics_scope_info`); totals
//! that must be right (quota, ledger) are gauges, set from the Durable Objects before rendering.

mod metric;

pub use metric::{Metric, MetricDefinition, MetricKind};

use std::cell::RefCell;
use std::fmt::Write as _;

/// Most series of one metric; further combinations of labels count as `other`. Label values are
/// stable words, so the limit is only a safeguard.
const MAX_SERIES: usize = 100;

/// The labels, the value, and for a summary the number of observations.
#[derive(Debug)]
struct MetricSeries {
    metric: Metric,
    labels: Vec<String>,
    value: f64,
    count: u64,
}

impl MetricSeries {
    fn is(&self, metric: Metric, labels: &[&str]) -> bool {
        self.metric == metric && self.labels == labels
    }
}

#[derive(Debug, Default)]
pub struct MetricRegistry {
    /// Searched linearly: there are some dozens.
    metric_series: RefCell<Vec<MetricSeries>>,
}

impl MetricRegistry {
    /// Adds to a counter, or observes for a summary. Labels are in the order of the metric's
    /// definition.
    pub fn add(&self, metric: Metric, labels: &[&str], by: f64) {
        self.update_series(metric, labels, |metric_series| {
            metric_series.value += by;
            metric_series.count += 1;
        });
    }

    pub fn set(&self, metric: Metric, labels: &[&str], to: f64) {
        self.update_series(metric, labels, |metric_series| metric_series.value = to);
    }

    /// The value of one series; 0 if nothing was counted.
    pub fn get(&self, metric: Metric, labels: &[&str]) -> f64 {
        let all = self.metric_series.borrow();
        all.iter()
            .find(|metric_series| metric_series.is(metric, labels))
            .map_or(0.0, |metric_series| metric_series.value)
    }

    fn update_series(
        &self,
        metric: Metric,
        labels: &[&str],
        change: impl FnOnce(&mut MetricSeries),
    ) {
        let mut all = self.metric_series.borrow_mut();
        let word = |at: usize| labels.get(at).copied().unwrap_or("unknown");
        let mut labels: Vec<&str> = (0..metric.definition().labels.len()).map(word).collect();
        if !all.iter().any(|metric_series| metric_series.is(metric, &labels))
            && all.iter().filter(|metric_series| metric_series.metric == metric).count()
                >= MAX_SERIES
        {
            labels.fill("other");
        }
        match all.iter_mut().find(|metric_series| metric_series.is(metric, &labels)) {
            Some(metric_series) => change(metric_series),
            None => {
                let labels = labels.into_iter().map(str::to_owned).collect();
                let mut metric_series = MetricSeries { metric, labels, value: 0.0, count: 0 };
                change(&mut metric_series);
                all.push(metric_series);
            }
        }
    }

    /// The Prometheus text format (0.0.4), with every metric, also one without a value.
    pub fn render(&self, worker: &str, version: &str) -> String {
        let mut text = String::from(
            "# Counters of one isolate since it began; gauges named after quota and warming come \
             from the Durable Objects.\n\
             # HELP metrics_scope_info What the counters cover.\n\
             # TYPE metrics_scope_info gauge\n",
        );
        let scope = [("scope", "isolate"), ("worker", worker), ("version", version)];
        let _ = writeln!(text, "metrics_scope_info{} 1", braces(scope.into_iter()));
        let all = self.metric_series.borrow();
        for metric in Metric::ALL {
            let MetricDefinition { name, kind, labels, help } = metric.definition();
            let kind_word = match kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Summary => "summary",
            };
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind_word}");
            let own = || all.iter().filter(|metric_series| metric_series.metric == *metric);
            for metric_series in own() {
                let words = metric_series.labels.iter().map(String::as_str);
                let labels = braces(labels.iter().copied().zip(words));
                let value = format_number(metric_series.value);
                let _ = match kind {
                    MetricKind::Summary => writeln!(
                        text,
                        "{name}_sum{labels} {value}\n{name}_count{labels} {}",
                        metric_series.count
                    ),
                    _ => writeln!(text, "{name}{labels} {value}"),
                };
            }
            if *metric == Metric::BindingSeconds {
                average(&mut text, own());
            }
        }
        text
    }
}

/// The documented average of a summary.
fn average<'a>(text: &mut String, metric_series: impl Iterator<Item = &'a MetricSeries>) {
    let name = "service_binding_avg_response_time_seconds";
    let help = "Mean time of calls over service bindings.";
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for metric_series in metric_series {
        let pairs = ["binding"].into_iter().zip(metric_series.labels.iter().map(String::as_str));
        // The count is at least one: a series begins with an observation.
        let mean = metric_series.value / metric_series.count.max(1) as f64;
        let _ = writeln!(text, "{name}{} {}", braces(pairs), format_number(mean));
    }
}

/// A value rounded to the millionth, without the noise of binary fractions.
fn format_number(value: f64) -> String {
    ((value.max(0.0) * 1_000_000.0).round() / 1_000_000.0).to_string()
}

/// `{a="x",b="y"}`, or nothing without labels.
fn braces<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let inner: Vec<String> = pairs
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    if inner.is_empty() { String::new() } else { format!("{{{}}}", inner.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_prometheus_s_rules() {
        let mut names: Vec<&str> = Vec::new();
        for metric in Metric::ALL {
            let about = metric.definition();
            assert!(!names.contains(&about.name), "{} twice", about.name);
            assert_eq!(
                about.name.ends_with("_total"),
                about.kind == MetricKind::Counter,
                "{}: counters and only counters end in _total",
                about.name
            );
            assert!(about.help.ends_with('.'));
            names.push(about.name);
        }
        assert_eq!(names.len(), Metric::ALL.len());
    }

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        let metrics = MetricRegistry::default();
        metrics.add(Metric::BindingCallsFailed, &["ISBNDB_WORKER", "timeout"], 1.0);
        metrics.add(Metric::BindingSeconds, &["ISBNDB_WORKER"], 0.5);
        metrics.add(Metric::BindingSeconds, &["ISBNDB_WORKER"], 1.5);
        metrics.add(Metric::WarmerToProxyCalls, &[], 2.0);
        metrics.set(Metric::BreakerState, &["a\"b\\c\nd"], 2.0);
        let text = metrics.render("w", "v");
        for line in text.lines() {
            let sample =
                line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok());
            assert!(line.starts_with("# ") || sample, "{line:?}");
        }
        for line in [
            r#"metrics_scope_info{scope="isolate",worker="w",version="v"} 1"#,
            r#"service_binding_calls_failed_total{binding="ISBNDB_WORKER",reason="timeout"} 1"#,
            r#"service_binding_response_time_seconds_sum{binding="ISBNDB_WORKER"} 2"#,
            r#"service_binding_response_time_seconds_count{binding="ISBNDB_WORKER"} 2"#,
            r#"service_binding_avg_response_time_seconds{binding="ISBNDB_WORKER"} 1"#,
            "cache_warmer_to_proxy_calls_total 2",
            r#"circuit_breaker_state{target="a\"b\\c\nd"} 2"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} not in:\n{text}");
        }
    }

    #[test]
    fn too_many_label_values_count_as_other() {
        let metrics = MetricRegistry::default();
        for n in 0..1_000 {
            metrics.add(Metric::Requests, &[&n.to_string(), "2xx"], 1.0);
        }
        assert_eq!(metrics.get(Metric::Requests, &["other", "other"]), 900.0);
        assert!(metrics.render("w", "v").lines().count() < 200);
    }

    #[test]
    fn values_have_no_binary_noise() {
        for (value, text) in [
            (0.0, "0"),
            (1_234_567.0, "1234567"),
            (0.1 + 0.2, "0.3"),
            (0.106_000_000_000_000_01, "0.106"),
            (2.5, "2.5"),
            (0.000_001, "0.000001"),
            (-1.0, "0"),
        ] {
            assert_eq!(format_number(value), text);
        }
    }

    #[test]
    fn a_missing_label_is_unknown() {
        let metrics = MetricRegistry::default();
        metrics.add(Metric::CacheRequests, &["KV"], 1.0);
        assert_eq!(metrics.get(Metric::CacheRequests, &["KV", "unknown"]), 1.0);
    }

    #[test]
    fn operations_lists_each_metric_with_its_labels() {
        const OPERATIONS_FILE: &str = include_str!("../../../docs/OPERATIONS.md");
        let section = OPERATIONS_FILE.split_once("## Metrics").unwrap().1;
        let block = section.split("```").nth(1).unwrap().trim_start_matches("text");
        let listed: Vec<_> = block.split_whitespace().collect();
        let line = |metric: &Metric| {
            let MetricDefinition { name, labels, .. } = metric.definition();
            match labels {
                [] => name.to_owned(),
                labels => format!("{name}{{{}}}", labels.join(",")),
            }
        };
        let mut known: Vec<_> = Metric::ALL.iter().map(line).collect();
        // Made of the sum and the count of a summary.
        known.push("service_binding_avg_response_time_seconds{binding}".to_owned());
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        assert_eq!(sorted(listed.into_iter().map(str::to_owned).collect()), sorted(known));
    }
}
