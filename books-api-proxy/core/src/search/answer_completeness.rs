//! Assesses the outcomes of the providers: complete, partial or failed, and for how long.

use bibliography::query::QueryKind;
use runtime::call_outcome::{
    DEFAULT_RETRY_AFTER_MS, Failure, FoundOrNotFound, ProviderFailure, RequestRejection,
};
use runtime::wire_types::volume::ProviderReport;

use super::provider_rules::{
    FanOutWaitDecision, ProviderAnswers, is_not_asked, provider_statuses, wait_decision,
};
use crate::provider::Provider;
use crate::provider_record::{ProviderRecordsOutcome, count_results};

#[derive(Clone, Debug, PartialEq)]
pub struct FanOutCompleteness {
    pub reports: Vec<ProviderReport>,
    pub answered: Vec<String>,
    /// True if a provider did not answer, or was not queried because of the public share.
    pub partial: bool,
    /// The earliest return of a missing provider, if the quotas of all missing ones are spent.
    pub incomplete_until_ms: Option<u64>,
    /// The time until a retry can help. A partial answer without books lives no longer.
    pub again_after_ms: Option<u64>,
    /// The shortest remaining cool-down of the open breakers: a partial answer lives no longer.
    pub open_for_ms: Option<u64>,
    /// True if a provider was not queried because the public share of its day is spent: the answer
    /// is for anonymous clients alone.
    pub lacks_public_share: bool,
    pub failure: Failure,
}

impl FanOutCompleteness {
    /// True if no provider answered, also if none was queried (for [`wait_decision`] complete).
    pub fn is_failure(&self) -> bool {
        self.answered.is_empty()
    }
}

