//! The result of the warming in words, and whether everything worked.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::node_process::NodeProcess;
use super::warmer_status::{WarmingJobStatus, replace_control_chars};

const FREE_DAY: [(&str, &str, u64); 7] = [
    ("KV writes", "kvWrites", 1_000),
    ("KV reads", "kvReads", 100_000),
    ("Durable Object requests", "objectRequests", 100_000),
    // 13,000 GB-s; an object is billed for an eighth of a GB.
    ("Durable Object ms", "objectMs", 104_000_000),
    ("Worker requests", "workerRequests", 100_000),
    ("rows written", "rowsWritten", 100_000),
    ("rows read", "rowsRead", 5_000_000),
];

/// Limits of the free plan a month; a thirtieth of each is a day's share.
const FREE_MONTH: [(&str, &str, u64); 2] =
    [("R2 writes", "r2ClassA", 1_000_000), ("R2 reads", "r2ClassB", 10_000_000)];

const SHOWN: usize = 20;

#[derive(Debug)]
pub struct DevSummary {
    job: WarmingJobStatus,
    upstream: Value,
    /// Calls to providers during the searches for every warmed book.
    upstream_while_searching: u64,
    usage: Value,
    /// The answer of the searches.
    searched: Value,
}

impl DevSummary {
    /// Takes the counts, then searches for every warmed book in every form.
    pub fn collect_summary(
        driver: &mut NodeProcess,
        job: &WarmingJobStatus,
        library: &Path,
    ) -> Result<Self> {
        let upstream = driver.send_node_command("counts", json!({}))?;
        let usage = driver.send_node_command("usage", json!({}))?;
        let searched = driver.send_node_command(
            "searchLibrary",
            json!({ "file": library, "except": job.failed_lines }),
        )?;
        let after = driver.send_node_command("counts", json!({}))?;
        let upstream_while_searching =
            total_requests(&after).saturating_sub(total_requests(&upstream));
        Ok(Self { job: job.clone(), upstream, upstream_while_searching, usage, searched })
    }

    pub fn print_summary(&self, phases: &[(&str, f64)]) {
        let rows = &self.job.rows;
        let items = &self.job.items;
        println!(
            "\nrows       {} read: {} with a valid ISBN, {} repaired, {} by title and author, {} rejected",
            rows.total, rows.valid, rows.repaired, rows.title_author, rows.rejected
        );
        println!(
            "warmed     {} of {} books and authors; {} not found, {} failed, {} put off",
            items.done, items.total, items.not_found, items.failed, items.deferred
        );
        for failure in self.job.failures.iter().take(SHOWN) {
            println!(
                "           line {}: {}",
                failure.line,
                replace_control_chars(&failure.reason)
            );
        }
        let shown = self.job.failures.len().min(SHOWN);
        if self.job.failed_lines.len() > shown {
            println!("           … {} more", self.job.failed_lines.len() - shown);
        }
        for failure in self.job.author_failures.iter().take(SHOWN) {
            println!(
                "           author {}: {}",
                replace_control_chars(&failure.row),
                replace_control_chars(&failure.reason)
            );
        }
        println!("upstream   {}", counts_text(&self.upstream));
        let searches = u64_member(&self.searched, "searches");
        println!(
            "searches   {} of {searches} answered from cache ({} %), {} upstream calls meanwhile",
            searches - self.missed_searches().len() as u64,
            format_percent(searches - self.missed_searches().len() as u64, searches),
            self.upstream_while_searching
        );
        for missed in self.missed_searches().iter().take(SHOWN) {
            println!("           not from cache: {missed}");
        }
        println!("free plan  share of its day, warming alone:");
        for (name, key, a_day) in FREE_DAY {
            self.print_share(name, key, a_day);
        }
        for (name, key, a_month) in FREE_MONTH {
            self.print_share(name, key, a_month / 30);
        }
        let times: Vec<String> =
            phases.iter().map(|(name, secs)| format!("{name} {secs:.1} s")).collect();
        println!("time       {}", times.join(", "));
    }

