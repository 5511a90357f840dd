//! Queries several providers in parallel, and waits until the answer is complete.

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use ports::Clock;
use runtime::outcome::ProviderOutcome;

use super::provider_rules::{FanOutStatus, ProviderStatus, wait_decision};
use crate::config::ISBN_GRACE_MS;
use crate::provider::{Provider, ProviderFuture};
use crate::question::LookupKind;

pub struct ProviderQueries<T> {
    kind: LookupKind,
    queried: Vec<Provider>,
    answers: Vec<(Provider, ProviderOutcome<T>)>,
    pending: FuturesUnordered<ProviderFuture<T>>,
}

impl<T> ProviderQueries<T> {
    /// Collects the queries; they are sent by the first wait.
    pub fn new(
        kind: LookupKind,
        asking: impl IntoIterator<Item = (Provider, ProviderFuture<T>)>,
    ) -> Self {
        let mut queried = Vec::new();
        let pending = FuturesUnordered::new();
        for (provider, future) in asking {
            queried.push(provider);
            pending.push(future);
        }
        Self { kind, queried, answers: Vec::new(), pending }
    }

    /// The answers so far, in a fixed order of providers.
    pub fn answers(&self) -> Vec<(Provider, &ProviderOutcome<T>)> {
        let mut answers: Vec<_> = self.answers.iter().map(|(p, outcome)| (*p, outcome)).collect();
        answers.sort_by_key(|(provider, _)| *provider);
        answers
    }

    pub fn provider_statuses(&self) -> Vec<(Provider, ProviderStatus)> {
        self.queried
            .iter()
            .map(|provider| {
                let answer = self.answers.iter().find(|(p, _)| p == provider);
                let provider_status = answer
                    .map_or(ProviderStatus::Pending, |(_, outcome)| ProviderStatus::of(outcome));
                (*provider, provider_status)
            })
            .collect()
    }

    /// Waits until the answer is complete, no query is pending, or the deadline is over.
    pub async fn wait_complete<C: Clock>(&mut self, clock: &C, deadline_at_ms: u64) {
        let mut until_ms = deadline_at_ms;
        let mut grace_began = false;
        loop {
            match wait_decision(self.kind, &self.provider_statuses()) {
                FanOutStatus::Complete | FanOutStatus::Incomplete => return,
                FanOutStatus::AfterGrace if !grace_began => {
                    grace_began = true;
                    until_ms = until_ms.min(clock.now_ms().saturating_add(ISBN_GRACE_MS));
                }
                FanOutStatus::AfterGrace | FanOutStatus::Waiting => {}
            }
            let left_ms = until_ms.saturating_sub(clock.now_ms());
            if left_ms == 0 {
                return;
            }
            let timer = std::pin::pin!(clock.sleep(left_ms));
            match select(self.pending.next(), timer).await {
                Either::Left((Some(answer), _)) => self.answers.push(answer),
                Either::Left((None, _)) | Either::Right(_) => return,
            }
        }
    }

    /// Waits for all pending queries (each call has its own time limit).
    pub async fn wait_all(&mut self) {
        while let Some(answer) = self.pending.next().await {
            self.answers.push(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use runtime::outcome::{LookupAnswer, ProviderFailure};
    use testkit::Executor;

    fn asking(
        clock: &Rc<Executor>,
        plan: &[(Provider, u64, ProviderOutcome<u32>)],
    ) -> Vec<(Provider, ProviderFuture<u32>)> {
        plan.iter()
            .map(|(provider, after_ms, outcome)| {
                let (clock, provider, after_ms, outcome) =
                    (clock.clone(), *provider, *after_ms, outcome.clone());
                let future: ProviderFuture<u32> = Box::pin(async move {
                    clock.sleep(after_ms).await;
                    (provider, outcome)
                });
                (provider, future)
            })
            .collect()
    }

    const I: Provider = Provider::Isbndb;
    const G: Provider = Provider::GoogleBooks;
    const O: Provider = Provider::OpenLibrary;

    fn run(
        kind: LookupKind,
        plan: &[(Provider, u64, ProviderOutcome<u32>)],
    ) -> (u64, Vec<Provider>, usize) {
        let clock = Rc::new(Executor::default());
        let mut provider_queries = ProviderQueries::new(kind, asking(&clock, plan));
        clock.run_to_end(async {
            provider_queries.wait_complete(&*clock, 4_000).await;
            let at = clock.now_ms();
            let pending =
                |(p, s): (Provider, ProviderStatus)| (s == ProviderStatus::Pending).then_some(p);
            let outstanding =
                provider_queries.provider_statuses().into_iter().filter_map(pending).collect();
            provider_queries.wait_all().await;
            (at, outstanding, provider_queries.answers().len())
        })
    }

    #[test]
    fn a_found_isbn_waits_no_longer_than_the_grace() {
        let plan = [
            (I, 100, Ok(LookupAnswer::Found(1))),
            (G, 200, Ok(LookupAnswer::Found(1))),
            (O, 3_000, Ok(LookupAnswer::NotFound)),
        ];
        assert_eq!(run(LookupKind::Isbn, &plan), (250, vec![O], 3));
    }

    #[test]
    fn a_title_is_complete_with_google_and_open_library() {
        let plan = [
            (I, 5_000, Ok(LookupAnswer::Found(1))),
            (G, 300, Ok(LookupAnswer::Found(1))),
            (O, 200, Ok(LookupAnswer::NotFound)),
        ];
        assert_eq!(run(LookupKind::Title, &plan), (300, vec![I], 3));
    }

    #[test]
    fn after_the_deadline_late_answers_are_still_collected() {
        let plan = [
            (I, 9_000, Ok(LookupAnswer::Found(1))),
            (G, 10, Err(ProviderFailure::Timeout.into())),
            (O, 20, Ok(LookupAnswer::Found(2))),
        ];
        assert_eq!(run(LookupKind::Author, &plan), (4_000, vec![I], 3));
    }

    #[test]
    fn waiting_ends_when_all_providers_failed() {
        let plan = [
            (I, 10, Err(ProviderFailure::Timeout.into())),
            (G, 20, Err(ProviderFailure::NotConfigured.into())),
            (O, 30, Err(ProviderFailure::Unreachable.into())),
        ];
        let (at, outstanding, _) = run(LookupKind::Title, &plan);
        assert_eq!((at, outstanding), (30, vec![]));
    }
}
