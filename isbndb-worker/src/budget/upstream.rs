//! One question to the provider: in line, counted, stored, sent, judged.

use std::cell::Cell;
use std::rc::Rc;

use shared::gate::{Permit, Ticket, Turn};
use shared::mesh::Call;
use shared::mesh::port::{Host, InResponse, OutRequest, Transport};
use shared::outcome::{Answer, Failure, Outcome};
use shared::secret::Secret;
use shared::wire::leaf::CallClass;

use super::store::Store;
use super::{Asked, Budget, Inner, Spawn};
use crate::isbndb::classify::{PAUSE_DEFAULT_MS, Verdict, classify, quota_report};
use crate::isbndb::parse::MAX_BODY_BYTES;
use crate::isbndb::request::Requests;

/// Name in logs, breaker and metrics.
pub const PROVIDER: &str = "isbndb";
/// Connections that may wait for an answer at once: a seventh would wait with its time running.
const MAX_IN_FLIGHT: u32 = 6;
/// How often a call that only lacks a connection looks again.
const CONNECTION_LOOK_MS: u64 = 25;
/// What a caller's time must still hold when its slot comes; the provider answers in 0.2 to 1.2 s.
const LEAST_FOR_ANSWER_MS: u64 = 500;
/// Retries included, a question takes no longer than this once it has its first slot.
const QUESTION_MS: u64 = 45_000;

/// One question.
pub(super) struct Question<'a> {
    /// The provider's route, for logs.
    pub route: &'static str,
    /// What is sent.
    pub request: OutRequest,
    /// Units it is billed.
    pub units: u32,
    /// True where one edition is asked for.
    pub lookup: bool,
    /// True where a failed attempt may be made again: only where it costs one unit.
    pub retry: bool,
    /// Most one attempt may take.
    pub timeout_ms: u64,
    /// Counts the attempts that were sent.
    pub sent: &'a Cell<u32>,
}

/// Units of a question that are on their way; given up when it ends, however it ends.
struct Flight<'a> {
    inner: &'a std::cell::RefCell<Inner>,
    units: Cell<u32>,
}

impl Flight<'_> {
    fn begin(&self, units: u32) {
        self.end();
        let mut inner = self.inner.borrow_mut();
        inner.in_flight += 1;
        inner.in_flight_units = inner.in_flight_units.saturating_add(units);
        inner.upstream_calls += 1;
        self.units.set(units);
    }

    fn end(&self) {
        let units = self.units.replace(0);
        if units > 0 {
            let mut inner = self.inner.borrow_mut();
            inner.in_flight = inner.in_flight.saturating_sub(1);
            inner.in_flight_units = inner.in_flight_units.saturating_sub(units);
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// A place in the line, left when its holder has gone, given up or vanished.
struct Place<'a> {
    inner: &'a std::cell::RefCell<Inner>,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.inner.borrow_mut().line.leave(self.ticket);
    }
}

