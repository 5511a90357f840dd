//! [`provider_role`] is the table of which provider is queried for what; [`wait_decision`] decides
//! when an answer is complete. docs/CACHING.md has both.

use std::collections::BTreeMap;

use bibliography::query::{Query, QueryKind};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, RequestRejection};

use crate::provider::Provider;
use crate::provider_record::ProviderRecordsOutcome;
use crate::volume_id::AnswerVolumeId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderQueryStatus {
    Pending,
    /// It returned books: for an ISBN only that edition, checked by the parsers.
    Found,
    /// It confirmed that it has no such book.
    None,
    Failed,
    /// It was not queried ([`is_not_asked`]), and does not count.
    NotAsked,
}

/// The answer of each queried provider; None while the query is pending.
pub type ProviderAnswers = BTreeMap<Provider, Option<ProviderRecordsOutcome>>;

pub fn provider_statuses(answers: &ProviderAnswers) -> Vec<(Provider, ProviderQueryStatus)> {
    let status = |answer: &Option<ProviderRecordsOutcome>| match answer {
        None => ProviderQueryStatus::Pending,
        Some(Ok(FoundOrNotFound::Found(_))) => ProviderQueryStatus::Found,
        Some(Ok(FoundOrNotFound::NotFound)) => ProviderQueryStatus::None,
        Some(Err(failure)) if is_not_asked(failure) => ProviderQueryStatus::NotAsked,
        Some(Err(_)) => ProviderQueryStatus::Failed,
    };
    answers.iter().map(|(provider, answer)| (*provider, status(answer))).collect()
}

