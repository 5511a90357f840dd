//! Which providers are queried, and when an answer is complete: one table (also in docs/CACHING.md).

use bibliography::query::Query;
use runtime::outcome::{Failure, ProviderFailure, RequestError};

use crate::provider::Provider;
use crate::question::LookupKind;

/// One provider's state within a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderStatus {
    Pending,
    /// It gave books (for an ISBN: the verified one).
    Found,
    /// It confirmed the absence.
    None,
    /// It could not answer.
    Failed,
    /// It was not queried ([`is_not_asked`]): it does not count.
    NotAsked,
}

/// True if a failure means that the provider was not queried: no key, or nothing to search for.
#[must_use]
pub fn is_not_asked(failure: &Failure) -> bool {
    matches!(
        failure.root(),
        Failure::Provider(ProviderFailure::NotConfigured)
            | Failure::Request(RequestError::BadRequest { .. })
    )
}

/// Whether the answer may be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitDecision {
    /// All required answers are there.
    Complete,
    /// Good enough after the grace time.
    AfterGrace,
    /// A required answer is pending.
    Waiting,
    /// No query is pending, and a required one failed.
    Incomplete,
}

/// The most calls of a miss at one provider: Google is queried for an ISBN in two ways, and a text
/// that was wrongly taken for a title or an author is searched again as keywords.
#[must_use]
pub fn max_calls(query: &Query) -> u32 {
    if query.isbn13().is_some() || query.as_words().is_some() { 2 } else { 1 }
}

/// Row of the table: the providers whose answers make an answer complete, best first.
/// If none of them is configured, the next list counts.
fn required_groups(kind: LookupKind) -> &'static [&'static [Provider]] {
    match kind {
        LookupKind::Isbn => &[&Provider::ALL],
        LookupKind::Author => {
            &[&[Provider::Isbndb], &[Provider::OpenLibrary, Provider::GoogleBooks]]
        }
        LookupKind::Title => {
            &[&[Provider::GoogleBooks, Provider::OpenLibrary], &[Provider::Isbndb]]
        }
        // One of them is queried. ISBNdb has no record without an ISBN.
        LookupKind::Volume => &[&[Provider::GoogleBooks], &[Provider::OpenLibrary]],
    }
}

/// Decides by the status of the queried providers.
#[must_use]
pub fn wait_decision(
    kind: LookupKind,
    provider_statuses: &[(Provider, ProviderStatus)],
) -> WaitDecision {
    let of = |provider: Provider| {
        provider_statuses
            .iter()
            .find(|(p, _)| *p == provider)
            .map_or(ProviderStatus::NotAsked, |(_, s)| *s)
    };
    let outstanding = provider_statuses.iter().any(|(_, s)| *s == ProviderStatus::Pending);
    let decided = if outstanding { WaitDecision::Waiting } else { WaitDecision::Incomplete };
    if kind == LookupKind::Isbn {
        let any = |wanted| provider_statuses.iter().any(|(_, s)| *s == wanted);
        return match (any(ProviderStatus::Found), outstanding) {
            (true, true) => WaitDecision::AfterGrace,
            (true, false) => WaitDecision::Complete,
            (false, true) => WaitDecision::Waiting,
            (false, false) if any(ProviderStatus::Failed) => WaitDecision::Incomplete,
            (false, false) => WaitDecision::Complete,
        };
    }
    let present = |list: &&&[Provider]| list.iter().any(|p| of(*p) != ProviderStatus::NotAsked);
    let Some(list) = required_groups(kind).iter().find(present) else { return decided };
    let answered = |p: &Provider| {
        matches!(of(*p), ProviderStatus::Found | ProviderStatus::None | ProviderStatus::NotAsked)
    };
    if !list.iter().all(answered) {
        return decided;
    }
    // "None" counts only when no provider is left that could have it.
    let found = provider_statuses.iter().any(|(_, s)| *s == ProviderStatus::Found);
    match (found, outstanding) {
        (true, _) => WaitDecision::Complete,
        (false, true) => WaitDecision::Waiting,
        (false, false) if provider_statuses.iter().any(|(_, s)| *s == ProviderStatus::Failed) => {
            WaitDecision::Incomplete
        }
        (false, false) => WaitDecision::Complete,
    }
}

