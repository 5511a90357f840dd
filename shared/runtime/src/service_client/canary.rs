//! A share of read calls goes to a canary deployment of the same Worker.
//!
//! Only reads go there, and the caller says what is one. A GET or HEAD that the canary fails (no answer, or a 5xx) is asked of
//! production within the same time; nothing else is asked twice.

use crate::config::{ConfigError, Vars};
use crate::service_client::call_runner::{MIN_BUDGET_MS, callee_budget_ms};
use crate::service_client::context::DEADLINE_HEADER;
use ports::http::Method;
use ports::{Clock, InResponse, OutRequest, Random, Transport, TransportError};

/// The share where the var does not say otherwise.
const DEFAULT_PERCENT: f64 = 1.0;

/// Reads `CANARY_PERCENT`.
///
/// # Errors
/// Not a number from 0 to 100.
pub fn percent<F: Fn(&str) -> Option<String>>(vars: &Vars<F>) -> Result<f64, ConfigError> {
    vars.decimal("CANARY_PERCENT", DEFAULT_PERCENT, 100)
}

/// Production, and a canary beside it where one is bound.
#[derive(Clone, Debug)]
pub struct CanaryTransport<P, C, H> {
    /// Where everything else goes.
    pub production: P,
    /// Where a share of the reads goes.
    pub canary: Option<C>,
    /// That share, 0 to 100.
    pub percent: f64,
    /// True for a call that changes nothing and spends nothing.
    pub is_read: bool,
    pub host: H,
}

impl<P: Transport, C: Transport, H: Clock + Random> Transport for CanaryTransport<P, C, H> {
    async fn send(
        &self,
        request: OutRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<InResponse, TransportError> {
        let chosen = self
            .canary
            .as_ref()
            .filter(|_| self.is_read && self.host.unit() * 100.0 < self.percent);
        let Some(canary) = chosen else {
            return self.production.send(request, timeout_ms, max_body_bytes).await;
        };
        if !matches!(request.method, Method::Get | Method::Head) {
            return canary.send(request, timeout_ms, max_body_bytes).await;
        }
        let started_at_ms = self.host.now_ms();
        // Half the time: a canary that hangs leaves the other half to production.
        let half_ms = timeout_ms / 2;
        let answer = canary.send(within(&request, half_ms), half_ms, max_body_bytes).await;
        let failed = answer.as_ref().map_or(true, |response| response.status >= 500);
        let left_ms = timeout_ms.saturating_sub(self.host.now_ms().saturating_sub(started_at_ms));
        if failed && left_ms >= MIN_BUDGET_MS {
            return self.production.send(within(&request, left_ms), left_ms, max_body_bytes).await;
        }
        answer
    }
}

/// The request for a callee that is given less time than the call has.
fn within(request: &OutRequest, timeout_ms: u64) -> OutRequest {
    request.clone().with_header(DEADLINE_HEADER, callee_budget_ms(timeout_ms).to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[derive(Default)]
    struct TestSetup {
        now_ms: Cell<u64>,
        draws: Cell<u32>,
    }

    impl Clock for &TestSetup {
        fn now_ms(&self) -> u64 {
            self.now_ms.get()
        }
        async fn sleep(&self, _: u64) {}
    }

    impl Random for &TestSetup {
        /// 0.00, 0.01, … 0.99, again and again.
        fn unit(&self) -> f64 {
            let nth = self.draws.get();
            self.draws.set(nth + 1);
            f64::from(nth % 100) / 100.0
        }
    }

    struct Fixed<'a> {
        setup: &'a TestSetup,
        answer: Result<u16, TransportError>,
        asked: Cell<u32>,
        given_ms: Cell<u64>,
        /// The deadline that is sent to the callee.
        sent_deadline_ms: Cell<u64>,
    }

    impl Transport for Fixed<'_> {
        async fn send(
            &self,
            request: OutRequest,
            ms: u64,
            _: usize,
        ) -> Result<InResponse, TransportError> {
            let reported = request.headers.get(DEADLINE_HEADER).map(|text| text.parse().unwrap());
            self.sent_deadline_ms.set(reported.unwrap_or_default());
            self.asked.set(self.asked.get() + 1);
            self.given_ms.set(ms);
            if self.answer == Err(TransportError::Timeout) {
                self.setup.now_ms.set(self.setup.now_ms.get() + ms);
            }
            self.answer.map(|status| InResponse { status, ..InResponse::default() })
        }
    }

    fn ready<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn run(
        percent: f64,
        answer: Result<u16, TransportError>,
        method: Method,
        is_read: bool,
    ) -> (u32, u32, Result<u16, TransportError>, u64) {
        let setup = TestSetup::default();
        let fixed = |answer| Fixed {
            setup: &setup,
            answer,
            asked: Cell::new(0),
            given_ms: Cell::new(0),
            sent_deadline_ms: Cell::new(0),
        };
        let (production, canary) = (fixed(Ok(200)), fixed(answer));
        let transport = CanaryTransport {
            production: &production,
            canary: Some(&canary),
            percent,
            is_read,
            host: &setup,
        };
        let mut last = Ok(0);
        for _ in 0..1_000 {
            let request = OutRequest::bare(method, "/health").with_header(DEADLINE_HEADER, "900");
            last = ready(transport.send(request, 1_000, 10)).map(|response| response.status);
            for asked in [&production, &canary] {
                let (sent_deadline_ms, given_ms) =
                    (asked.sent_deadline_ms.get(), asked.given_ms.get());
                assert!(sent_deadline_ms <= given_ms, "told {sent_deadline_ms} of {given_ms} ms");
            }
        }
        (production.asked.get(), canary.asked.get(), last, production.given_ms.get())
    }

    #[test]
    fn the_share_of_reads_goes_there_and_nothing_else() {
        assert_eq!(run(1.0, Ok(200), Method::Get, true).1, 10);
        assert_eq!(run(25.0, Ok(200), Method::Head, true).1, 250);
        assert_eq!(run(25.0, Ok(200), Method::Post, true).1, 250);
        assert_eq!(run(0.0, Ok(200), Method::Get, true).1, 0);
        assert_eq!(run(100.0, Ok(200), Method::Get, true).0, 0);
        for method in [Method::Post, Method::Delete, Method::Get] {
            assert_eq!(run(100.0, Ok(200), method, false).1, 0, "{method:?} is no read");
        }
    }

    #[test]
    fn a_failed_get_falls_back_and_nothing_else_does() {
        for (method, answer, falls_back) in [
            (Method::Get, Ok(500), true),
            (Method::Head, Ok(503), true),
            (Method::Get, Err(TransportError::Unreachable), true),
            (Method::Get, Err(TransportError::TooLarge), true),
            (Method::Get, Ok(404), false),
            (Method::Get, Ok(429), false),
            (Method::Post, Ok(500), false),
            (Method::Post, Err(TransportError::Unreachable), false),
        ] {
            let (production, canary, last, _) = run(100.0, answer, method, true);
            assert_eq!(canary, 1_000);
            assert_eq!(production, if falls_back { 1_000 } else { 0 }, "{method:?} {answer:?}");
            assert_eq!(last, if falls_back { Ok(200) } else { answer });
        }
    }

    #[test]
    fn a_canary_that_hangs_leaves_half_the_time() {
        let (production, _, last, given_ms) =
            run(100.0, Err(TransportError::Timeout), Method::Get, true);
        assert_eq!((production, last, given_ms), (1_000, Ok(200), 500));
    }
}
