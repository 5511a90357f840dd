//! The next state of an item after an answer or a failure.
//!
//! Whether a failure is the item's own depends on the other items: a try counts against an item
//! only if the provider that failed it has answered another item, since the last try or in the same
//! batch. While a provider answers no item, no item fails; all wait.

mod absent;
mod change;

use runtime::api::batch::{BatchOutcome, LinkedBookStatus};
use runtime::api::provider::{GOOGLE_BOOKS, ISBNDB};
use runtime::outcome::{Failure, ProviderFailure, RequestError};

use self::absent::{absent, may_retry_not_asked, not_asked};
use self::change::{by_title, defer, give_up, may_search_by_title, reject_isbn};
use super::backoff::{FailureEffect, classify, cool_down_ms};
use super::item::{BookIsbn, Item, ItemState, WarmStage, WarmTarget};

/// Counted tries before an item is given up. Their pauses add up to three hours: a provider that
/// leaves half of its requests unanswered for an hour fails no item.
pub(crate) const MAX_ATTEMPTS: u32 = 8;
/// First pause of an item after a failed try; each further pause is four times as long.
const FIRST_PAUSE_MS: u64 = 2_000;
const MAX_PAUSE_MS: u64 = 6 * 3_600_000;
/// Longest wait after a partial answer: the proxy keeps a partial entry for five minutes, or until
/// the breaker of the missing provider lets calls through again.
const PARTIAL_MS: u64 = 300_000;

/// When the providers last answered, as seen by one try of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderClock {
    pub(crate) now_ms: u64,
    /// When all always queried providers last answered; `now_ms` if they did in this batch.
    pub(crate) answered_ms: u64,
    /// The same for ISBNdb: an answer of the ISBNdb Worker counts, also from its cache.
    pub(crate) isbndb_ms: u64,
    pub(crate) google_ms: u64,
}

impl ProviderClock {
    fn answered_ms(&self, provider: &str) -> u64 {
        match provider {
            ISBNDB => self.answered_ms.max(self.isbndb_ms),
            GOOGLE_BOOKS => self.google_ms,
            _ => self.answered_ms,
        }
    }
}

fn pause_ms(tries: u32) -> u64 {
    FIRST_PAUSE_MS.saturating_mul(4_u64.saturating_pow(tries.saturating_sub(1))).min(MAX_PAUSE_MS)
}

pub(crate) fn failed(
    item: Item,
    failure: &Failure,
    provider: &str,
    provider_clock: ProviderClock,
) -> Item {
    let now_ms = provider_clock.now_ms;
    let mut tries = item.state.tries();
    let until_ms = match classify(failure, now_ms) {
        FailureEffect::Until(until_ms) => until_ms,
        FailureEffect::Final => return give_up(item, described(provider, failure), now_ms),
        FailureEffect::WrongBook => return wrong_book(item, now_ms),
        FailureEffect::NoAnswer => {
            let answered_ms = provider_clock.answered_ms(provider);
            let tried_before = tries.last_ms > 0 && answered_ms > tries.last_ms;
            let wait_ms = if tried_before || answered_ms == now_ms {
                tries.failed += 1;
                pause_ms(tries.failed)
            } else {
                tries.provider_down += 1;
                cool_down_ms(tries.provider_down - 1)
            };
            if tries.failed >= MAX_ATTEMPTS {
                let why = described(provider, failure);
                let why = format!(
                    "{why} ({} tries failed while {provider} answered other items)",
                    tries.failed
                );
                return give_up(item, why, now_ms);
            }
            now_ms + wait_ms
        }
    };
    defer(item, tries, until_ms, format!("{provider}: {}", failure.root_cause()), now_ms)
}

fn described(provider: &str, failure: &Failure) -> String {
    match failure.root_cause() {
        Failure::Request(
            RequestError::BadRequest { .. } | RequestError::MissingParameter { .. },
        )
        | Failure::Provider(
            ProviderFailure::Malformed { .. } | ProviderFailure::AnswerTooLarge { .. },
        ) => format!("{provider}: {}: {}", failure.root_cause(), failure.facts().detail),
        Failure::Provider(ProviderFailure::Upstream { status, .. }) => {
            format!("{provider}: answered {status}")
        }
        other => format!("{provider}: {other}"),
    }
}

