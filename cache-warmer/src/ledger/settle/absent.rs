//! Nobody knows it, or nobody of those who were asked.

use super::{DAY_MS, given_up, may_ask_by_title, put_aside, settled};
use crate::ledger::item::{Item, Stage, State, What};

/// Pauses of a number that nobody knows, and Google was not asked for: six tries within the hour in
/// which the leaf remembers that ISBNdb has none, so that they cost nothing there, and six a day
/// later, when Google's day has come back.
const UNASKED_PAUSES: u32 = 11;
/// The pause between the two, counted from 0.
const UNTIL_NEXT_DAY: u32 = 5;
/// The other pauses.
const UNASKED_MS: u64 = 600_000;

/// Whether "none" can become more: Google is asked for numbers, as far as its day and the batch
/// allow, and never for titles and authors.
pub(super) fn may_be_asked_for(item: &Item) -> bool {
    item.is_by_number() && item.unasked < UNASKED_PAUSES && !may_ask_by_title(item)
}

/// Asked again later.
pub(super) fn unasked(mut item: Item, now_ms: u64) -> Item {
    let wait_ms = if item.unasked == UNTIL_NEXT_DAY { DAY_MS } else { UNASKED_MS };
    item.unasked += 1;
    item.tried_ms = now_ms;
    let why = "a provider that may know this number was not asked yet".to_owned();
    item.state = State::Deferred { until_ms: now_ms + wait_ms, why };
    item
}

/// Every provider that matters says that there is none; `unasked`: all but one that was not asked.
pub(super) fn absent(item: Item, unasked: bool, now_ms: u64) -> Item {
    if may_ask_by_title(&item) {
        return put_aside(item, now_ms);
    }
    if item.stage == Stage::Title && item.number_fresh_ms > 0 {
        // It is warm under its number; only the search by title has nothing.
        return given_up(item, String::new(), now_ms);
    }
    let why = match &item.what {
        What::Book { isbn: Some(_), confirm: true, .. } => {
            "no provider knows the number, repaired, or the title: correct the row"
        }
        What::Book { isbn: Some(_), .. } if unasked => {
            "neither ISBNdb nor Open Library knows this number, and Google's days had no room for \
             it: retry, correct it, or remove it to search by title"
        }
        What::Book { isbn: Some(_), .. } => {
            "no provider knows this number: correct it, or remove it to search by title"
        }
        What::Book { isbn: None, .. } => "no provider knows this title: correct the row",
        What::Author { .. } => "no provider knows this author",
    };
    settled(item, State::NotFound { why: why.to_owned() }, now_ms)
}
