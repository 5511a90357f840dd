//! Warms a library: uploads it, runs the cron handler, and follows the job to its end.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::node_process::{NodeProcess, TEST_ADMIN_TOKEN};
use super::warmer_status::{self, WarmerStatus, WarmingJobStatus};
use crate::clock::Stopwatch;

/// The warmer's quarter-hourly cron, as in its wrangler config.
const CRON: &str = "*/15 * * * *";

/// A warming without progress for this time counts as stuck.
const STUCK: Duration = Duration::from_secs(180);

/// Puts the file where a user would, and runs the cron handler, which finds it.
pub fn warm_uploaded_library(driver: &mut NodeProcess, library: &Path) -> Result<WarmingJobStatus> {
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    let key = format!("uploads/{name}");
    driver.send_node_command(
        "upload",
        json!({ "worker": "warmer", "binding": "LIBRARY_DATA", "key": key, "file": library }),
    )?;
    driver.send_node_command("scheduled", json!({ "worker": "warmer", "cron": CRON }))?;
    let bar = progress_bar();
    let result = follow(driver, &key, &bar);
    bar.finish_and_clear();
    let mut job = result?;
    if let Some(why) = job.unreadable_file_message() {
        bail!(why);
    }
    let lines = driver
        .send_node_command("failedLines", json!({ "job": job.id, "token": TEST_ADMIN_TOKEN }))?;
    job.failed_lines = serde_json::from_value(lines).context("lines of failures.csv")?;
    Ok(job)
}

fn follow(driver: &mut NodeProcess, key: &str, bar: &ProgressBar) -> Result<WarmingJobStatus> {
    let mut still = Stopwatch::start();
    let mut before = (String::new(), warmer_status::Items::default());
    loop {
        let answer = driver.get("warmer", "/status", Some(TEST_ADMIN_TOKEN))?;
        if answer.status != 200 {
            bail!("/status of the warmer answers {}: {}", answer.status, answer.body);
        }
        let status: WarmerStatus =
            serde_json::from_str(&answer.body).context("/status of the warmer")?;
        let Some(job) = status.jobs.into_iter().rfind(|job| job.file == key) else {
            bail!("the cron handler did not take up {key}: {:?}", status.warnings);
        };
        bar.set_length(job.items.total);
        bar.set_position(job.items.finished());
        bar.set_message(job.state.clone());
        if job.is_job_over() {
            return Ok(job);
        }
        let now = (job.state.clone(), job.items);
        if now != before {
            before = now;
            still = Stopwatch::start();
        }
        if still.elapsed() > STUCK {
            bail!(
                "nothing moved for {} s: {} of {} items completed, {} deferred (a spent quota? try \
                 `--quota-day-secs 60` or a larger `--isbndb-plan`)",
                STUCK.as_secs(),
                job.items.finished(),
                job.items.total,
                job.items.deferred
            );
        }
        std::thread::sleep(Duration::from_millis(400));
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("  {bar:40} {pos}/{len} books and authors, {msg} [{elapsed}]")
    {
        bar.set_style(style);
    }
    bar
}
