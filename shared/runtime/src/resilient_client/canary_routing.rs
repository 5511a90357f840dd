//! Sends a share of read calls to a canary: a second deployment of the same Worker.
//!
//! The canary has its own name, and so its own breaker, log lines and metrics. Only reads are sent
//! there, and the caller marks them. A read that fails at the canary is repeated at production
//! within the same time; no other call is made twice.

use crate::binding_manifest::CANARY_PERCENT;
use crate::call_outcome::Failure;
use crate::config::{ConfigError, Vars};
use crate::resilient_client::call_parameters::ResilientCall;
use crate::resilient_client::call_runner::MIN_BUDGET_MS;
use crate::resilient_client::client::ResilientClient;
use crate::resilient_client::request_context::RequestContext;
use ports::{IncomingResponse, SystemPorts, Transport};

/// Reads `CANARY_PERCENT`; the default is 1.
pub fn read_canary_percent(vars: &Vars<'_>) -> Result<f64, ConfigError> {
    vars.decimal(CANARY_PERCENT, 1.0, 100)
}

#[derive(Debug)]
pub struct Canary<T, H> {
    pub client: ResilientClient<T, H>,
    /// Name of its binding, also of its breaker, and in log and metrics.
    pub name: &'static str,
    /// Its share of the reads, 0 to 100.
    pub percent: f64,
}

/// Makes a read call: at the canary if the draw selects it; at production otherwise, or if the
/// canary failed (no answer, or a 5xx).
pub async fn call_canary_or_production<P: Transport, C: Transport, H: SystemPorts, R>(
    production: &ResilientClient<P, H>,
    canary: &Canary<C, H>,
    context: &RequestContext,
    call: ResilientCall,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let host = production.system_ports();
    if host.uniform() * 100.0 < canary.percent {
        let now_ms = host.now_ms();
        // Half the time: production gets the other half if the canary hangs.
        let half_ms = context.remaining_ms(now_ms).min(call.timeout_ms) / 2;
        let trial = ResilientCall { name: canary.name, timeout_ms: half_ms, ..call.clone() };
        match canary
            .client
            .call_and_parse(&context.with_nearer_deadline(now_ms, half_ms), trial, &parse)
            .await
        {
            Err(failure)
                if failure.error_reply_and_retry_rules().status >= 500
                    && context.remaining_ms(host.now_ms()) >= MIN_BUDGET_MS => {}
            answer => return answer,
        }
    }
    production.call_and_parse(context, call, parse).await
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::call_outcome::ProviderFailure;
    use crate::problem::{self, ProblemDetails};
    use crate::resilient_client::breaker::BreakerState;
    use crate::resilient_client::{ResilientClientState, WorkerIdentity};
    use ports::http_types::Reply;
    use ports::{OutgoingRequest, TransportError};
    use testkit::scripted_transport::test_response;
    use testkit::{Executor, ScriptedTransport};

    const NAME: &str = "BOOKS_API_PROXY";
    const CANARY: &str = "BOOKS_API_PROXY_CANARY";
    const CALLS: usize = 10;

    struct Seen {
        production: usize,
        canary: usize,
        answered: usize,
        breakers: [BreakerState; 2],
    }

    /// Makes calls with a canary that answers with `status`; with 0 it hangs.
    fn call_with_canary(percent: f64, unit: f64, status: u16, request: &OutgoingRequest) -> Seen {
        let setup = Executor::default();
        setup.test_system_ports().set_unit(unit);
        let transport = |status: u16| {
            ScriptedTransport::new(setup.test_system_ports(), move |_| match status {
                0 => (u64::MAX, Err(TransportError::Timeout)),
                404 | 429 => {
                    let failure = match status {
                        404 => Failure::not_found("route"),
                        _ => Failure::Provider(ProviderFailure::RateLimited {
                            retry_after_ms: 1_000,
                            local: false,
                        }),
                    };
                    let problem = ProblemDetails::new("books-api-proxy", &failure, 0);
                    let Reply { status, headers, body } = problem::problem_document_reply(&problem);
                    (0, Ok(IncomingResponse { status, headers, body }))
                }
                status => (0, Ok(test_response(status, &[], "{}"))),
            })
        };
        let (production, other) = (transport(200), transport(status));
        let client_state = Rc::<ResilientClientState>::default();
        let client =
            ResilientClient::new(&production, setup.test_system_ports(), Rc::clone(&client_state));
        let canary = Canary {
            client: ResilientClient::new(
                &other,
                setup.test_system_ports(),
                Rc::clone(&client_state),
            ),
            name: CANARY,
            percent,
        };
        let identity = WorkerIdentity { worker: "cache-warmer", version: "v1".to_owned() };
        let parse = |response: &IncomingResponse| match response.status {
            200..=299 => Ok(()),
            _ => Err(problem::failure_from_sibling_response(response)),
        };
        let answered = (0..CALLS).filter(|_| {
            let context = RequestContext::for_background(
                identity.clone(),
                10_000,
                &setup.test_system_ports(),
            );
            let call = ResilientCall::for_service_binding(NAME, "/health", request.clone())
                .timeout_ms(10_000);
            setup
                .run_to_end(call_canary_or_production(&client, &canary, &context, call, parse))
                .is_ok()
        });
        let answered = answered.count();
        let now_ms = setup.test_system_ports().current_time_ms();
        let breakers = [NAME, CANARY].map(|name| client_state.breaker_state(name, now_ms));
        Seen { production: production.sent_count(), canary: other.sent_count(), answered, breakers }
    }

    #[test]
    fn the_draw_selects_the_callee() {
        let read = OutgoingRequest::get("/health");
        let below = call_with_canary(25.0, 0.24, 200, &read);
        assert_eq!((below.production, below.canary), (0, CALLS));
        let above = call_with_canary(25.0, 0.26, 200, &read);
        assert_eq!((above.production, above.canary), (CALLS, 0));
        assert_eq!(call_with_canary(0.0, 0.0, 200, &read).canary, 0);
    }

    #[test]
    fn a_failed_read_is_made_at_production() {
        let batch = OutgoingRequest::json_post("/search/batch", &()).unwrap();
        for request in [OutgoingRequest::get("/health"), batch] {
            for status in [0, 500, 503] {
                let seen = call_with_canary(100.0, 0.0, status, &request);
                assert_eq!((seen.answered, seen.production), (CALLS, CALLS), "{status}");
                let [production, canary] = seen.breakers;
                assert_eq!(production, BreakerState::Closed);
                assert_ne!(canary, BreakerState::Closed, "{status}: its own breaker opens");
                assert!(seen.canary < CALLS * 3, "an open breaker spares the canary");
            }
        }
    }

    #[test]
    fn an_error_about_the_request_is_final() {
        for status in [404, 429] {
            let seen = call_with_canary(100.0, 0.0, status, &OutgoingRequest::get("/book/1"));
            assert_eq!((seen.answered, seen.production), (0, 0), "{status}");
        }
    }
}
