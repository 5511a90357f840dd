//! Queries several providers in parallel, and waits until the answer is complete.

use bibliography::query::QueryKind;
use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use ports::Clock;

use super::provider_rules::{
    FanOutWaitDecision, ProviderAnswers, provider_statuses, wait_decision,
};
use crate::config::ISBN_GRACE_MS;
use crate::provider::Provider;
use crate::provider_record::ProviderFuture;

pub struct ParallelProviderQueries {
    kind: QueryKind,
    pub answers: ProviderAnswers,
    pending: FuturesUnordered<ProviderFuture>,
}

impl ParallelProviderQueries {
    /// Collects the queries; they are sent by the first wait.
    pub fn new(kind: QueryKind, queries: impl Iterator<Item = (Provider, ProviderFuture)>) -> Self {
        let (answers, pending) = queries.map(|(provider, query)| ((provider, None), query)).unzip();
        Self { kind, answers, pending }
    }

    /// Waits until the answer is complete, no query is pending, or the deadline is over.
    pub async fn wait_complete<C: Clock>(&mut self, clock: &C, deadline_at_ms: u64) {
        let mut until_ms = deadline_at_ms;
        let mut grace_began = false;
        loop {
            match wait_decision(self.kind, &provider_statuses(&self.answers)) {
                FanOutWaitDecision::Complete | FanOutWaitDecision::Incomplete => return,
                FanOutWaitDecision::AfterGrace if !grace_began => {
                    grace_began = true;
                    until_ms = until_ms.min(clock.now_ms().saturating_add(ISBN_GRACE_MS));
                }
                FanOutWaitDecision::AfterGrace | FanOutWaitDecision::Waiting => {}
            }
            let left_ms = until_ms.saturating_sub(clock.now_ms());
            if left_ms == 0 {
                return;
            }
            let timer = std::pin::pin!(clock.sleep(left_ms));
            match select(self.pending.next(), timer).await {
                Either::Left((Some((provider, outcome)), _)) => {
                    self.answers.insert(provider, Some(outcome));
                }
                Either::Left((None, _)) | Either::Right(_) => return,
            }
        }
    }

    /// Waits for all pending queries (each call has its own time limit). False if there was none.
    pub async fn wait_all(&mut self) -> bool {
        let was_pending = !self.pending.is_empty();
        while let Some((provider, outcome)) = self.pending.next().await {
            self.answers.insert(provider, Some(outcome));
        }
        was_pending
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::provider_record::ProviderRecordsOutcome;
    use runtime::call_outcome::{FoundOrNotFound, ProviderFailure};
    use testkit::Executor;

    type Plan<'a> = &'a [(Provider, u64, ProviderRecordsOutcome)];

    const FOUND: ProviderRecordsOutcome = Ok(FoundOrNotFound::Found(Vec::new()));

    const I: Provider = Provider::Isbndb;
    const G: Provider = Provider::GoogleBooks;
    const O: Provider = Provider::OpenLibrary;

    /// When the answer is complete, the providers pending then, and the number of late answers.
    fn run_queries(kind: QueryKind, plan: Plan) -> (u64, Vec<Provider>, usize) {
        let clock = Rc::new(Executor::default());
        let queries = plan.iter().cloned().map(|(provider, after_ms, outcome)| {
            let clock = Rc::clone(&clock);
            let query: ProviderFuture = Box::pin(async move {
                clock.sleep(after_ms).await;
                (provider, outcome)
            });
            (provider, query)
        });
        let mut parallel_provider_queries = ParallelProviderQueries::new(kind, queries);
        clock.run_to_end(async {
            parallel_provider_queries.wait_complete(&*clock, 4_000).await;
            let at = clock.now_ms();
            let answers = parallel_provider_queries.answers.iter();
            let outstanding: Vec<_> =
                answers.filter(|(_, answer)| answer.is_none()).map(|(p, _)| *p).collect();
            assert_eq!(parallel_provider_queries.wait_all().await, !outstanding.is_empty());
            (at, outstanding, parallel_provider_queries.answers.values().flatten().count())
        })
    }

    #[test]
    fn a_found_isbn_waits_no_longer_than_the_grace() {
        let plan = [(I, 100, FOUND), (G, 200, FOUND), (O, 3_000, Ok(FoundOrNotFound::NotFound))];
        assert_eq!(run_queries(QueryKind::Isbn, &plan), (250, vec![O], 3));
    }

    #[test]
    fn a_title_is_complete_with_google_and_open_library() {
        let plan = [(I, 5_000, FOUND), (G, 300, FOUND), (O, 200, Ok(FoundOrNotFound::NotFound))];
        assert_eq!(run_queries(QueryKind::Title, &plan), (300, vec![I], 3));
    }

    #[test]
    fn after_the_deadline_late_answers_are_still_collected() {
        let plan =
            [(I, 9_000, FOUND), (G, 10, Err(ProviderFailure::Timeout.into())), (O, 20, FOUND)];
        assert_eq!(run_queries(QueryKind::Author, &plan), (4_000, vec![I], 3));
    }

    #[test]
    fn waiting_ends_when_all_providers_failed() {
        let plan = [
            (I, 10, Err(ProviderFailure::Timeout.into())),
            (G, 20, Err(ProviderFailure::NotConfigured.into())),
            (O, 30, Err(ProviderFailure::Unreachable.into())),
        ];
        let (at, outstanding, _) = run_queries(QueryKind::Title, &plan);
        assert_eq!((at, outstanding), (30, vec![]));
    }
}
