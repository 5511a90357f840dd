//! The next state of an item after an answer or a failure.
//!
//! Whether a failure is the item's own depends on the other items: a try counts against an item
//! only if the provider that failed it has answered another item, since the last try or in the same
//! batch. While a provider answers no item, no item fails; all wait.

mod item_changes;

use runtime::call_outcome::{Failure, ProviderFailure, RequestRejection};
use runtime::wire_types::batch_search_wire_types::{BatchItemOutcome, LibraryBookCacheEntries};
use runtime::wire_types::provider_names::{GOOGLE_BOOKS, ISBNDB};

use self::item_changes::{
    continue_with_title_search, defer, defer_until_asked, give_up, google_may_know, mark_absent,
    mark_done, may_search_by_title, reject_isbn,
};
use super::backoff::{ItemFailureEffect, cool_down_ms, item_failure_effect};
use super::warming_item::{BookIsbnStatus, ItemState, WarmTarget, WarmingItem};

/// Counted tries before an item is given up. Their pauses add up to three hours: a provider that
/// leaves half of its requests unanswered for an hour fails no item.
pub(crate) const MAX_ATTEMPTS: u32 = 8;
/// First pause of an item after a failed try; each further pause is four times as long.
const FIRST_PAUSE_MS: u64 = 2_000;
const MAX_PAUSE_MS: u64 = 6 * 3_600_000;
/// Longest wait for the end of a partial entry's life, which may be days away (a spent quota). The
/// item's growing pause may be longer.
const MAX_PARTIAL_LEFT_MS: u64 = 300_000;

/// When the providers last answered, as seen by one try of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastAnswerTimes {
    pub(crate) now_ms: u64,
    /// When a complete, new answer last came, so that all providers that warming always queries had
    /// answered; `now_ms` if in this batch. Nothing closer is known of Open Library.
    pub(crate) answered_ms: u64,
    /// The same for ISBNdb: an answer of the ISBNdb Worker counts, also from its cache.
    pub(crate) isbndb_ms: u64,
    pub(crate) google_ms: u64,
}

impl LastAnswerTimes {
    fn last_answered_ms(&self, provider: &str) -> u64 {
        match provider {
            ISBNDB => self.answered_ms.max(self.isbndb_ms),
            GOOGLE_BOOKS => self.google_ms,
            _ => self.answered_ms,
        }
    }
}

fn retry_pause_ms(tries: u32) -> u64 {
    FIRST_PAUSE_MS.saturating_mul(4_u64.saturating_pow(tries.saturating_sub(1))).min(MAX_PAUSE_MS)
}

