//! The object's routes. The Worker in front has authorised the request.

use ports::http_types::{Reply, Request};
use runtime::call_outcome::Failure;
use runtime::http_edge::router::find_route;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::binding_manifest::{CRON_HEARTBEAT, CRON_VERIFY, UPLOADED};
use crate::import::{TextEncoding, encoding_for_label};
use crate::routes::{Endpoint, ROUTES};
use crate::warming_engine::WarmingEngine;
use crate::warming_engine::failures_csv::{CSV_TYPE, FailuresCsv};
use crate::warming_engine::operator_view::operator_warnings;
use crate::warming_engine::ports::WarmerPorts;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// How long a request waits for the plan of a library that is being read.
const PLAN_WAIT_MS: u64 = 8_000;
/// Bytes of failed rows in one answer; the answer links to the next. R2 has all at the end.
const FAILURES_BYTES: usize = 2 * 1_048_576;
/// Pause between two reads of the job's state.
const POLL_MS: u64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct WarmRequest {
    dry_run: bool,
    /// The only file to scan for; all files without it.
    file: Option<String>,
    /// The encoding of that file, by a label of the WHATWG standard; without it, detected.
    encoding: Option<String>,
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Answers a request. `wake` makes the engine's next step due at once.
    pub(crate) async fn handle_request(
        &self,
        request: &Request,
        wake: impl AsyncFn() -> Result<(), Failure>,
    ) -> Result<Reply, Failure> {
        let route = match find_route(ROUTES, request.method, &request.path) {
            Ok(route) => route,
            Err(unrouted) => return unrouted.into_result(),
        };
        let job =
            || self.find_job(&route.decoded_path_variable("id", &request.path).unwrap_or_default());
        match route.endpoint {
            Endpoint::Cron => {
                let cron = request.param("cron").unwrap_or_default();
                let cron_result = self.on_cron(cron).await;
                // The alarm is set even if the cron's own work failed.
                wake().await?;
                cron_result.map(|()| Reply::empty(204))
            }
            Endpoint::Alive => {
                self.store.warmer_state()?;
                Ok(Reply::empty(204))
            }
            Endpoint::Status => Ok(Reply::with_json_body(200, &self.status_document()?)),
            Endpoint::Job => self.job_reply(job()?),
            Endpoint::Failures => {
                let job = job()?;
                let rows =
                    FailuresCsv::after_line(self.store, &job, number_param(request, "after")?)?;
                let (body, more) = rows.csv_rows(FAILURES_BYTES)?;
                let name = format!("attachment; filename=\"{}-failures.csv\"", job.id);
                let mut reply = Reply::empty(200)
                    .with_header("content-type", CSV_TYPE)
                    .with_header("content-disposition", name);
                if let Some(line) = more {
                    reply.headers.set("link", format!("<?after={line}>; rel=\"next\""));
                }
                reply.body = body;
                Ok(reply)
            }
            Endpoint::Reread => {
                let encoding = named_encoding(request.param("encoding"))?;
                let job = self.restart_import(job()?, encoding)?;
                wake().await?;
                self.job_reply(job)
            }
            Endpoint::Command(command) => {
                let job = self.apply_job_command(job()?, command)?;
                wake().await?;
                self.job_reply(job)
            }
            Endpoint::Preview => {
                let encoding = named_encoding(request.param("encoding"))?;
                let size_bytes = number_param(request, "size")?;
                let preview = self.preview(&request.body, size_bytes, encoding).await?;
                Ok(Reply::with_json_body(200, &preview))
            }
            Endpoint::Warm => {
                let body: WarmRequest = match request.body.as_slice() {
                    [] => WarmRequest::default(),
                    bytes => serde_json::from_slice(bytes)
                        .map_err(|error| Failure::bad_request(format!("body: {error}")))?,
                };
                self.warm_files(&body, wake).await
            }
            // The Worker in front of the object answers these.
            Endpoint::Health | Endpoint::Metrics | Endpoint::Upload | Endpoint::Sibling(..) => {
                Err(Failure::not_found(request.path.chars().take(100).collect::<String>()))
            }
        }
    }

    async fn on_cron(&self, cron: &str) -> Result<(), Failure> {
        match cron {
            CRON_HEARTBEAT => {
                let scanned = self.scan_uploads(false, None).await;
                self.check_bindings().await?;
                Ok(scanned?)
            }
            // The scan of the heartbeat, without its binding checks.
            UPLOADED => Ok(self.scan_uploads(false, None).await?),
            CRON_VERIFY => Ok(self.begin_daily_verification()?),
            _ => Err(Failure::bad_request("an unknown cron expression")),
        }
    }

    fn find_job(&self, id: &str) -> Result<LibraryWarmingJob, Failure> {
        let jobs = self.store.load_all_jobs()?;
        jobs.into_iter().find(|job| job.id == id).ok_or_else(|| Failure::not_found("no such job"))
    }

    fn job_reply(&self, job: LibraryWarmingJob) -> Result<Reply, Failure> {
        Ok(Reply::with_json_body(200, &self.job_document(&self.store.warmer_state()?, &job)?))
    }

    /// Looks for new files, starts planned dry runs, and answers with the plans.
    async fn warm_files(
        &self,
        body: &WarmRequest,
        wake: impl AsyncFn() -> Result<(), Failure>,
    ) -> Result<Reply, Failure> {
        let encoding = named_encoding(body.encoding.as_deref())?;
        if body.encoding.is_some() && body.file.is_none() {
            return Err(Failure::bad_request("encoding: applies to one file: name it in \"file\""));
        }
        self.scan_uploads(body.dry_run, body.file.as_deref()).await?;
        let wanted = |job: &LibraryWarmingJob| {
            job.state != JobState::Superseded
                && body
                    .file
                    .as_ref()
                    .is_none_or(|file| job.file == *file || job.aliases.contains(file))
        };
        for job in self.store.load_all_jobs()?.into_iter().filter(wanted) {
            let job = match body.encoding {
                Some(_) if job.encoding != encoding => self.restart_import(job, encoding)?,
                _ => job,
            };
            if body.dry_run && body.file.is_some() {
                // A heartbeat may have found the file before this request.
                self.hold_as_dry_run(job)?;
            } else if !body.dry_run && job.dry_run && !job.state.is_job_over() {
                self.release_dry_run(job)?;
            }
        }
        wake().await?;
        // The engine works in the alarm while this request waits.
        let deadline_ms = self.ports.now_ms() + PLAN_WAIT_MS;
        let jobs = loop {
            let mut jobs = self.store.load_all_jobs()?;
            jobs.retain(wanted);
            let unread = |job: &LibraryWarmingJob| {
                matches!(job.state, JobState::Importing | JobState::Planning) && !job.paused
            };
            if !jobs.iter().any(unread) || self.ports.now_ms() >= deadline_ms {
                break jobs;
            }
            self.ports.sleep_ms(POLL_MS).await;
        };
        if let (Some(file), true) = (&body.file, jobs.is_empty()) {
            return Err(Failure::not_found(format!("no file {file} under uploads/")));
        }
        let meta = self.store.warmer_state()?;
        let views: Vec<Value> =
            jobs.iter().map(|job| self.job_document(&meta, job)).collect::<StorageResult<_>>()?;
        let body = json!({
            "dryRun": body.dry_run,
            "jobs": views,
            "warnings": operator_warnings(&meta),
        });
        Ok(Reply::with_json_body(if views.is_empty() { 200 } else { 202 }, &body))
    }
}

