//! What the results of a batch show about the providers: whether the next batch has to wait.

use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch_search_wire_types::BatchItemOutcome;
use runtime::wire_types::provider_names::GOOGLE_BOOKS;

use super::backoff::{ItemFailureEffect, WarmingBackoff, cool_down_ms, item_failure_effect};

#[derive(Clone, Debug, Default)]
pub(crate) struct BatchProviderHealth {
    pub(crate) answered: bool,
    /// A complete, new answer: all providers that are always queried answered.
    pub(crate) all_answered: bool,
    /// The ISBNdb Worker answered, or all providers did: ISBNdb is up.
    pub(crate) isbndb: bool,
    /// Google answered; it is queried only for what the others lack.
    pub(crate) google_answered: bool,
    /// The first failure without an answer.
    pub(crate) unanswered: Option<String>,
    /// The latest stated end of a wait, and its reason.
    pub(crate) until: Option<(u64, String)>,
    /// The latest reset of a spent day of a provider other than Google, and its reason.
    pub(crate) spent: Option<(u64, String)>,
}

impl BatchProviderHealth {
    /// The health after a call that failed before any item was sent. A refusal of such a call
    /// answers no item, so all work waits after it too.
    pub(crate) fn of_failed_call(failure: &Failure, callee: &str, now_ms: u64) -> Self {
        let mut health = Self::default();
        health.record_failure(failure, callee, now_ms);
        if health.answered {
            let reason = format!("{callee}: {}", failure.root_cause());
            health = Self { unanswered: Some(reason), ..Self::default() };
        }
        health
    }

    /// Adds the outcome of one item. A partial or cached answer shows that a provider answers, but
    /// not which one. Google is queried for ISBNs only.
    pub(crate) fn record_outcome(
        &mut self,
        outcome: &BatchItemOutcome,
        by_isbn: bool,
        now_ms: u64,
    ) {
        match outcome {
            BatchItemOutcome::Failed { failure, provider } => {
                return self.record_failure(failure, provider, now_ms);
            }
            BatchItemOutcome::Found { partial, was_cached, .. } => {
                self.all_answered |= !partial && !was_cached
            }
            BatchItemOutcome::NotFound { partial, was_cached, .. } => {
                let all_answered = !partial && !was_cached;
                self.all_answered |= all_answered;
                self.google_answered |= by_isbn && all_answered;
            }
            BatchItemOutcome::Miss => {}
            // The item was not tried.
            BatchItemOutcome::Deferred => return,
        }
        self.answered = true;
    }

    pub(crate) fn record_failure(&mut self, failure: &Failure, provider: &str, now_ms: u64) {
        let reason = format!("{provider}: {}", failure.root_cause());
        match item_failure_effect(failure, now_ms) {
            ItemFailureEffect::Until(until_ms) => {
                // A spent day of Google does not pause warming: Google is queried for few items.
                let innermost_provider_failure = failure.innermost_provider_failure();
                let is_spent =
                    matches!(innermost_provider_failure, Some(ProviderFailure::QuotaSpent { .. }));
                if is_spent && provider != GOOGLE_BOOKS {
                    self.spent = self.spent.take().max(Some((until_ms, reason.clone())));
                }
                self.until = self.until.take().max(Some((until_ms, reason)));
            }
            ItemFailureEffect::NoAnswer => {
                self.unanswered = self.unanswered.take().or(Some(reason))
            }
            ItemFailureEffect::WrongBook | ItemFailureEffect::Final => self.answered = true,
        }
    }

    /// The backoff of all work after this batch, if there is one.
    pub(crate) fn backoff(
        &self,
        before: Option<&WarmingBackoff>,
        now_ms: u64,
    ) -> Option<WarmingBackoff> {
        if let Some((until_ms, reason)) = &self.spent {
            return Some(WarmingBackoff::new(reason.clone(), *until_ms));
        }
        if self.answered {
            return None;
        }
        let streak = before.map_or(0, |backoff| backoff.streak);
        let cooled = self.unanswered.as_ref().map(|reason| (now_ms + cool_down_ms(streak), reason));
        let named = self.until.as_ref().map(|(until_ms, reason)| (*until_ms, reason));
        let (until_ms, reason) = named.max(cooled)?;
        Some(WarmingBackoff { reason: reason.clone(), until_ms, streak: streak.saturating_add(1) })
    }
}
