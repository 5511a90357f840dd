//! No provider knows the book, or none of those that were queried.

use super::{DAY_MS, completed, give_up, may_search_by_title, reject_isbn};
use crate::ledger::item::{Item, ItemState, Stage, WarmTarget};

/// Pauses of an ISBN that no provider knows while Google was not queried: six tries in the hour in
/// which the ISBNdb Worker caches the absence, so that they cost nothing there, and six a day
/// later, when Google's day has come back.
const NOT_ASKED_PAUSES: u32 = 11;
/// The pause between the two, counted from 0.
const UNTIL_NEXT_DAY: u32 = 5;
const NOT_ASKED_MS: u64 = 600_000;

/// Whether an absence may change: Google is queried for ISBNs, as far as its day and the batch
/// allow, and never for titles and authors.
pub(super) fn may_retry_not_asked(item: &Item) -> bool {
    item.is_by_isbn() && item.not_asked_tries < NOT_ASKED_PAUSES && !may_search_by_title(item)
}

pub(super) fn not_asked(mut item: Item, now_ms: u64) -> Item {
    let wait_ms = if item.not_asked_tries == UNTIL_NEXT_DAY { DAY_MS } else { NOT_ASKED_MS };
    item.not_asked_tries += 1;
    item.tried_ms = now_ms;
    let why = "a provider that may know this number was not asked yet".to_owned();
    item.state = ItemState::Deferred { until_ms: now_ms + wait_ms, why };
    item
}

/// Every provider that matters says that there is none; `not_asked_tries`: all but one that was not asked.
pub(super) fn absent(item: Item, not_asked: bool, now_ms: u64) -> Item {
    if may_search_by_title(&item) {
        return reject_isbn(item, now_ms);
    }
    if item.stage == Stage::Title && item.isbn_fresh_ms > 0 {
        // It is warm under its ISBN; only the search by title has nothing.
        return give_up(item, String::new(), now_ms);
    }
    let why = match &item.target {
        WarmTarget::Book { isbn: Some(_), repaired: true, .. } => {
            "no provider knows the number, repaired, or the title: correct the row"
        }
        WarmTarget::Book { isbn: Some(_), .. } if not_asked => {
            "neither ISBNdb nor Open Library knows this number, and Google's days had no room for \
             it: retry, correct it, or remove it to search by title"
        }
        WarmTarget::Book { isbn: Some(_), .. } => {
            "no provider knows this number: correct it, or remove it to search by title"
        }
        WarmTarget::Book { isbn: None, .. } => "no provider knows this title: correct the row",
        WarmTarget::Author { .. } => "no provider knows this author",
    };
    completed(item, ItemState::NotFound { why: why.to_owned() }, now_ms)
}