pub(crate) fn item_after_failure(
    item: WarmingItem,
    failure: &Failure,
    provider: &str,
    answer_times: LastAnswerTimes,
) -> WarmingItem {
    let now_ms = answer_times.now_ms;
    let mut tries = item.state.tries();
    let until_ms = match item_failure_effect(failure, now_ms) {
        ItemFailureEffect::Until(until_ms) => until_ms,
        ItemFailureEffect::Final => return give_up(item, failure_text(provider, failure), now_ms),
        ItemFailureEffect::WrongBook if may_search_by_title(&item) => {
            return reject_isbn(item, now_ms);
        }
        ItemFailureEffect::WrongBook => {
            let why =
                "the ISBN belongs to another book: correct it, or remove it to search by title";
            return WarmingItem { state: ItemState::Failed { why: why.to_owned() }, ..item };
        }
        ItemFailureEffect::NoAnswer => {
            let answered_ms = answer_times.last_answered_ms(provider);
            let answered_since_try = tries.last_ms > 0 && answered_ms > tries.last_ms;
            let wait_ms = if answered_since_try || answered_ms == now_ms {
                tries.failed += 1;
                retry_pause_ms(tries.failed)
            } else {
                tries.provider_down += 1;
                cool_down_ms(tries.provider_down - 1)
            };
            if tries.failed >= MAX_ATTEMPTS {
                let why = failure_text(provider, failure);
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

fn failure_text(provider: &str, failure: &Failure) -> String {
    match failure.root_cause() {
        Failure::Request(
            RequestRejection::BadRequest { .. } | RequestRejection::MissingParameter { .. },
        )
        | Failure::Provider(
            ProviderFailure::Malformed { .. } | ProviderFailure::AnswerTooLarge { .. },
        ) => format!("{provider}: {}: {}", failure.root_cause(), failure.detail()),
        Failure::Provider(ProviderFailure::Upstream { status, .. }) => {
            format!("{provider}: answered {status}")
        }
        other => format!("{provider}: {other}"),
    }
}

/// The next state after the proxy's answer for the item itself. `cached` says which entries of its
/// own book the cache has now.
pub(crate) fn item_after_outcome(
    item: WarmingItem,
    outcome: &BatchItemOutcome,
    cached: Option<&LibraryBookCacheEntries>,
    answer_times: LastAnswerTimes,
) -> WarmingItem {
    let now_ms = answer_times.now_ms;
    match outcome {
        BatchItemOutcome::Found { partial: true, fresh_until_ms, .. } => {
            // No failed try of the item. Unlike an outage this holds back no other item, so its own
            // pause grows faster.
            let mut tries = item.state.tries();
            tries.provider_down += 1;
            let left_ms = fresh_until_ms.saturating_sub(now_ms).min(MAX_PARTIAL_LEFT_MS);
            let until_ms = now_ms + left_ms.max(retry_pause_ms(tries.provider_down));
            let why = "partial: a queried provider did not answer".to_owned();
            defer(item, tries, until_ms, why, now_ms)
        }
        BatchItemOutcome::Found { tier, fresh_until_ms, .. } => {
            let asked_isbn = matches!(&item.target, WarmTarget::Book { title: Some(_), .. })
                && item.is_by_isbn();
            if asked_isbn && cached.is_some_and(|cached| !cached.title) {
                // Found by its ISBN, but a search by title and author would miss: the title is
                // searched once, and then the item is done in any case.
                let mut item = continue_with_title_search(item, now_ms);
                item.isbn_fresh_ms = *fresh_until_ms;
                return item;
            }
            mark_done(item, tier, *fresh_until_ms)
        }
        BatchItemOutcome::NotFound { partial: true, .. } if google_may_know(&item) => {
            // A provider that may know the ISBN was not queried.
            defer_until_asked(item, now_ms)
        }
        BatchItemOutcome::NotFound { partial, .. } => mark_absent(item, *partial, now_ms),
        // The item keeps its state, so that the next batch takes it.
        BatchItemOutcome::Deferred => item,
        BatchItemOutcome::Miss => {
            // Not expected: only an `only-if-cached` batch gets this outcome.
            let failure = ProviderFailure::malformed("the proxy has no entry after a fetch").into();
            item_after_failure(item, &failure, "proxy", answer_times)
        }
        BatchItemOutcome::Failed { failure, provider } => {
            item_after_failure(item, failure, provider, answer_times)
        }
    }
}

/// The next state of a book after its author's answer; `None` if nothing changes.
pub(crate) fn completed_by_author(
    item: &WarmingItem,
    seen: &LibraryBookCacheEntries,
    tier: &str,
    fresh_until_ms: u64,
    now_ms: u64,
) -> Option<WarmingItem> {
    let WarmTarget::Book { isbn, title, .. } = &item.target else { return None };
    if !item.state.is_unfinished() {
        return None;
    }
    // The author's answer shows that a repaired ISBN is another book's: no search of the ISBN.
    let is_wrong = seen.wrong && matches!(isbn, BookIsbnStatus::Repaired(_));
    let isbn_warm = seen.isbn || is_wrong || isbn.isbn13().is_none();
    let whole = isbn_warm && (title.is_none() || seen.title);
    let item = if is_wrong { reject_isbn(item.clone(), now_ms) } else { item.clone() };
    if !whole {
        return is_wrong.then_some(item);
    }
    Some(mark_done(item, tier, fresh_until_ms))
}

#[cfg(test)]
mod tests;
