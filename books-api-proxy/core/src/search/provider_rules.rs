//! [`provider_role`] is the table of which provider is queried for what; [`wait_decision`] decides
//! when an answer is complete. docs/CACHING.md has both.

use std::collections::BTreeMap;

use bibliography::query::{Query, QueryKind};
use runtime::outcome::{Failure, LookupAnswer, ProviderFailure, ProviderOutcome, RequestError};

use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::question::{LookupKind, lookup_kind};
use crate::volume_id::VolumeId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderStatus {
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
pub type ProviderAnswers = BTreeMap<Provider, Option<ProviderOutcome<Vec<ProviderRecord>>>>;

pub fn provider_statuses(answers: &ProviderAnswers) -> Vec<(Provider, ProviderStatus)> {
    let status = |answer: &Option<ProviderOutcome<_>>| match answer {
        None => ProviderStatus::Pending,
        Some(Ok(LookupAnswer::Found(_))) => ProviderStatus::Found,
        Some(Ok(LookupAnswer::NotFound)) => ProviderStatus::None,
        Some(Err(failure)) if is_not_asked(failure) => ProviderStatus::NotAsked,
        Some(Err(_)) => ProviderStatus::Failed,
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
        ) | Failure::Request(RequestError::BadRequest { .. })
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOutStatus {
    Complete,
    /// Complete after the grace time (`ISBN_GRACE_MS`), or when all providers have answered.
    AfterGrace,
    Waiting,
    /// No query is pending, and a provider that matters failed.
    Incomplete,
}

/// The role of a provider while a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractiveRole {
    /// The answer is complete only with this provider.
    Required,
    /// Required if no `Required` provider was queried.
    Fallback,
    /// Not queried: it cannot have the record.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmingPolicy {
    Always,
    /// Only for ISBNs that the others lack, within its share of the day.
    Gaps,
    Never,
}

/// The table for live searches, batches and warming.
pub fn provider_role(provider: Provider, kind: LookupKind) -> (InteractiveRole, WarmingPolicy) {
    match (provider, kind) {
        (Provider::Isbndb, LookupKind::Isbn | LookupKind::Author) => {
            (InteractiveRole::Required, WarmingPolicy::Always)
        }
        (Provider::Isbndb, LookupKind::Title) => (InteractiveRole::Fallback, WarmingPolicy::Always),
        // Every ISBNdb record has an ISBN.
        (Provider::Isbndb, LookupKind::Volume) => (InteractiveRole::Never, WarmingPolicy::Never),
        (Provider::GoogleBooks, LookupKind::Isbn) => {
            (InteractiveRole::Required, WarmingPolicy::Gaps)
        }
        (Provider::GoogleBooks, LookupKind::Author) => {
            (InteractiveRole::Fallback, WarmingPolicy::Never)
        }
        (Provider::GoogleBooks, LookupKind::Title) => {
            (InteractiveRole::Required, WarmingPolicy::Never)
        }
        (Provider::OpenLibrary, LookupKind::Isbn | LookupKind::Title) => {
            (InteractiveRole::Required, WarmingPolicy::Always)
        }
        (Provider::OpenLibrary, LookupKind::Author) => {
            (InteractiveRole::Fallback, WarmingPolicy::Always)
        }
        // Only the provider of the id is queried. No library export has such ids.
        (Provider::GoogleBooks | Provider::OpenLibrary, LookupKind::Volume) => {
            (InteractiveRole::Required, WarmingPolicy::Never)
        }
    }
}

/// The providers with this warming role.
pub fn warming_providers(kind: LookupKind, when: WarmingPolicy) -> impl Iterator<Item = Provider> {
    Provider::ALL.into_iter().filter(move |provider| provider_role(*provider, kind).1 == when)
}

/// The providers to query live: those that may have the book, or the provider of the id.
pub fn live_providers(query: &Query) -> Vec<Provider> {
    match (query.kind(), VolumeId::parse(query.text())) {
        (QueryKind::Volume, Some(VolumeId::Provider(provider, _))) => vec![provider],
        _ => {
            let may_have_it =
                |p: &Provider| provider_role(*p, lookup_kind(query)).0 != InteractiveRole::Never;
            Provider::ALL.into_iter().filter(may_have_it).collect()
        }
    }
}

/// `Complete` also if no provider was queried: `Completeness::is_failure` is true then.
pub fn wait_decision(
    kind: LookupKind,
    provider_statuses: &[(Provider, ProviderStatus)],
) -> FanOutStatus {
    let any = |wanted| provider_statuses.iter().any(|(_, status)| *status == wanted);
    let outstanding = any(ProviderStatus::Pending);
    if kind != LookupKind::Isbn && !is_answered_by_role(kind, provider_statuses) {
        return if outstanding { FanOutStatus::Waiting } else { FanOutStatus::Incomplete };
    }
    match (any(ProviderStatus::Found), outstanding) {
        (true, true) if kind == LookupKind::Isbn => FanOutStatus::AfterGrace,
        (true, _) => FanOutStatus::Complete,
        // Absences complete the answer only when every provider has answered.
        (false, true) => FanOutStatus::Waiting,
        (false, false) if any(ProviderStatus::Failed) => FanOutStatus::Incomplete,
        (false, false) => FanOutStatus::Complete,
    }
}

/// True if the required providers have answered, or the fallbacks if no required one was queried.
fn is_answered_by_role(kind: LookupKind, provider_statuses: &[(Provider, ProviderStatus)]) -> bool {
    let queried_as = |role| {
        let is_queried_as = move |(provider, status): &&(Provider, ProviderStatus)| {
            provider_role(*provider, kind).0 == role && *status != ProviderStatus::NotAsked
        };
        provider_statuses.iter().filter(is_queried_as).map(|(_, status)| *status).peekable()
    };
    let mut statuses = queried_as(InteractiveRole::Required);
    if statuses.peek().is_none() {
        statuses = queried_as(InteractiveRole::Fallback);
    }
    let is_answer = |status| matches!(status, ProviderStatus::Found | ProviderStatus::None);
    statuses.peek().is_some() && statuses.all(is_answer)
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
        use FanOutStatus::{AfterGrace, Complete, Incomplete, Waiting};
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
    fn an_answer_does_not_wait_without_a_pending_query() {
        for kind in [LookupKind::Isbn, LookupKind::Author, LookupKind::Title, LookupKind::Volume] {
            for n in 0..4_u32.pow(3) {
                let text: String =
                    (0..3).map(|i| ['+', '0', 'x', '-'][(n / 4_u32.pow(i) % 4) as usize]).collect();
                let judged = wait_decision(kind, &provider_statuses(&text));
                assert!(
                    matches!(judged, FanOutStatus::Complete | FanOutStatus::Incomplete),
                    "{kind:?} {text}"
                );
            }
        }
    }
}