pub fn assess(kind: QueryKind, answers: &ProviderAnswers, now_ms: u64) -> FanOutCompleteness {
    let outstanding = answers.values().any(Option::is_none);
    let complete = matches!(
        wait_decision(kind, &provider_statuses(answers)),
        FanOutWaitDecision::Complete | FanOutWaitDecision::AfterGrace
    );
    // A pending provider does not matter to a complete answer; else it has missed the deadline.
    let unanswered = if complete { "pending" } else { "timeout" };
    let report = |(provider, answer): (&Provider, &Option<ProviderRecordsOutcome>)| {
        let (outcome, results) = match answer {
            Some(Ok(FoundOrNotFound::Found(found))) => ("found".to_owned(), count_results(found)),
            Some(Ok(FoundOrNotFound::NotFound)) => ("not_found".to_owned(), 0),
            Some(Err(failure)) => (failure.root_cause().to_string(), 0),
            None => (unanswered.to_owned(), 0),
        };
        let count = u32::try_from(results).unwrap_or(u32::MAX);
        ProviderReport { name: provider.name().to_owned(), outcome, count }
    };
    let answered = answers.iter().filter(|(_, answer)| matches!(answer, Some(Ok(_))));
    let errors = answers.values().flatten().filter_map(|outcome| outcome.as_ref().err());
    let share_spent = errors.clone().map(Failure::root_cause).find(|failure| {
        matches!(failure, Failure::Provider(ProviderFailure::PublicShareSpent { .. }))
    });
    let failures = errors.map(Failure::root_cause).filter(|failure| !is_not_asked(failure));
    let failures: Vec<&Failure> = failures.collect();
    // A query still pending at the deadline counts as a timeout.
    let slow = (outstanding && !complete).then_some(Failure::Provider(ProviderFailure::Timeout));
    let missing: Vec<&Failure> = failures.iter().copied().chain(&slow).collect();
    let partial = !missing.is_empty() || share_spent.is_some();
    let until = |failure: &&Failure| match failure {
        Failure::Provider(ProviderFailure::QuotaSpent { until_ms }) => Some(*until_ms),
        _ => None,
    };
    // Set only if every failure is a spent quota: any other failure may be over at once.
    let incomplete_until_ms = missing.iter().map(until).collect::<Option<Vec<u64>>>();
    let retry_after = |failure: &&Failure| failure.retry_after_ms(now_ms);
    let is_open = |failure: &&&Failure| {
        matches!(failure.innermost_provider_failure(), Some(ProviderFailure::CircuitOpen { .. }))
    };
    let retry_after_ms = missing.iter().filter_map(retry_after).min();
    let retry_after_ms = retry_after_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS);
    let failure = match (failures.as_slice(), share_spent) {
        // The only queried provider's own failure is more precise than "no provider answered".
        (
            [
                own @ (Failure::Provider(ProviderFailure::UnknownOrDown { .. })
                | Failure::Request(RequestRejection::NotFound { .. })),
            ],
            _,
        ) => (*own).clone(),
        ([], Some(spent)) if slow.is_none() => spent.clone(),
        _ => Failure::Provider(ProviderFailure::AllFailed { retry_after_ms }),
    };
    FanOutCompleteness {
        reports: answers.iter().map(report).collect(),
        answered: answered.map(|(provider, _)| provider.name().to_owned()).collect(),
        partial,
        incomplete_until_ms: incomplete_until_ms.and_then(|until_ms| until_ms.into_iter().min()),
        again_after_ms: partial.then_some(retry_after_ms),
        open_for_ms: failures.iter().filter(is_open).filter_map(retry_after).min(),
        lacks_public_share: share_spent.is_some(),
        failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_NOW_MS: u64 = 1_000_000;

    type ProviderAnswer = Option<ProviderRecordsOutcome>;

    fn assess_three_answers(kind: QueryKind, answers: [ProviderAnswer; 3]) -> FanOutCompleteness {
        assess(kind, &Provider::ALL.into_iter().zip(answers).collect(), TEST_NOW_MS)
    }

    const FOUND_ANSWER: ProviderAnswer = Some(Ok(FoundOrNotFound::Found(Vec::new())));
    const NO_SUCH_BOOK_ANSWER: ProviderAnswer = Some(Ok(FoundOrNotFound::NotFound));

    fn failed_outcome(failure: Failure) -> ProviderAnswer {
        Some(Err(failure))
    }

    #[test]
    fn only_a_failed_provider_makes_an_answer_partial() {
        assert!(
            !assess_three_answers(
                QueryKind::Title,
                [FOUND_ANSWER, FOUND_ANSWER, NO_SUCH_BOOK_ANSWER]
            )
            .partial
        );
        assert!(
            !assess_three_answers(
                QueryKind::Title,
                [
                    failed_outcome(Failure::Provider(ProviderFailure::NotConfigured)),
                    NO_SUCH_BOOK_ANSWER,
                    FOUND_ANSWER
                ]
            )
            .partial
        );
        assert!(
            assess_three_answers(
                QueryKind::Title,
                [
                    failed_outcome(Failure::Provider(ProviderFailure::Timeout)),
                    FOUND_ANSWER,
                    FOUND_ANSWER
                ]
            )
            .partial
        );
        assert!(assess_three_answers(QueryKind::Title, [FOUND_ANSWER, None, FOUND_ANSWER]).partial);
        // Complete without the pending provider, and no provider failed.
        let early =
            assess_three_answers(QueryKind::Isbn, [FOUND_ANSWER, None, NO_SUCH_BOOK_ANSWER]);
        assert!(!early.partial);
        assert_eq!(early.reports[1].outcome, "pending");
    }

    #[test]
    fn only_a_spent_quota_has_a_known_end() {
        let spent =
            |until_ms| failed_outcome(Failure::Provider(ProviderFailure::QuotaSpent { until_ms }));
        assert_eq!(
            assess_three_answers(QueryKind::Title, [spent(9), FOUND_ANSWER, FOUND_ANSWER])
                .incomplete_until_ms,
            Some(9)
        );
        assert_eq!(
            assess_three_answers(QueryKind::Title, [spent(9), spent(5), FOUND_ANSWER])
                .incomplete_until_ms,
            Some(5)
        );
        let mixed =
            [spent(9), failed_outcome(Failure::Provider(ProviderFailure::Timeout)), FOUND_ANSWER];
        assert_eq!(assess_three_answers(QueryKind::Title, mixed).incomplete_until_ms, None);
        assert_eq!(
            assess_three_answers(QueryKind::Title, [FOUND_ANSWER, FOUND_ANSWER, FOUND_ANSWER])
                .incomplete_until_ms,
            None
        );
    }

    #[test]
    fn with_all_failed_the_earliest_retry_time_counts() {
        let limited = |ms| {
            failed_outcome(Failure::Provider(ProviderFailure::RateLimited {
                retry_after_ms: ms,
                local: false,
            }))
        };
        let all = assess_three_answers(
            QueryKind::Title,
            [
                limited(9_000),
                failed_outcome(Failure::Provider(ProviderFailure::Timeout)),
                limited(2_000),
            ],
        );
        assert!(all.is_failure());
        assert_eq!(
            all.failure,
            Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: 2_000 })
        );
        assert!(
            !assess_three_answers(QueryKind::Title, [limited(1), limited(1), NO_SUCH_BOOK_ANSWER])
                .is_failure()
        );
        assert_eq!(
            assess_three_answers(QueryKind::Isbn, [None, None, None]).reports[0].outcome,
            "timeout"
        );
    }

    #[test]
    fn missing_providers_bound_the_life_of_an_answer() {
        let open = |ms| {
            failed_outcome(Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms: ms }))
        };
        for (outcomes, again, open_for) in [
            ([FOUND_ANSWER, FOUND_ANSWER, NO_SUCH_BOOK_ANSWER], None, None),
            ([NO_SUCH_BOOK_ANSWER, open(4_000), open(2_000)], Some(2_000), Some(2_000)),
            (
                [
                    NO_SUCH_BOOK_ANSWER,
                    open(30_000),
                    failed_outcome(Failure::Provider(ProviderFailure::Timeout)),
                ],
                Some(5_000),
                Some(30_000),
            ),
            (
                [
                    NO_SUCH_BOOK_ANSWER,
                    failed_outcome(Failure::Provider(ProviderFailure::Malformed {
                        detail: "x".into(),
                    })),
                    NO_SUCH_BOOK_ANSWER,
                ],
                Some(5_000),
                None,
            ),
            ([NO_SUCH_BOOK_ANSWER, None, NO_SUCH_BOOK_ANSWER], Some(5_000), None),
            (
                [
                    NO_SUCH_BOOK_ANSWER,
                    failed_outcome(Failure::Provider(ProviderFailure::NotConfigured)),
                    NO_SUCH_BOOK_ANSWER,
                ],
                None,
                None,
            ),
        ] {
            let completeness = assess_three_answers(QueryKind::Title, outcomes.clone());
            assert_eq!(
                (completeness.again_after_ms, completeness.open_for_ms),
                (again, open_for),
                "{outcomes:?}"
            );
        }
    }

    #[test]
    fn the_only_queried_provider_s_failure_is_returned() {
        let either = Failure::Provider(ProviderFailure::UnknownOrDown { retry_after_ms: 5_000 });
        let not_asked = || failed_outcome(Failure::Provider(ProviderFailure::NotConfigured));
        for own in [either, Failure::not_found("volume")] {
            let one = assess_three_answers(
                QueryKind::Volume,
                [not_asked(), failed_outcome(own.clone()), not_asked()],
            );
            assert_eq!((one.is_failure(), one.failure), (true, own));
        }
        let one = assess_three_answers(
            QueryKind::Volume,
            [not_asked(), failed_outcome(Failure::Provider(ProviderFailure::Timeout)), not_asked()],
        );
        assert_eq!(
            one.failure,
            Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: 5_000 })
        );
    }
}