/// The providers queried while warming; Google only for what the others lack, within its share.
#[must_use]
pub fn warming_providers(kind: LookupKind) -> &'static [Provider] {
    match kind {
        LookupKind::Isbn | LookupKind::Author | LookupKind::Title => {
            &[Provider::Isbndb, Provider::OpenLibrary]
        }
        // No library export holds such an id.
        LookupKind::Volume => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses in the order ISBNdb, Google, Open Library, one letter each.
    fn provider_statuses(text: &str) -> Vec<(Provider, ProviderStatus)> {
        let provider_status = |c| match c {
            '?' => ProviderStatus::Pending,
            '+' => ProviderStatus::Found,
            '0' => ProviderStatus::None,
            'x' => ProviderStatus::Failed,
            _ => ProviderStatus::NotAsked,
        };
        Provider::ALL.into_iter().zip(text.chars().map(provider_status)).collect()
    }

    #[test]
    fn the_table_of_completeness() {
        use WaitDecision::{AfterGrace, Complete, Incomplete, Waiting};
        for (kind, asked, expected) in [
            (LookupKind::Isbn, "???", Waiting),
            (LookupKind::Isbn, "+??", AfterGrace),
            (LookupKind::Isbn, "x?+", AfterGrace),
            (LookupKind::Isbn, "+0x", Complete),
            (LookupKind::Isbn, "000", Complete),
            (LookupKind::Isbn, "00?", Waiting),
            (LookupKind::Isbn, "00x", Incomplete),
            (LookupKind::Isbn, "xxx", Incomplete),
            (LookupKind::Isbn, "--0", Complete),
            (LookupKind::Author, "+??", Complete),
            (LookupKind::Author, "?++", Waiting),
            (LookupKind::Author, "x++", Incomplete),
            (LookupKind::Author, "x+?", Waiting),
            (LookupKind::Author, "0??", Waiting),
            (LookupKind::Author, "0x?", Waiting),
            (LookupKind::Author, "0x0", Incomplete),
            (LookupKind::Author, "000", Complete),
            (LookupKind::Author, "-++", Complete),
            (LookupKind::Author, "-+?", Waiting),
            (LookupKind::Author, "--+", Complete),
            (LookupKind::Title, "?++", Complete),
            (LookupKind::Title, "++?", Waiting),
            (LookupKind::Title, "?+0", Complete),
            (LookupKind::Title, "?00", Waiting),
            (LookupKind::Title, "+00", Complete),
            (LookupKind::Title, "+x+", Incomplete),
            (LookupKind::Title, "?x+", Waiting),
            (LookupKind::Title, "x-+", Complete),
            (LookupKind::Title, "0-0", Complete),
            (LookupKind::Title, "+--", Complete),
            (LookupKind::Title, "x00", Incomplete),
            (LookupKind::Volume, "-?-", Waiting),
            (LookupKind::Volume, "-+-", Complete),
            (LookupKind::Volume, "--0", Complete),
            (LookupKind::Volume, "--x", Incomplete),
        ] {
            assert_eq!(
                wait_decision(kind, &provider_statuses(asked)),
                expected,
                "{kind:?} {asked}"
            );
        }
    }

    #[test]
    fn an_answer_never_waits_once_nothing_is_outstanding() {
        for kind in [LookupKind::Isbn, LookupKind::Author, LookupKind::Title, LookupKind::Volume] {
            for n in 0..4_u32.pow(3) {
                let text: String =
                    (0..3).map(|i| ['+', '0', 'x', '-'][(n / 4_u32.pow(i) % 4) as usize]).collect();
                let judged = wait_decision(kind, &provider_statuses(&text));
                assert!(
                    matches!(judged, WaitDecision::Complete | WaitDecision::Incomplete),
                    "{kind:?} {text}"
                );
            }
        }
    }

    #[test]
    fn a_miss_that_may_ask_twice_takes_two() {
        for (text, calls) in [
            ("9780441172719", 2),
            ("Ursula K. Le Guin", 2),
            ("dune", 1),
            ("The Secret Tartt", 2),
            ("inauthor:herbert", 1),
            ("the left hand of darkness by a person no one remembers", 1),
        ] {
            assert_eq!(max_calls(&bibliography::query::Query::auto(text)), calls, "{text}");
        }
    }
}
