//! Changes of an item that several outcomes make, and its state if no provider knows it, or no
//! queried one.

use runtime::time::DAY_MS;

use crate::warming_ledger::warming_item::{
    BookIsbnStatus, ItemState, TryCounts, WarmStage, WarmTarget, WarmingItem,
};

/// Pauses of an ISBN that no other provider knows while Google was not queried: six tries in the
/// hour in which the ISBNdb Worker caches the absence, so that they spend no unit there, and six a
/// day later, after the reset of Google's quota.
const NOT_ASKED_PAUSES: u32 = 11;
/// The pause of a day between the two series, counted from 0.
const UNTIL_NEXT_DAY: u32 = 5;
const NOT_ASKED_MS: u64 = 600_000;

pub(super) fn defer(
    mut item: WarmingItem,
    tries: TryCounts,
    until_ms: u64,
    why: String,
    now_ms: u64,
) -> WarmingItem {
    item.state =
        ItemState::Deferred { until_ms, why, tries: TryCounts { last_ms: now_ms, ..tries } };
    item
}

/// An item whose entries are warm.
pub(super) fn mark_done(mut item: WarmingItem, tier: &str, fresh_until_ms: u64) -> WarmingItem {
    if item.stage != WarmStage::Title {
        item.isbn_fresh_ms = 0;
    }
    // Not 0 if the ISBN was searched before the title: the earlier of both ends counts.
    let fresh_until_ms = match item.isbn_fresh_ms {
        0 => fresh_until_ms,
        isbn_ms => isbn_ms.min(fresh_until_ms),
    };
    WarmingItem { state: ItemState::Done { tier: tier.to_owned(), fresh_until_ms }, ..item }
}

/// Ends the tries of an item: done if it is warm by its ISBN or was only to be refreshed.
pub(super) fn give_up(mut item: WarmingItem, why: String, now_ms: u64) -> WarmingItem {
    let fresh_until_ms = match item.stage {
        WarmStage::Refresh => now_ms + DAY_MS,
        WarmStage::Title => item.isbn_fresh_ms,
        // The ISBN itself was searched, so that its earlier entry does not count.
        WarmStage::Author | WarmStage::Isbn => 0,
    };
    if item.stage == WarmStage::Title && fresh_until_ms > 0 {
        // The item is warm by its ISBN alone: see `WarmingItem::is_untitled`.
        item.stage = WarmStage::Isbn;
    }
    let state = match fresh_until_ms {
        0 => ItemState::Failed { why },
        _ => ItemState::Done { tier: "R2".to_owned(), fresh_until_ms },
    };
    WarmingItem { state, ..item }
}

/// True for a repaired ISBN with a title: if the ISBN is another book's, the title is searched.
pub(super) fn may_search_by_title(item: &WarmingItem) -> bool {
    let WarmTarget::Book { isbn, title, .. } = &item.target else { return false };
    matches!(isbn, BookIsbnStatus::Repaired(_)) && title.is_some() && item.is_by_isbn()
}

pub(super) fn reject_isbn(item: WarmingItem, now_ms: u64) -> WarmingItem {
    let mut item = continue_with_title_search(item, now_ms);
    item.reject_isbn();
    item
}

pub(super) fn continue_with_title_search(item: WarmingItem, now_ms: u64) -> WarmingItem {
    let bypass_cache = item.state.tries().bypass_cache;
    let tries = TryCounts { last_ms: now_ms, bypass_cache, ..TryCounts::default() };
    WarmingItem {
        state: ItemState::Pending { tries },
        stage: WarmStage::Title,
        isbn_fresh_ms: 0,
        ..item
    }
}

/// Whether Google may still know the item: it is queried for ISBNs only, as far as its quota and
/// the batch allow.
pub(super) fn google_may_know(item: &WarmingItem) -> bool {
    let tries = item.state.tries().not_asked;
    item.is_by_isbn() && tries < NOT_ASKED_PAUSES && !may_search_by_title(item)
}

pub(super) fn defer_until_asked(item: WarmingItem, now_ms: u64) -> WarmingItem {
    let mut tries = item.state.tries();
    let wait_ms = if tries.not_asked == UNTIL_NEXT_DAY { DAY_MS } else { NOT_ASKED_MS };
    tries.not_asked += 1;
    let why = "a provider that may know this ISBN was not queried yet".to_owned();
    defer(item, tries, now_ms + wait_ms, why, now_ms)
}

/// The state of an item that no queried provider knows; `not_asked`: one was not queried.
pub(super) fn mark_absent(item: WarmingItem, not_asked: bool, now_ms: u64) -> WarmingItem {
    if may_search_by_title(&item) {
        return reject_isbn(item, now_ms);
    }
    if item.stage == WarmStage::Title && item.isbn_fresh_ms > 0 {
        // The item is warm by its ISBN; only its title is unknown.
        return give_up(item, String::new(), now_ms);
    }
    let why = match &item.target {
        WarmTarget::Book { isbn, .. } if isbn.is_repaired_isbn() => {
            "no provider knows the repaired ISBN or the title: correct the row"
        }
        WarmTarget::Book { isbn, .. } if isbn.isbn13().is_some() && not_asked => {
            "neither ISBNdb nor Open Library knows this ISBN, and Google's quota did not suffice \
             for it: retry, correct it, or remove it to search by title"
        }
        WarmTarget::Book { isbn, .. } if isbn.isbn13().is_some() => {
            "no provider knows this ISBN: correct it, or remove it to search by title"
        }
        WarmTarget::Book { .. } => "no provider knows this title: correct the row",
        WarmTarget::Author { .. } => "no provider knows this author",
    };
    WarmingItem { state: ItemState::NotFound { why: why.to_owned() }, ..item }
}
