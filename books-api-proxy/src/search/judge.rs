//! What the providers' answers come to together.

use runtime::api::volume::ProviderReport;
use runtime::order;
use runtime::outcome::{Answer, DEFAULT_RETRY_AFTER_MS, Failure, Outcome};

use super::plan::{Completion, Kind, Provider, Standing, completion, is_unasked};

/// The verdict over one gathering.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What each provider came to, for the answer.
    pub reports: Vec<ProviderReport>,
    /// Names of those that answered.
    pub answered: Vec<String>,
    /// True where a provider that was asked gave no answer.
    pub partial: bool,
    /// Set where everything that is missing returns at a known time (a spent quota).
    pub incomplete_until_ms: Option<u64>,
    /// When asking again can help, where one that was asked gave no answer: an answer without
    /// books lives no longer.
    pub again_after_ms: Option<u64>,
    /// What is left of the shortest cool-down of the breakers that were open: no answer that lacks
    /// a provider because of one outlives it.
    pub open_for_ms: Option<u64>,
    /// What to say where nobody answered.
    pub failure: Failure,
}

impl Verdict {
    /// True where nobody answered: there is nothing to serve and nothing to store.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.answered.is_empty()
    }
}

/// Judges the answers; `count` says how many records a found one holds.
pub fn judge<T>(
    kind: Kind,
    standings: &[(Provider, Standing)],
    answers: &[(Provider, &Outcome<T>)],
    count: impl Fn(&T) -> usize,
    now_ms: u64,
) -> Verdict {
    let outstanding = standings.iter().any(|(_, s)| *s == Standing::Pending);
    let complete =
        matches!(completion(kind, standings), Completion::Complete | Completion::AfterGrace);
    // One that nobody waits for any more may still improve the entry.
    let unanswered = if complete { "pending" } else { "timeout" };
    let mut reports = Vec::new();
    let mut answered = Vec::new();
    let mut failures = Vec::new();
    let mut sorted = standings.to_vec();
    order::sort_by_key(&mut sorted, |(provider, _)| *provider);
    for (provider, _) in &sorted {
        let answer = answers.iter().find(|(p, _)| p == provider).map(|(_, outcome)| *outcome);
        let (outcome, records) = match answer {
            Some(Ok(Answer::Found(found))) => ("found".to_owned(), count(found)),
            Some(Ok(Answer::NotFound)) => ("not_found".to_owned(), 0),
            Some(Err(failure)) => (failure.root().to_string(), 0),
            None => (unanswered.to_owned(), 0),
        };
        match answer {
            Some(Ok(_)) => answered.push(provider.name().to_owned()),
            Some(Err(failure)) if !is_unasked(failure) => {
                failures.push(failure.root().clone());
            }
            _ => {}
        }
        let count = u32::try_from(records).unwrap_or(u32::MAX);
        reports.push(ProviderReport { name: provider.name().to_owned(), outcome, count });
    }
    // Waited for until the deadline: as good as a time-out.
    let slow = (outstanding && !complete).then_some(Failure::Timeout);
    let partial = !failures.is_empty() || slow.is_some();
    let until = |failure: &Failure| match failure {
        Failure::QuotaSpent { until_ms } => Some(*until_ms),
        _ => None,
    };
    // The earliest return makes asking again worth while; one failure of another kind does at once.
    let incomplete_until_ms = if slow.is_some() {
        None
    } else {
        failures.iter().map(until).collect::<Option<Vec<u64>>>().and_then(|u| u.into_iter().min())
    };
    let shortest = |failures: &mut dyn Iterator<Item = &Failure>| {
        failures.filter_map(|failure| failure.retry_after_ms(now_ms)).min()
    };
    let is_open = |failure: &&Failure| matches!(failure, Failure::CircuitOpen { .. });
    let open_for_ms = shortest(&mut failures.iter().filter(is_open));
    let retry_after_ms =
        shortest(&mut failures.iter().chain(slow.as_ref())).unwrap_or(DEFAULT_RETRY_AFTER_MS);
    let again_after_ms = partial.then_some(retry_after_ms);
    let failure = match failures.as_slice() {
        // The one that could be asked says more than that nobody answered.
        [own @ (Failure::UnknownOrDown { .. } | Failure::NotFound { .. })] => own.clone(),
        _ => Failure::AllFailed { retry_after_ms },
    };
    Verdict {
        reports,
        answered,
        partial,
        incomplete_until_ms,
        again_after_ms,
        open_for_ms,
        failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const I: Provider = Provider::Isbndb;
    const G: Provider = Provider::GoogleBooks;
    const O: Provider = Provider::OpenLibrary;
    const NOW: u64 = 1_000_000;

    fn verdict(kind: Kind, outcomes: [Option<Outcome<usize>>; 3]) -> Verdict {
        let mut standings = Vec::new();
        let mut answers = Vec::new();
        for (provider, outcome) in [I, G, O].into_iter().zip(&outcomes) {
            standings.push((
                provider,
                match outcome {
                    None => Standing::Pending,
                    Some(Ok(Answer::Found(_))) => Standing::Found,
                    Some(Ok(Answer::NotFound)) => Standing::None,
                    Some(Err(Failure::NotConfigured)) => Standing::Absent,
                    Some(Err(_)) => Standing::Failed,
                },
            ));
            if let Some(outcome) = outcome {
                answers.push((provider, outcome));
            }
        }
        judge(kind, &standings, &answers, |n| *n, NOW)
    }

    const FOUND: Option<Outcome<usize>> = Some(Ok(Answer::Found(2)));
    const NONE: Option<Outcome<usize>> = Some(Ok(Answer::NotFound));

    fn failed(failure: Failure) -> Option<Outcome<usize>> {
        Some(Err(failure))
    }

    #[test]
    fn a_failed_provider_makes_the_answer_partial_and_an_unconfigured_one_does_not() {
        assert!(!verdict(Kind::Title, [FOUND, FOUND, NONE]).partial);
        assert!(!verdict(Kind::Title, [failed(Failure::NotConfigured), NONE, FOUND]).partial);
        assert!(verdict(Kind::Title, [failed(Failure::Timeout), FOUND, FOUND]).partial);
        assert!(verdict(Kind::Title, [FOUND, None, FOUND]).partial);
        // Good enough to go out, and nobody failed.
        let early = verdict(Kind::Isbn, [FOUND, None, NONE]);
        assert!(!early.partial);
        assert_eq!(early.reports[1].outcome, "pending");
    }

    #[test]
    fn only_a_spent_quota_has_a_known_end() {
        let spent = |until_ms| failed(Failure::QuotaSpent { until_ms });
        assert_eq!(verdict(Kind::Title, [spent(9), FOUND, FOUND]).incomplete_until_ms, Some(9));
        assert_eq!(verdict(Kind::Title, [spent(9), spent(5), FOUND]).incomplete_until_ms, Some(5));
        let mixed = [spent(9), failed(Failure::Timeout), FOUND];
        assert_eq!(verdict(Kind::Title, mixed).incomplete_until_ms, None);
        assert_eq!(verdict(Kind::Title, [FOUND, FOUND, FOUND]).incomplete_until_ms, None);
    }

    #[test]
    fn nobody_answering_is_a_failure_with_the_nearest_time_to_come_back() {
        let limited = |ms| failed(Failure::RateLimited { retry_after_ms: ms, local: false });
        let all = verdict(Kind::Title, [limited(9_000), failed(Failure::Timeout), limited(2_000)]);
        assert!(all.is_failure());
        assert_eq!(all.failure, Failure::AllFailed { retry_after_ms: 2_000 });
        assert!(!verdict(Kind::Title, [limited(1), limited(1), NONE]).is_failure());
        assert_eq!(verdict(Kind::Isbn, [None, None, None]).reports[0].outcome, "timeout");
    }

    #[test]
    fn what_is_missing_says_how_long_an_answer_lives() {
        let open = |ms| failed(Failure::CircuitOpen { retry_after_ms: ms });
        for (outcomes, again, open_for) in [
            ([FOUND, FOUND, NONE], None, None),
            ([NONE, open(4_000), open(2_000)], Some(2_000), Some(2_000)),
            ([NONE, open(30_000), failed(Failure::Timeout)], Some(5_000), Some(30_000)),
            ([NONE, failed(Failure::Malformed { what: "x".into() }), NONE], Some(5_000), None),
            ([NONE, None, NONE], Some(5_000), None),
            ([NONE, failed(Failure::NotConfigured), NONE], None, None),
        ] {
            let verdict = verdict(Kind::Title, outcomes.clone());
            assert_eq!(
                (verdict.again_after_ms, verdict.open_for_ms),
                (again, open_for),
                "{outcomes:?}"
            );
        }
    }

    #[test]
    fn the_only_one_asked_speaks_for_itself() {
        let either = Failure::UnknownOrDown { retry_after_ms: 5_000 };
        let unasked = || failed(Failure::NotConfigured);
        for own in [either, Failure::NotFound { what: "volume".into() }] {
            let one = verdict(Kind::Volume, [unasked(), failed(own.clone()), unasked()]);
            assert_eq!((one.is_failure(), one.failure), (true, own));
        }
        let one = verdict(Kind::Volume, [unasked(), failed(Failure::Timeout), unasked()]);
        assert_eq!(one.failure, Failure::AllFailed { retry_after_ms: 5_000 });
    }
}
