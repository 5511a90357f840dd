//! Changes of an item that several outcomes make.

use runtime::time::DAY_MS;

use crate::ledger::ledger_item::{
    BookIsbnStatus, ItemState, LedgerItem, TryCounts, WarmStage, WarmTarget,
};

pub(super) fn defer(
    mut item: LedgerItem,
    tries: TryCounts,
    until_ms: u64,
    why: String,
    now_ms: u64,
) -> LedgerItem {
    item.state =
        ItemState::Deferred { until_ms, why, tries: TryCounts { last_ms: now_ms, ..tries } };
    item
}

/// Ends the tries of an item: done if it is warm by its ISBN or was only to be refreshed.
pub(super) fn give_up(mut item: LedgerItem, why: String, now_ms: u64) -> LedgerItem {
    let fresh_until_ms = match item.stage {
        WarmStage::Refresh => now_ms + DAY_MS,
        WarmStage::Title => item.isbn_fresh_ms,
        // The ISBN itself was searched, so that its earlier entry does not count.
        WarmStage::Author | WarmStage::Isbn => 0,
    };
    if item.stage == WarmStage::Title && fresh_until_ms > 0 {
        // The item is warm by its ISBN alone: see `LedgerItem::is_untitled`.
        item.stage = WarmStage::Isbn;
    }
    let state = match fresh_until_ms {
        0 => ItemState::Failed { why },
        _ => ItemState::Done { tier: "R2".to_owned(), fresh_until_ms },
    };
    LedgerItem { state, ..item }
}

/// True for a repaired ISBN with a title: if the ISBN is another book's, the title is searched.
pub(super) fn may_search_by_title(item: &LedgerItem) -> bool {
    let guess = matches!(
        &item.target,
        WarmTarget::Book { isbn: BookIsbnStatus::Repaired(_), title: Some(_), .. }
    );
    guess && item.is_by_isbn()
}

pub(super) fn reject_isbn(item: LedgerItem, now_ms: u64) -> LedgerItem {
    let mut item = by_title(item, now_ms);
    item.reject_isbn();
    item
}

pub(super) fn by_title(item: LedgerItem, now_ms: u64) -> LedgerItem {
    let bypass_cache = item.state.tries().bypass_cache;
    let tries = TryCounts { last_ms: now_ms, bypass_cache, ..TryCounts::default() };
    LedgerItem {
        state: ItemState::Pending { tries },
        stage: WarmStage::Title,
        isbn_fresh_ms: 0,
        ..item
    }
}
