//! The checks behind `/health`: real calls of bindings, reads of stores and secrets, in parallel,
//! within a second, and no write.

use std::error::Error;
use std::ops::RangeInclusive;
use std::rc::Rc;

use futures::future::join_all;
use ports::http_types::Reply;
use ports::{Clock, IncomingResponse, OutgoingRequest, Transport};
use runtime::binding_manifest::AUTH;
use runtime::call_outcome::Failure;
use runtime::health::{
    CHECK_TIMEOUT_MS, CheckImportance, HealthCheckResult, HealthReport, HealthStatus, SHALLOW_PATH,
    read_sibling,
};
use runtime::resilient_client::{
    BreakerSettings, RequestContext, ResilientCall, ResilientClient, ResilientClientSettings,
    ResilientClientState, RetrySettings,
};
use runtime::secret::SecretSource;
use worker::Env;

use crate::binding_transport::{BindingTransport, DurableObjectTransport};
use crate::js_system_ports::{JsSystemPorts, with_timeout};
use crate::r2::R2Bucket;
use crate::{EnvPorts, isolate_state, kv};

/// The key that is read from a store; it need not exist.
const PROBE_KEY: &str = "health";
const MAX_REPORT_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug)]
pub enum HealthCheckTarget<'a> {
    /// A sibling Worker: its shallow health is requested. Left out of a shallow report.
    Binding(&'static str, CheckImportance),
    /// Another Worker, without a health report: any answer but a 5xx is healthy. Left out of a
    /// shallow report.
    Answers(&'static str, CheckImportance),
    Kv(&'a str, CheckImportance),
    R2(&'a str, CheckImportance),
    /// A GET of a path for which the object reads its storage and answers 2xx.
    DurableObject {
        binding: &'static str,
        name: &'a str,
        path: &'a str,
        importance: CheckImportance,
    },
    Secret(&'a str, CheckImportance),
}

/// The check of the authorization service, if one is bound: without it only known callers are
/// served.
pub fn of_auth(env: &Env) -> Option<HealthCheckTarget<'static>> {
    let bound = isolate_state::optional_bindings(env).auth;
    bound.then_some(HealthCheckTarget::Answers(AUTH, CheckImportance::DegradedWithout))
}

pub fn of_canary(env: &Env, binding: &'static str) -> Option<HealthCheckTarget<'static>> {
    crate::env::has_env_entry(env, binding)
        .then_some(HealthCheckTarget::Binding(binding, CheckImportance::DegradedWithout))
}

/// The last answer, if it is young enough: `is_known` is true for a sibling or the admin.
pub fn cached_reply(shallow: bool, is_known: bool) -> Option<Reply> {
    isolate_state::shared_isolate_state().health.get(shallow, is_known, JsSystemPorts.now_ms())
}

/// Makes the answer and caches it.
pub fn remember(shallow: bool, report: &HealthReport) -> Reply {
    isolate_state::shared_isolate_state().health.cache_report(
        shallow,
        report,
        JsSystemPorts.now_ms(),
    )
}

pub async fn run_health_checks(
    env: &Env,
    context: &RequestContext,
    checks: &[HealthCheckTarget<'_>],
    shallow: bool,
) -> HealthReport {
    let is_call = |check: &HealthCheckTarget<'_>| {
        matches!(check, HealthCheckTarget::Binding(..) | HealthCheckTarget::Answers(..))
    };
    let wanted = checks.iter().filter(|check| !(shallow && is_call(check)));
    let client_state = probe_client_state();
    let context = context.with_nearer_deadline(JsSystemPorts.now_ms(), CHECK_TIMEOUT_MS);
    let results =
        join_all(wanted.map(|check| run_health_check(env, &context, &client_state, check))).await;
    let identity = &context.identity;
    let mut report = HealthReport::new(identity.worker, &identity.version, JsSystemPorts.now_ms());
    for (check, checked) in results {
        match *check {
            HealthCheckTarget::Binding(name, importance)
            | HealthCheckTarget::Answers(name, importance) => {
                report.add_binding(name, checked, importance);
            }
            HealthCheckTarget::Kv(name, importance) | HealthCheckTarget::R2(name, importance) => {
                let last_write =
                    isolate_state::shared_isolate_state().writes.borrow().get(name).copied();
                report.add_store(name, HealthCheckResult { last_write, ..checked }, importance);
            }
            HealthCheckTarget::DurableObject { binding, importance, .. } => {
                report.add_store(binding, checked, importance)
            }
            HealthCheckTarget::Secret(name, importance) => {
                report.add_secret(name, checked.status == HealthStatus::Healthy, importance);
            }
        }
    }
    report
}

/// Separate settings and breakers: a check is sent once, whatever the state of other calls'
/// breakers, and must not change them.
fn probe_client_state() -> Rc<ResilientClientState> {
    let client_state = Rc::<ResilientClientState>::default();
    client_state.replace_settings(ResilientClientSettings {
        breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
        retry: RetrySettings { attempts: 1, ..RetrySettings::default() },
    });
    client_state
}

async fn run_health_check<'a, 'b>(
    env: &Env,
    context: &RequestContext,
    client_state: &Rc<ResilientClientState>,
    check: &'a HealthCheckTarget<'b>,
) -> (&'a HealthCheckTarget<'b>, HealthCheckResult) {
    let started_at_ms = JsSystemPorts.now_ms();
    let work = async {
        match *check {
            HealthCheckTarget::Binding(name, _) => {
                let sibling = BindingTransport::new(env, name)?;
                let request = OutgoingRequest::get(SHALLOW_PATH);
                let call = ResilientCall::for_service_binding(name, "/health", request);
                let (status, body) = send_probe(sibling, context, client_state, call).await?;
                return Ok(read_sibling(status, &body));
            }
            HealthCheckTarget::Answers(name, _) => {
                let other = BindingTransport::new(env, name)?;
                let request = OutgoingRequest::get("/health");
                let call = ResilientCall::for_service_binding(name, "/health", request);
                let (status, _) = send_probe(other, context, client_state, call).await?;
                expect_status(status, 0..=499)?;
            }
            HealthCheckTarget::DurableObject { binding, name, path, .. } => {
                let object = DurableObjectTransport::new(env, binding, name)?;
                let request = OutgoingRequest::get(path);
                let call = ResilientCall::for_object(binding, "/health", request);
                let (status, _) = send_probe(object, context, client_state, call).await?;
                expect_status(status, 200..=299)?;
            }
            HealthCheckTarget::Kv(name, _) => drop(kv::read(env, name, PROBE_KEY).await?),
            HealthCheckTarget::R2(name, _) => {
                drop(R2Bucket::new(env, name)?.head(PROBE_KEY).await?)
            }
            HealthCheckTarget::Secret(name, _) => drop(EnvPorts(env).secret(name).await?),
        }
        Ok::<_, Box<dyn Error>>(HealthCheckResult::default())
    };
    let result = with_timeout(CHECK_TIMEOUT_MS, work).await;
    let response_time = JsSystemPorts.now_ms().saturating_sub(started_at_ms);
    let checked = match result {
        Some(Ok(checked)) => checked,
        Some(Err(error)) => HealthCheckResult::failed_check(error.to_string()),
        None => HealthCheckResult::failed_check("timeout"),
    };
    (check, HealthCheckResult { response_time, ..checked })
}

fn expect_status(status: u16, healthy: RangeInclusive<u16>) -> Result<(), String> {
    if healthy.contains(&status) { Ok(()) } else { Err(format!("it answered {status}")) }
}

/// Status and body, for any status.
async fn send_probe<T: Transport>(
    transport: T,
    context: &RequestContext,
    client_state: &Rc<ResilientClientState>,
    call: ResilientCall,
) -> Result<(u16, Vec<u8>), Failure> {
    let call = call.max_body_bytes(MAX_REPORT_BYTES);
    let parse = |response: &IncomingResponse| Ok((response.status, response.body.clone()));
    ResilientClient::new(transport, JsSystemPorts, client_state.clone())
        .call_and_parse(context, call, parse)
        .await
}
