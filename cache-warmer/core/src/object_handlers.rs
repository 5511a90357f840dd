//! The object's routes. The Worker in front has authorised the request.

use std::future::Future;

use ports::http::{Reply, Request};
use runtime::edge::router::find;
use runtime::outcome::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::WarmingEngine;
use crate::engine::bucket_scan::ScanError;
use crate::engine::choose::next_item_backoff;
use crate::engine::commands::JobCommand;
use crate::engine::failures_csv::{CSV_TYPE, FailuresCsv};
use crate::engine::ports::WarmerPorts;
use crate::import::{Encoding, encoding_for_label};
use crate::ledger::job::{Job, JobState};
use crate::ledger::store::LedgerStore;
use crate::manifest::{CRON_HEARTBEAT, CRON_VERIFY, UPLOADED};
use crate::operator_view;
use crate::routes::{Endpoint, ROUTES};

/// How long a request waits for the plan of a library that is being read.
const PLAN_WAIT_MS: u64 = 8_000;
/// Bytes of failed rows in one answer; the answer links to the next. R2 has all at the end.
const FAILURES_BYTES: usize = 2 * 1_048_576;
/// Pause between two reads of the job's state.
const POLL_MS: u64 = 100;

fn scan_failed(error: ScanError) -> Failure {
    match error {
        ScanError::Store(error) => error.into(),
        ScanError::Io(error) => Failure::internal(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct WarmRequest {
    dry_run: bool,
    /// The only file to scan for; all files without it.
    file: Option<String>,
    /// The encoding of that file, by a label of the WHATWG standard; without it, detected.
    encoding: Option<String>,
}

/// Answers a request. `wake` makes the engine's next step due at once.
pub(crate) async fn answer<S, O, P>(
    engine: &WarmingEngine<'_, S, O>,
    request: &Request,
    wake: impl Fn() -> P,
) -> Result<Reply, Failure>
where
    S: LedgerStore,
    O: WarmerPorts,
    P: Future<Output = Result<(), Failure>>,
{
    let route = match find(ROUTES, request.method, &request.path) {
        Ok(route) => route,
        Err(unrouted) => return unrouted.into_result(),
    };
    let job = || find_job(engine, &route.param("id", &request.path).unwrap_or_default());
    match route.endpoint {
        Endpoint::Cron => {
            let cron = request.param("cron").unwrap_or_default();
            let cron_result = on_cron(engine, cron).await;
            // The alarm is set even if the cron's own work failed.
            wake().await?;
            cron_result.map(|()| Reply::empty(204))
        }
        Endpoint::Alive => {
            engine.store.meta()?;
            Ok(Reply::empty(204))
        }
        Endpoint::Status => status(engine),
        Endpoint::Job => job_reply(engine, job()?),
        Endpoint::Failures => {
            let job = job()?;
            let rows = FailuresCsv::after_line(engine.store, &job, number_param(request, "after")?);
            let (body, more) = rows.and_then(|rows| rows.csv_rows(FAILURES_BYTES))?;
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
            match engine.reread(job()?, encoding)? {
                Ok(job) => {
                    wake().await?;
                    job_reply(engine, job)
                }
                Err(detail) => Err(Failure::bad_request(detail)),
            }
        }
        Endpoint::Command => {
            let command =
                route.param("command", &request.path).and_then(|name| JobCommand::from_name(&name));
            let Some(command) = command else { return Err(path_not_found(request)) };
            match engine.execute_command(job()?, command)? {
                Ok(job) => {
                    wake().await?;
                    job_reply(engine, job)
                }
                Err(detail) => Err(Failure::bad_request(detail)),
            }
        }
        Endpoint::Preview => {
            let encoding = named_encoding(request.param("encoding"))?;
            let size_bytes = number_param(request, "size")?;
            let preview = engine.preview(&request.body, size_bytes, encoding).await;
            let preview = preview?;
            let preview = preview.map_err(|error| Failure::bad_request(error.to_string()))?;
            Ok(Reply::json(200, &preview))
        }
        Endpoint::Warm => {
            let body: WarmRequest = match request.body.as_slice() {
                [] => WarmRequest::default(),
                bytes => serde_json::from_slice(bytes)
                    .map_err(|error| Failure::bad_request(format!("body: {error}")))?,
            };
            warm(engine, &body, wake).await
        }
        // The Worker in front of the object answers these.
        Endpoint::Health | Endpoint::Metrics | Endpoint::Upload | Endpoint::Sibling(..) => {
            Err(path_not_found(request))
        }
    }
}

/// A parameter that is a whole number; 0 without it.
fn number_param(request: &Request, name: &str) -> Result<u64, Failure> {
    let number = request.param(name).map_or(Ok(0), str::parse);
    number.map_err(|_| Failure::bad_request(format!("{name}: must be a whole number")))
}

/// The encoding that the request names; `None` without a label and for `auto`.
pub(super) fn named_encoding(label: Option<&str>) -> Result<Option<Encoding>, Failure> {
    let Some(label) = label.filter(|label| !label.is_empty() && *label != "auto") else {
        return Ok(None);
    };
    let detail = || {
        Failure::bad_request(format!(
            "encoding: {} is none that can be read; examples: utf-8, windows-1251, gb18030, \
             shift_jis, macintosh, auto",
            label.chars().take(40).collect::<String>()
        ))
    };
    encoding_for_label(label).map(Some).ok_or_else(detail)
}

fn path_not_found(request: &Request) -> Failure {
    Failure::not_found(request.path.chars().take(100).collect::<String>())
}

async fn on_cron<S: LedgerStore, O: WarmerPorts>(
    engine: &WarmingEngine<'_, S, O>,
    cron: &str,
) -> Result<(), Failure> {
    match cron {
        CRON_HEARTBEAT => {
            let scanned = engine.scan_uploads(false, None).await;
            engine.check_bindings().await?;
            scanned.map_err(scan_failed)
        }
        // The scan of the heartbeat, without its binding checks.
        UPLOADED => engine.scan_uploads(false, None).await.map_err(scan_failed),
        CRON_VERIFY => Ok(engine.begin_verification()?),
        _ => Err(Failure::bad_request("an unknown cron expression")),
    }
}

fn status<S: LedgerStore, O: WarmerPorts>(
    engine: &WarmingEngine<'_, S, O>,
) -> Result<Reply, Failure> {
    let mut jobs = engine.store.jobs()?;
    for job in &mut jobs {
        job.next_item_backoff = next_item_backoff(engine.store, job)?;
    }
    let meta = engine.store.meta()?;
    let checks = engine.store.check_history()?;
    let search_warming = engine.store.search_warming()?;
    let now_ms = engine.ports.now_ms();
    let memory_bytes = engine.ports.memory_bytes();
    let settings = engine.settings;
    let status = operator_view::status(
        &jobs,
        &meta,
        &checks,
        &search_warming,
        settings,
        now_ms,
        memory_bytes,
    );
    Ok(Reply::json(200, &status))
}

fn find_job<S: LedgerStore, O: WarmerPorts>(
    engine: &WarmingEngine<'_, S, O>,
    id: &str,
) -> Result<Job, Failure> {
    let jobs = engine.store.jobs()?;
    jobs.into_iter().find(|job| job.id == id).ok_or_else(|| Failure::not_found("no such job"))
}

fn job_reply<S: LedgerStore, O: WarmerPorts>(
    engine: &WarmingEngine<'_, S, O>,
    mut job: Job,
) -> Result<Reply, Failure> {
    job.next_item_backoff = next_item_backoff(engine.store, &job)?;
    let meta = engine.store.meta()?;
    let view = operator_view::job(&job, &meta, engine.settings, engine.ports.now_ms());
    Ok(Reply::json(200, &view))
}

/// Looks for new files, starts planned dry runs, and answers with the plans.
async fn warm<S, O, P>(
    engine: &WarmingEngine<'_, S, O>,
    body: &WarmRequest,
    wake: impl Fn() -> P,
) -> Result<Reply, Failure>
where
    S: LedgerStore,
    O: WarmerPorts,
    P: Future<Output = Result<(), Failure>>,
{
    let encoding = named_encoding(body.encoding.as_deref())?;
    if body.encoding.is_some() && body.file.is_none() {
        let detail = "encoding: applies to one file: name it in \"file\"".to_owned();
        return Err(Failure::bad_request(detail));
    }
    engine.scan_uploads(body.dry_run, body.file.as_deref()).await.map_err(scan_failed)?;
    let wanted = |job: &Job| {
        job.state != JobState::Superseded
            && body.file.as_ref().is_none_or(|file| job.file == *file || job.aliases.contains(file))
    };
    for job in engine.store.jobs()?.into_iter().filter(wanted) {
        let job = match body.encoding {
            Some(_) if job.encoding != encoding => {
                let read = engine.reread(job, encoding)?;
                read.map_err(Failure::bad_request)?
            }
            _ => job,
        };
        if body.dry_run && body.file.is_some() {
            // A heartbeat may have found the file before this request.
            engine.hold_as_dry_run(job)?;
        } else if !body.dry_run && job.dry_run && !job.state.is_over() {
            engine.release_dry_run(job)?;
        }
    }
    wake().await?;
    // The engine works in the alarm while this request waits.
    let deadline_ms = engine.ports.now_ms() + PLAN_WAIT_MS;
    let jobs = loop {
        let mut jobs = engine.store.jobs()?;
        jobs.retain(wanted);
        let unread = |job: &Job| {
            matches!(job.state, JobState::Importing | JobState::Planning) && !job.paused
        };
        if !jobs.iter().any(unread) || engine.ports.now_ms() >= deadline_ms {
            break jobs;
        }
        engine.ports.sleep_ms(POLL_MS).await;
    };
    if let (Some(file), true) = (&body.file, jobs.is_empty()) {
        return Err(Failure::not_found(format!("no file {file} under uploads/")));
    }
    let meta = engine.store.meta()?;
    let now_ms = engine.ports.now_ms();
    let views: Vec<Value> =
        jobs.iter().map(|job| operator_view::job(job, &meta, engine.settings, now_ms)).collect();
    let body = json!({ "dryRun": body.dry_run, "jobs": views, "warnings": operator_view::warnings(&meta) });
    Ok(Reply::json(if views.is_empty() { 200 } else { 202 }, &body))
}

#[cfg(test)]
mod tests {
    use ports::http::Method;

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
