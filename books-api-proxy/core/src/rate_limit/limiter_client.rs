//! Asks a rate limiter before a call, and reports the provider's refusal after it.

use std::cell::Cell;

use ports::{Clock, DurableObjects, IncomingResponse, OutgoingRequest};
use runtime::call_outcome::{Failure, LookupAnswer, ProviderFailure};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::{OutgoingCall, sibling_answer};

use super::{AcquireRequest, FailureReport, Granted, LimiterName, LimiterReading, RouteAnswered};
use crate::binding_manifest::PROVIDER_LIMITER;
use crate::platform::Platform;
use crate::request_scope::{PlatformClient, RequestScope};

/// An unreachable rate limiter is a refusal: a call could break the provider's limits.
fn to_refusal(failure: Failure) -> Failure {
    use ProviderFailure::{Moved, PublicShareSpent, QuotaSpent, RateLimited};
    let refusal = match failure.provider_failure() {
        Some(
            refusal @ (RateLimited { .. }
            | QuotaSpent { .. }
            | PublicShareSpent { .. }
            | Moved { .. }),
        ) => refusal.clone(),
        _ => RateLimited { retry_after_ms: 1_000, local: true },
    };
    refusal.into()
}

fn limiter_object_client<E: Platform>(
    request_env: &RequestScope<E>,
    limiter: LimiterName,
) -> Result<PlatformClient<<E as DurableObjects>::Transport, E>, Failure> {
    request_env.durable_object_client(PROVIDER_LIMITER, limiter.as_str())
}

fn post_request<T: serde::Serialize>(path: &str, value: &T) -> Result<OutgoingRequest, Failure> {
    OutgoingRequest::json_post(path, value).map_err(Failure::internal)
}

/// Takes the units, and waits for the slot.
async fn acquire_from_limiter<E: Platform>(
    request_env: &RequestScope<E>,
    asked: &AcquireRequest,
) -> Result<Granted, Failure> {
    let request = post_request("/acquire", asked)?;
    let call = OutgoingCall::for_object(PROVIDER_LIMITER, "/acquire", request);
    let granted = limiter_object_client(request_env, asked.limiter)
        .map_err(to_refusal)?
        .call_and_parse(&request_env.context, call, sibling_answer::parse_sibling_json::<Granted>)
        .await
        .map_err(to_refusal)?;
    let LookupAnswer::Found(granted) = granted else {
        return Err(to_refusal(ProviderFailure::Unreachable.into()));
    };
    if granted.wait_ms > 0 {
        request_env.system_ports().sleep(granted.wait_ms).await;
    }
    Ok(granted)
}

/// Sends a call to a provider once its rate limiter has a slot, and reports the outcome to the
/// limiter.
pub async fn ask_provider<E: Platform, R>(
    request_env: &RequestScope<E>,
    call: OutgoingCall,
    slot: &AcquireRequest,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let limiter_call = LimiterCall::default();
    let pass = async |_| limiter_call.wait_for_slot(request_env, slot).await;
    let client = request_env.transport_client(request_env.platform().provider_transport());
    let result = client.ask_when_admitted(&request_env.context, call, pass, parse).await;
    limiter_call.report_outcome(request_env, slot, result.as_ref().err()).await;
    result
}

/// The state of one provider call toward its rate limiter.
#[derive(Debug, Default)]
struct LimiterCall {
    is_sent: Cell<bool>,
    is_probe: Cell<bool>,
}

impl LimiterCall {
    /// Waits for the slot of one attempt.
    async fn wait_for_slot<E: Platform>(
        &self,
        request_env: &RequestScope<E>,
        asked: &AcquireRequest,
    ) -> Result<(), Failure> {
        let granted = acquire_from_limiter(request_env, asked).await?;
        self.is_sent.set(true);
        self.is_probe.set(granted.probe);
        Ok(())
    }

    /// Reports an outcome that concerns the next calls: pace or quota exceeded, a route that has
    /// moved, or a moved route that answers again.
    async fn report_outcome<E: Platform>(
        &self,
        request_env: &RequestScope<E>,
        asked: &AcquireRequest,
        failure: Option<&Failure>,
    ) {
        let limiter = asked.limiter;
        let answered = asked.route.as_ref().filter(|_| self.is_probe.get());
        match (failure.and_then(Failure::provider_failure), answered) {
            (
                Some(
                    refusal @ (ProviderFailure::RateLimited { local: false, .. }
                    | ProviderFailure::QuotaSpent { .. }),
                ),
                _,
            ) => {
                let report = FailureReport { limiter, failure: refusal.clone() };
                notify_limiter(request_env, limiter, "/report", &report).await;
            }
            (Some(moved @ ProviderFailure::Moved { .. }), _) if self.is_sent.get() => {
                for limiter in of_the_provider(limiter) {
                    let report = FailureReport { limiter, failure: moved.clone() };
                    notify_limiter(request_env, limiter, "/report", &report).await;
                }
            }
            (None, Some(route)) if failure.is_none() => {
                for limiter in of_the_provider(limiter) {
                    let answered = RouteAnswered { limiter, route: route.clone() };
                    notify_limiter(request_env, limiter, "/answered", &answered).await;
                }
            }
            _ => {}
        }
    }
}

/// The limiters to report a moved route to: that of the key, and the provider's first, which
/// `/health` reads, since a route moves for every key.
fn of_the_provider(limiter: LimiterName) -> impl Iterator<Item = LimiterName> {
    let first = match limiter {
        LimiterName::GoogleSecond | LimiterName::GoogleIsbn => Some(LimiterName::Google),
        LimiterName::Google | LimiterName::OpenLibrary => None,
    };
    std::iter::once(limiter).chain(first)
}

/// A lost report is harmless: the provider's next answer causes it again.
async fn notify_limiter<E: Platform, T: serde::Serialize>(
    request_env: &RequestScope<E>,
    limiter: LimiterName,
    path: &'static str,
    detail: &T,
) {
    if let (Ok(request), Ok(client)) =
        (post_request(path, detail), limiter_object_client(request_env, limiter))
    {
        let _ = client
            .call(&request_env.context, OutgoingCall::for_object(PROVIDER_LIMITER, path, request))
            .await;
    }
}

pub async fn read_limiter<E: Platform>(
    request_env: &RequestScope<E>,
    limiter: LimiterName,
) -> Result<LimiterReading, Failure> {
    let asked = AcquireRequest::one_unit(limiter, CallClass::Interactive);
    let call =
        OutgoingCall::for_object(PROVIDER_LIMITER, "/state", post_request("/state", &asked)?)
            .with_idempotency(true);
    match limiter_object_client(request_env, limiter)?
        .call_and_parse(
            &request_env.context,
            call,
            sibling_answer::parse_sibling_json::<LimiterReading>,
        )
        .await?
    {
        LookupAnswer::Found(reading) => Ok(reading),
        LookupAnswer::NotFound => Err(ProviderFailure::Unreachable.into()),
    }
}