/// The provider answered with another book than the requested one.
fn wrong_book(item: Item, now_ms: u64) -> Item {
    if may_search_by_title(&item) {
        return reject_isbn(item, now_ms);
    }
    let why = "the ISBN belongs to another book: correct it, or remove it to search by title";
    Item { state: ItemState::Failed { why: why.to_owned() }, ..item }
}

/// The next state after the proxy's answer for the item itself.
pub(crate) fn answered(
    item: Item,
    outcome: &BatchOutcome,
    seen: Option<&LinkedBookStatus>,
    provider_clock: ProviderClock,
) -> Item {
    let now_ms = provider_clock.now_ms;
    match outcome {
        BatchOutcome::Found { partial: true, fresh_until_ms, .. } => {
            // The missing provider is down: an incomplete answer is no failed try of the item.
            let mut tries = item.state.tries();
            tries.provider_down += 1;
            let left_ms = fresh_until_ms.saturating_sub(now_ms).min(PARTIAL_MS);
            let until_ms = now_ms + left_ms.max(pause_ms(tries.provider_down));
            let why = "partial: a queried provider did not answer".to_owned();
            defer(item, tries, until_ms, why, now_ms)
        }
        BatchOutcome::Found { tier, fresh_until_ms, .. } => {
            let asked_isbn = matches!(&item.target, WarmTarget::Book { title: Some(_), .. })
                && item.is_by_isbn();
            if asked_isbn && seen.is_some_and(|seen| !seen.title) {
                // Found by its ISBN, but a search by title and author would miss: the title is
                // searched once, and then the item is done in any case.
                let mut item = by_title(item, now_ms);
                item.isbn_fresh_ms = *fresh_until_ms;
                return item;
            }
            let mut item = item;
            if item.stage != WarmStage::Title {
                item.isbn_fresh_ms = 0;
            }
            // Not 0 if the ISBN was searched before the title: the earlier of both ends counts.
            let fresh_until_ms = match item.isbn_fresh_ms {
                0 => *fresh_until_ms,
                number_ms => number_ms.min(*fresh_until_ms),
            };
            Item { state: ItemState::Done { tier: tier.clone(), fresh_until_ms }, ..item }
        }
        BatchOutcome::NotFound { partial: true, .. } if may_retry_not_asked(&item) => {
            not_asked(item, now_ms)
        }
        BatchOutcome::NotFound { partial, .. } => absent(item, *partial, now_ms),
        // The item keeps its state, so that the next batch takes it.
        BatchOutcome::Deferred => item,
        BatchOutcome::Miss => {
            let detail = "the proxy has no entry after a fetch".to_owned();
            failed(
                item,
                &Failure::Provider(ProviderFailure::Malformed { detail }),
                "proxy",
                provider_clock,
            )
        }
        BatchOutcome::Failed { failure, provider } => {
            failed(item, failure, provider, provider_clock)
        }
    }
}

/// The next state of a book after its author's answer; `None` if nothing changes.
pub(crate) fn completed_by_author(
    item: &Item,
    seen: &LinkedBookStatus,
    tier: &str,
    fresh_until_ms: u64,
    now_ms: u64,
) -> Option<Item> {
    let WarmTarget::Book { isbn, title, .. } = &item.target else { return None };
    if !item.state.is_open() {
        return None;
    }
    // The author's answer shows that a repaired ISBN is another book's: no search of the ISBN.
    let is_wrong = seen.wrong && matches!(isbn, BookIsbn::Repaired(_));
    let isbn_warm = seen.isbn || is_wrong || isbn.isbn13().is_none();
    let whole = isbn_warm && (title.is_none() || seen.title);
    let mut item = if is_wrong { reject_isbn(item.clone(), now_ms) } else { item.clone() };
    let done = ItemState::Done { tier: tier.to_owned(), fresh_until_ms };
    match whole {
        true => {
            if item.stage != WarmStage::Title {
                item.isbn_fresh_ms = 0;
            }
            Some(Item { state: done, ..item })
        }
        false => is_wrong.then_some(item),
    }
}

#[cfg(test)]
mod tests;