/// True if a failure means that the provider was not queried: it has no key, it cannot search for
/// the text, or the public share of its day is spent.
pub fn is_not_asked(failure: &Failure) -> bool {
    matches!(
        failure.root_cause(),
        Failure::Provider(
            ProviderFailure::NotConfigured | ProviderFailure::PublicShareSpent { .. }
        ) | Failure::Request(RequestRejection::BadRequest { .. })
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOutWaitDecision {
    /// The answer goes out; it is partial if a provider that was queried failed.
    Complete,
    /// Complete after the grace time (`ISBN_GRACE_MS`), or when all providers have answered.
    AfterGrace,
    Waiting,
    /// No query is pending, and a provider that matters failed.
    Incomplete,
}

/// The role of a provider while a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractiveProviderRole {
    /// The answer is complete only with this provider; that to an ISBN, with any that has it.
    Required,
    /// Required if no `Required` provider was queried.
    Fallback,
    /// Not queried: it cannot have the record.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmingProviderRole {
    Always,
    /// Only for ISBNs that the others lack, within its share of the day.
    Gaps,
    Never,
}

/// The table for live searches, batches and warming.
pub fn provider_role(
    provider: Provider,
    kind: QueryKind,
) -> (InteractiveProviderRole, WarmingProviderRole) {
    use InteractiveProviderRole::{Fallback, Required};
    use Provider::{GoogleBooks, Isbndb, OpenLibrary};
    use QueryKind::{Advanced, Author, Isbn, Mixed, Title, Volume};
    use WarmingProviderRole::{Always, Gaps, Never};
    match (provider, kind) {
        (Isbndb, Isbn | Author) => (Required, Always),
        (Isbndb, Title | Mixed | Advanced) => (Fallback, Always),
        // Every ISBNdb record has an ISBN.
        (Isbndb, Volume) => (InteractiveProviderRole::Never, Never),
        (GoogleBooks, Isbn) => (Required, Gaps),
        (GoogleBooks, Author) => (Fallback, Never),
        (GoogleBooks, Title | Mixed | Advanced) => (Required, Never),
        (OpenLibrary, Isbn | Title | Mixed | Advanced) => (Required, Always),
        (OpenLibrary, Author) => (Fallback, Always),
        // Only the provider of the id is queried. No library export has such ids.
        (GoogleBooks | OpenLibrary, Volume) => (Required, Never),
    }
}

/// The providers with this warming role.
pub fn warming_providers(
    kind: QueryKind,
    when: WarmingProviderRole,
) -> impl Iterator<Item = Provider> {
    Provider::ALL.into_iter().filter(move |provider| provider_role(*provider, kind).1 == when)
}

/// The providers to query live: those that may have the book, or the provider of the id.
pub fn live_providers(query: &Query) -> Vec<Provider> {
    let kind = query.kind();
    if kind == QueryKind::Volume
        && let Some(AnswerVolumeId::Provider(provider, _)) =
            AnswerVolumeId::parse(query.search_text())
    {
        return vec![provider];
    }
    let is_live = |p: &Provider| provider_role(*p, kind).0 != InteractiveProviderRole::Never;
    Provider::ALL.into_iter().filter(is_live).collect()
}

/// If no provider was queried, `Complete` for an ISBN and `Incomplete` for another kind;
/// `FanOutCompleteness::is_failure` is true then.
pub fn wait_decision(
    kind: QueryKind,
    statuses: &[(Provider, ProviderQueryStatus)],
) -> FanOutWaitDecision {
    let any = |wanted| statuses.iter().any(|(_, status)| *status == wanted);
    let outstanding = any(ProviderQueryStatus::Pending);
    if kind != QueryKind::Isbn && !is_answered_by_role(kind, statuses) {
        return if outstanding {
            FanOutWaitDecision::Waiting
        } else {
            FanOutWaitDecision::Incomplete
        };
    }
    match (any(ProviderQueryStatus::Found), outstanding) {
        (true, true) if kind == QueryKind::Isbn => FanOutWaitDecision::AfterGrace,
        (true, _) => FanOutWaitDecision::Complete,
        // Absences complete the answer only when every provider has answered.
        (false, true) => FanOutWaitDecision::Waiting,
        (false, false) if any(ProviderQueryStatus::Failed) => FanOutWaitDecision::Incomplete,
        (false, false) => FanOutWaitDecision::Complete,
    }
}

/// True if the required providers have answered, or the fallbacks if no required one was queried.
fn is_answered_by_role(kind: QueryKind, statuses: &[(Provider, ProviderQueryStatus)]) -> bool {
    let queried_as = |role| {
        let is_queried_as = move |(provider, status): &&(Provider, ProviderQueryStatus)| {
            provider_role(*provider, kind).0 == role && *status != ProviderQueryStatus::NotAsked
        };
        statuses.iter().filter(is_queried_as).map(|(_, status)| *status).peekable()
    };
    let mut deciding = queried_as(InteractiveProviderRole::Required);
    if deciding.peek().is_none() {
        deciding = queried_as(InteractiveProviderRole::Fallback);
    }
    let is_answer =
        |status| matches!(status, ProviderQueryStatus::Found | ProviderQueryStatus::None);
    deciding.peek().is_some() && deciding.all(is_answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses in the order ISBNdb, Google, Open Library, one letter each.
    fn statuses(text: &str) -> Vec<(Provider, ProviderQueryStatus)> {
        let provider_status = |c| match c {
            '?' => ProviderQueryStatus::Pending,
            '+' => ProviderQueryStatus::Found,
            '0' => ProviderQueryStatus::None,
            'x' => ProviderQueryStatus::Failed,
            _ => ProviderQueryStatus::NotAsked,
        };
        Provider::ALL.into_iter().zip(text.chars().map(provider_status)).collect()
    }

    #[test]
    fn the_table_of_completeness() {
        use FanOutWaitDecision::{AfterGrace, Complete, Incomplete, Waiting};
        for (kind, asked, expected) in [
            (QueryKind::Isbn, "???", Waiting),
            (QueryKind::Isbn, "+??", AfterGrace),
            (QueryKind::Isbn, "x?+", AfterGrace),
            (QueryKind::Isbn, "+0x", Complete),
            (QueryKind::Isbn, "000", Complete),
            (QueryKind::Isbn, "00?", Waiting),
            (QueryKind::Isbn, "00x", Incomplete),
            (QueryKind::Isbn, "xxx", Incomplete),
            (QueryKind::Isbn, "--0", Complete),
            (QueryKind::Author, "+??", Complete),
            (QueryKind::Author, "?++", Waiting),
            (QueryKind::Author, "x++", Incomplete),
            (QueryKind::Author, "x+?", Waiting),
            (QueryKind::Author, "0??", Waiting),
            (QueryKind::Author, "0x?", Waiting),
            (QueryKind::Author, "0x0", Incomplete),
            (QueryKind::Author, "000", Complete),
            (QueryKind::Author, "-++", Complete),
            (QueryKind::Author, "-+?", Waiting),
            (QueryKind::Author, "--+", Complete),
            (QueryKind::Title, "?++", Complete),
            (QueryKind::Title, "++?", Waiting),
            (QueryKind::Title, "?+0", Complete),
            (QueryKind::Title, "?00", Waiting),
            (QueryKind::Title, "+00", Complete),
            (QueryKind::Title, "+x+", Incomplete),
            (QueryKind::Title, "?x+", Waiting),
            (QueryKind::Title, "x-+", Complete),
            (QueryKind::Title, "0-0", Complete),
            (QueryKind::Title, "+--", Complete),
            (QueryKind::Title, "x00", Incomplete),
            (QueryKind::Volume, "-?-", Waiting),
            (QueryKind::Volume, "-+-", Complete),
            (QueryKind::Volume, "--0", Complete),
            (QueryKind::Volume, "--x", Incomplete),
        ] {
            assert_eq!(wait_decision(kind, &statuses(asked)), expected, "{kind:?} {asked}");
        }
    }

    #[test]
    fn an_answer_does_not_wait_without_a_pending_query() {
        use QueryKind::{Advanced, Author, Isbn, Mixed, Title, Volume};
        for kind in [Isbn, Author, Title, Mixed, Advanced, Volume] {
            for n in 0..4_u32.pow(3) {
                let text: String =
                    (0..3).map(|i| ['+', '0', 'x', '-'][(n / 4_u32.pow(i) % 4) as usize]).collect();
                let judged = wait_decision(kind, &statuses(&text));
                assert!(
                    matches!(judged, FanOutWaitDecision::Complete | FanOutWaitDecision::Incomplete),
                    "{kind:?} {text}"
                );
            }
        }
    }
}