    fn print_share(&self, name: &str, key: &str, a_day: u64) {
        let used: u64 = self
            .usage
            .as_object()
            .map(|workers| workers.values().map(|worker| u64_member(worker, key)).sum())
            .unwrap_or_default();
        println!(
            "           {name:<24} {used:>7} of {a_day:>9}  {:>5} %",
            format_percent(used, a_day)
        );
    }

    fn missed_searches(&self) -> &[Value] {
        self.searched.get("others").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn verdict(&self) -> Result<()> {
        let job = &self.job;
        if job.state != "done" {
            bail!("the warming ended as {}", job.state);
        }
        if !job.every_row_is_accounted_for() {
            bail!("the job's row counts do not add up: {:?}", job.rows);
        }
        if job.items.finished() != job.items.total {
            bail!("the job's item counts do not add up: {:?}", job.items);
        }
        if u64_member(&self.searched, "searches") == 0 {
            bail!("nothing of this library could be searched for");
        }
        if !self.missed_searches().is_empty() {
            bail!(
                "{} searches for warmed books were not answered from cache",
                self.missed_searches().len()
            );
        }
        if self.upstream_while_searching > 0 {
            bail!(
                "searching for warmed books caused {} upstream calls",
                self.upstream_while_searching
            );
        }
        Ok(())
    }
}

fn u64_member(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn total_requests(counts: &Value) -> u64 {
    counts.as_object().map_or(0, |map| map.values().map(|one| u64_member(one, "requests")).sum())
}

/// `isbndb 12 requests (40 of its quota)`: a bulk request uses more than one unit.
fn counts_text(counts: &Value) -> String {
    let Some(map) = counts.as_object() else { return "none".to_owned() };
    let one = |(name, counts): (&String, &Value)| {
        let (requests, units) = (u64_member(counts, "requests"), u64_member(counts, "units"));
        let spent =
            if units > requests { format!(" ({units} of its quota)") } else { String::new() };
        format!("{name} {requests} requests{spent}")
    };
    map.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// With one decimal below ten.
fn format_percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0".to_owned();
    }
    let tenths = part.saturating_mul(1_000) / whole;
    if tenths < 100 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        (tenths / 10).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_summary(change: impl Fn(&mut DevSummary)) -> DevSummary {
        let mut job = WarmingJobStatus { state: "done".to_owned(), ..WarmingJobStatus::default() };
        job.rows =
            super::super::warmer_status::Rows { total: 3, valid: 2, rejected: 1, ..job.rows };
        job.items = super::super::warmer_status::Items { total: 2, done: 2, ..job.items };
        let mut summary = DevSummary {
            job,
            upstream: json!({ "isbndb": 3 }),
            upstream_while_searching: 0,
            usage: json!({}),
            searched: json!({ "searches": 8, "others": [] }),
        };
        change(&mut summary);
        summary
    }

    #[test]
    fn success_needs_every_row_and_every_search_hit() {
        assert!(test_summary(|_| ()).verdict().is_ok());
        type Change = fn(&mut DevSummary);
        let broken: [(&str, Change); 6] = [
            ("ended as warming", |s| s.job.state = "warming".to_owned()),
            ("row counts do not add up", |s| s.job.rows.total = 4),
            ("item counts do not add up", |s| s.job.items.done = 1),
            ("nothing of this library", |s| s.searched = json!({ "searches": 0 })),
            ("1 searches", |s| s.searched = json!({ "searches": 8, "others": [{}] })),
            ("caused 2 upstream", |s| s.upstream_while_searching = 2),
        ];
        for (expected, change) in broken {
            let error = test_summary(change).verdict().unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn figures_are_readable() {
        for (part, whole, text) in
            [(0, 10, "0.0"), (1, 1_000, "0.1"), (37, 1_000, "3.7"), (500, 1_000, "50"), (1, 0, "0")]
        {
            assert_eq!(format_percent(part, whole), text);
        }
        let counts = json!({ "google": { "requests": 2, "units": 2 },
            "isbndb": { "requests": 3, "units": 40 } });
        assert_eq!(total_requests(&counts), 5);
        assert_eq!(counts_text(&counts), "google 2 requests, isbndb 3 requests (40 of its quota)");
    }
}
