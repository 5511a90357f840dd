//! Asks a rate limiter before a call, and reports the provider's refusal after it.

use std::cell::Cell;

use ports::{Clock, IncomingResponse};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::ResilientCall;
use runtime::resilient_client::sibling_answer::parse_sibling_json;
use serde::Serialize;

use super::{AcquireRequest, FailureReport, Granted, LimiterName, LimiterReading, RouteAnswered};
use crate::binding_manifest::PROVIDER_LIMITER;
use crate::platform::Platform;
use crate::request_scope::{RequestScope, object_call};

/// An unreachable rate limiter is a refusal: a call could break the provider's limits.
fn to_refusal(failure: Failure) -> Failure {
    use ProviderFailure::{Moved, PublicShareSpent, QuotaSpent, RateLimited};
    match failure.root_cause() {
        refusal @ Failure::Provider(
            RateLimited { .. } | QuotaSpent { .. } | PublicShareSpent { .. } | Moved { .. },
        ) => refusal.clone(),
        _ => RateLimited { retry_after_ms: 1_000, local: true }.into(),
    }
}

impl<E: Platform> RequestScope<E> {
    /// Sends a call to a provider once its rate limiter has a slot, and reports the outcome to the
    /// limiter.
    pub async fn ask_provider<R>(
        &self,
        call: ResilientCall,
        slot: &AcquireRequest,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        // The slot of the last attempt that was sent.
        let granted = Cell::new(None);
        let admit = async |_| {
            granted.set(Some(self.acquire_from_limiter(slot).await?));
            Ok(())
        };
        let client = self.transport_client(self.platform().provider_transport());
        let result = client.ask_when_admitted(&self.context, call, admit, parse).await;
        self.report_outcome(slot, granted.get(), result.as_ref().err()).await;
        result
    }

    /// Takes the units of one attempt, and waits for its slot.
    async fn acquire_from_limiter(&self, slot: &AcquireRequest) -> Result<Granted, Failure> {
        let call = object_call(PROVIDER_LIMITER, "/acquire", slot)?;
        let answer = self.ask_object(slot.limiter.as_str(), call, parse_sibling_json::<Granted>);
        let FoundOrNotFound::Found(granted) = answer.await.map_err(to_refusal)? else {
            return Err(to_refusal(ProviderFailure::Unreachable.into()));
        };
        if granted.wait_ms > 0 {
            self.system_ports().sleep(granted.wait_ms).await;
        }
        Ok(granted)
    }

    /// Reports an outcome that concerns the next calls: pace or quota exceeded, a route that has
    /// moved, or a moved route that answers again.
    async fn report_outcome(
        &self,
        slot: &AcquireRequest,
        granted: Option<Granted>,
        failure: Option<&Failure>,
    ) {
        let limiter = slot.limiter;
        let report = async |limiter, failure: &ProviderFailure| {
            let report = FailureReport { limiter, failure: failure.clone() };
            self.notify_limiter(limiter, "/report", &report).await;
        };
        match failure.map(Failure::innermost_provider_failure) {
            Some(Some(
                refusal @ (ProviderFailure::RateLimited { local: false, .. }
                | ProviderFailure::QuotaSpent { .. }),
            )) => report(limiter, refusal).await,
            Some(Some(moved @ ProviderFailure::Moved { .. })) if granted.is_some() => {
                for limiter in of_the_provider(limiter) {
                    report(limiter, moved).await;
                }
            }
            None if granted.is_some_and(|granted| granted.probe) => {
                let Some(route) = &slot.route else { return };
                for limiter in of_the_provider(limiter) {
                    let answered = RouteAnswered { limiter, route: route.clone() };
                    self.notify_limiter(limiter, "/answered", &answered).await;
                }
            }
            _ => {}
        }
    }

    /// A lost report is harmless: the provider's next answer causes it again.
    async fn notify_limiter<T: Serialize>(
        &self,
        limiter: LimiterName,
        path: &'static str,
        detail: &T,
    ) {
        if let (Ok(call), Ok(client)) = (
            object_call(PROVIDER_LIMITER, path, detail),
            self.durable_object_client(PROVIDER_LIMITER, limiter.as_str()),
        ) {
            let _ = client.call(&self.context, call).await;
        }
    }

    pub async fn read_limiter(&self, limiter: LimiterName) -> Result<LimiterReading, Failure> {
        let asked = AcquireRequest::one_unit(limiter, CallClass::Interactive, None);
        let call = object_call(PROVIDER_LIMITER, "/state", &asked)?.with_idempotency(true);
        match self.ask_object(limiter.as_str(), call, parse_sibling_json).await? {
            FoundOrNotFound::Found(reading) => Ok(reading),
            FoundOrNotFound::NotFound => Err(ProviderFailure::Unreachable.into()),
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
