//! Changes of an item that several outcomes make.

use runtime::time::DAY_MS;

use crate::ledger::item::{BookIsbn, Item, ItemState, Stage, Tries, WarmTarget};

/// It is tried again, not before a moment.
pub(super) fn defer(mut item: Item, tries: Tries, until_ms: u64, why: String, now_ms: u64) -> Item {
    item.state = ItemState::Deferred { until_ms, why, tries: Tries { last_ms: now_ms, ..tries } };
    item
}

/// No more tries. What is warm all the same stays warm: only a refresh or a second key is missing.
pub(super) fn give_up(mut item: Item, why: String, now_ms: u64) -> Item {
    let fresh_until_ms = match item.stage {
        Stage::Refresh => now_ms + DAY_MS,
        Stage::Title => item.isbn_fresh_ms,
        // The ISBN itself was looked up: earlier knowledge of it does not count.
        Stage::Author | Stage::Isbn => 0,
    };
    if item.stage == Stage::Title && fresh_until_ms > 0 {
        // Warm by its ISBN alone: see `Item::is_untitled`.
        item.stage = Stage::Isbn;
    }
    let state = match fresh_until_ms {
        0 => ItemState::Failed { why },
        _ => ItemState::Done { tier: "R2".to_owned(), fresh_until_ms },
    };
    Item { state, ..item }
}

/// A repaired ISBN may be wrong; if it is refuted, title and author are left.
pub(super) fn may_search_by_title(item: &Item) -> bool {
    let guess = matches!(
        &item.target,
        WarmTarget::Book { isbn: BookIsbn::Repaired(_), title: Some(_), .. }
    );
    guess && item.is_by_isbn()
}

pub(super) fn reject_isbn(item: Item, now_ms: u64) -> Item {
    let mut item = by_title(item, now_ms);
    item.reject_isbn();
    item
}

pub(super) fn by_title(item: Item, now_ms: u64) -> Item {
    let bypass_cache = item.state.tries().bypass_cache;
    let tries = Tries { last_ms: now_ms, bypass_cache, ..Tries::default() };
    Item { state: ItemState::Pending { tries }, stage: Stage::Title, isbn_fresh_ms: 0, ..item }
}