impl<T, H, S> Budget<T, H, S>
where
    T: Transport + 'static,
    H: Host + Spawn + Clone + 'static,
    S: Store + 'static,
{
    /// Builder of requests with the asker's key.
    ///
    /// # Errors
    /// [`Failure::NotConfigured`] without a key.
    pub(super) fn requests<'a>(&'a self, asked: &'a Asked) -> Result<Requests<'a>, Failure> {
        let key = asked.key.as_ref().ok_or(Failure::NotConfigured)?;
        Ok(Requests { base_url: &self.config.plan.base_url, key: key.expose() })
    }

    /// Asks the provider. Every attempt waits for its slot and is counted in storage first.
    pub(super) async fn ask<R>(
        &self,
        asked: &Asked,
        class: &Rc<Cell<CallClass>>,
        question: Question<'_>,
        read: impl Fn(&[u8]) -> Result<R, Failure>,
    ) -> Outcome<R> {
        let key = asked.key.as_ref().ok_or(Failure::NotConfigured)?;
        let Question { route, request, units, lookup, retry, timeout_ms, sent } = question;
        let patience_ms = self.patience_ms(asked, class.get());
        // The question outlives the asker's deadline: it is paid for and its answer is cached.
        let mut context = asked.context.clone();
        context.deadline_at_ms = self.host.now_ms().saturating_add(patience_ms + QUESTION_MS);
        let call = Call::provider(PROVIDER, route, request)
            .idempotent(retry)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_BODY_BYTES);
        let flight = Flight { inner: &self.inner, units: Cell::new(0) };
        let outcome = self
            .client
            .ask_gated(
                &context,
                call,
                async |attempt| {
                    flight.end();
                    // The first attempt is made for whoever asks next; more only for who waits.
                    let left_ms = asked.context.remaining_ms(self.host.now_ms());
                    if attempt > 1 && left_ms < LEAST_FOR_ANSWER_MS {
                        return Err(Failure::DeadlineExceeded);
                    }
                    self.admit(key, class, units, patience_ms).await?;
                    flight.begin(units);
                    sent.set(sent.get() + 1);
                    Ok(())
                },
                |response| {
                    let answer = self.judge(response, key, lookup, flight.units.get())?;
                    match answer {
                        Answer::Found(()) => read(&response.body).map(Answer::Found),
                        Answer::NotFound => Ok(Answer::NotFound),
                    }
                },
            )
            .await;
        drop(flight);
        let idle = {
            let inner = self.inner.borrow();
            inner.in_flight == 0 && inner.line.is_empty()
        };
        if sent.get() > 0 && idle {
            // What the answer said of the day would be forgotten with the object. A write that
            // fails loses nothing but that.
            let _ = self.save();
        }
        outcome
    }

    /// How long a call may stand in line: its class's time, and no longer than the caller waits.
    fn patience_ms(&self, asked: &Asked, class: CallClass) -> u64 {
        let left_ms = asked.context.remaining_ms(self.host.now_ms());
        self.config.limits.patience_ms(class).min(left_ms.saturating_sub(LEAST_FOR_ANSWER_MS))
    }

    /// Waits for a slot, counts it, stores the count, and returns at the moment to send.
    async fn admit(
        &self,
        key: &Secret,
        class: &Cell<CallClass>,
        units: u32,
        patience_ms: u64,
    ) -> Result<(), Failure> {
        self.check_refused(key)?;
        let mut place = self.enter(class.get(), units, patience_ms)?;
        loop {
            self.check_refused(key)?;
            // Somebody who waits for the answer has joined a call of the background.
            if class.get() != place.ticket.class()
                && let Ok(better) = self.enter(class.get(), units, patience_ms)
            {
                place = better;
            }
            let now_ms = self.host.now_ms();
            match self.turn(place.ticket, now_ms) {
                Turn::Go if self.inner.borrow().in_flight >= MAX_IN_FLIGHT => {
                    self.host.sleep(CONNECTION_LOOK_MS).await;
                }
                Turn::Go => break,
                Turn::WaitUntil(at_ms) => self.host.sleep(at_ms.saturating_sub(now_ms)).await,
                Turn::GiveUp(refusal) => return Err(refusal.into()),
            }
        }
        let now_ms = self.host.now_ms();
        let permit =
            self.inner.borrow_mut().state.gate.decide(now_ms, place.ticket.class(), units)?;
        drop(place);
        // From here on the units are spent. If the count cannot be stored, nothing is sent; it
        // stays counted in memory, because the storage may have taken it all the same.
        self.save().map_err(|error| Failure::Internal { what: error.to_string() })?;
        self.host.sleep(permit.start_at_ms.saturating_sub(self.host.now_ms())).await;
        self.check_refused(key).inspect_err(|_| self.give_back(permit))?;
        self.inner.borrow_mut().state.gate.started(self.host.now_ms());
        Ok(())
    }

    fn enter(&self, class: CallClass, units: u32, patience_ms: u64) -> Result<Place<'_>, Failure> {
        let now_ms = self.host.now_ms();
        let mut inner = self.inner.borrow_mut();
        let Inner { state, line, .. } = &mut *inner;
        let ticket = line.join_within(&mut state.gate, now_ms, class, units, patience_ms)?;
        Ok(Place { inner: &self.inner, ticket })
    }

    fn turn(&self, ticket: Ticket, now_ms: u64) -> Turn {
        let mut inner = self.inner.borrow_mut();
        let Inner { state, line, .. } = &mut *inner;
        line.turn(&mut state.gate, ticket, now_ms)
    }

    fn give_back(&self, permit: Permit) {
        let now_ms = self.host.now_ms();
        self.inner.borrow_mut().state.gate.give_back(now_ms, permit);
    }

    fn check_refused(&self, key: &Secret) -> Result<(), Failure> {
        let inner = self.inner.borrow();
        match inner.state.refused(key, &self.config, self.host.now_ms()) {
            Some(what) => Err(Failure::Refused { what: what.to_owned() }),
            None => Ok(()),
        }
    }

    /// What an answer says about the pace, the day and the key is taken over before its body is
    /// read.
    fn judge(
        &self,
        response: &InResponse,
        key: &Secret,
        lookup: bool,
        own_units: u32,
    ) -> Outcome<()> {
        let now_ms = self.host.now_ms();
        let verdict = classify(response, lookup);
        let mut inner = self.inner.borrow_mut();
        if let Some(report) = quota_report(response) {
            let others = inner.in_flight_units.saturating_sub(own_units);
            inner.state.gate.reconcile(now_ms, report, others);
        }
        let outcome = match verdict {
            Verdict::Body => Ok(Answer::Found(())),
            Verdict::NotFound => Ok(Answer::NotFound),
            Verdict::Failed(failure) => Err(failure),
            Verdict::TooFast { retry_after_ms } => {
                Err(inner.state.too_fast(retry_after_ms, PAUSE_DEFAULT_MS, now_ms))
            }
            Verdict::DaySpent { retry_after_ms } => {
                let until_ms = inner.state.gate.day_spent(now_ms, retry_after_ms);
                Err(Failure::QuotaSpent { until_ms })
            }
            Verdict::Refused { what } => Err(inner.state.refuse(what, key, &self.config, now_ms)),
        };
        if outcome.is_ok() {
            inner.state.accepted();
        }
        drop(inner);
        if let Err(
            Failure::Refused { .. } | Failure::QuotaSpent { .. } | Failure::RateLimited { .. },
        ) = outcome
        {
            // These hold calls back; without the write a restart would forget them. If the write
            // fails, the next call learns it again.
            let _ = self.save();
        }
        outcome
    }

    /// Stores the state.
    pub(super) fn save(&self) -> Result<(), super::StoreError> {
        let text = self.inner.borrow().state.to_text(self.cache.row_count());
        self.cache.store().save_state(&text)
    }
}