/// A parameter that is a whole number; 0 without it.
fn number_param(request: &Request, name: &str) -> Result<u64, Failure> {
    let number = request.param(name).map_or(Ok(0), str::parse);
    number.map_err(|_| Failure::bad_request(format!("{name}: must be a whole number")))
}

/// The encoding that the request names; `None` without a label and for `auto`.
pub(super) fn named_encoding(label: Option<&str>) -> Result<Option<TextEncoding>, Failure> {
    let label = label.filter(|label| !label.is_empty() && *label != "auto");
    let encoding = |label: &str| {
        encoding_for_label(label).ok_or_else(|| {
            Failure::bad_request(format!(
                "encoding: {} is none that can be read; examples: utf-8, windows-1251, gb18030, \
                 shift_jis, macintosh, auto",
                label.chars().take(40).collect::<String>()
            ))
        })
    };
    label.map(encoding).transpose()
}

#[cfg(test)]
mod tests {
    use ports::http_types::Method;

    use super::*;

    #[test]
    fn an_invalid_number_is_named_in_the_error() {
        let read = |query: &str| {
            number_param(
                &Request::new(Method::Get, &format!("/jobs/x/failures.csv{query}")),
                "after",
            )
        };
        assert_eq!((read(""), read("?after=7")), (Ok(0), Ok(7)));
        for query in ["?after=-1", "?after=", "?after=1.5", "?after=x"] {
            let failure = read(query).unwrap_err();
            assert!(failure.detail().starts_with("after: "), "{query}");
        }
    }
}
