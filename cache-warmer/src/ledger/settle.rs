//! From an answer to the next state of an item.
//!
//! A failure says nothing about a book. Whether it is the item's own is judged by what happened
//! to the others: a try counts against an item only where whoever failed it answered somebody else
//! since its last one. While that one answers nobody, nothing fails; it waits.

mod absent;

use runtime::api::batch::{BatchOutcome, BookSeen};
use runtime::outcome::Failure;

use self::absent::{absent, may_be_asked_for, unasked};
use super::hold::{Class, classify, cool_down_ms};
use super::item::{Item, Stage, State, What};

/// Tries of its own before an item is given up.
pub(crate) const MAX_ATTEMPTS: u32 = 5;
/// First pause of an item after a try that failed; it grows fourfold.
const FIRST_PAUSE_MS: u64 = 2_000;
/// Longest pause of an item.
const MAX_PAUSE_MS: u64 = 6 * 3_600_000;
/// Longest time that a partial entry is left alone: the proxy keeps it for five minutes, or until a
/// provider whose circuit is open may be asked again.
const PARTIAL_MS: u64 = 300_000;
const DAY_MS: u64 = 86_400_000;

/// What surrounds a try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    /// Now, Unix time.
    pub(crate) now_ms: u64,
    /// When everybody who is always asked last answered; now, where they did in the same batch.
    pub(crate) answered_ms: u64,
    /// The same of ISBNdb alone, the leaf's word being enough.
    pub(crate) isbndb_ms: u64,
    /// The same of Google.
    pub(crate) google_ms: u64,
}

impl Scene {
    /// When a provider last answered somebody.
    fn answered_ms(&self, provider: &str) -> u64 {
        match provider {
            "isbndb" => self.answered_ms.max(self.isbndb_ms),
            "google-books" => self.google_ms,
            _ => self.answered_ms,
        }
    }
}

fn pause_ms(tries: u32) -> u64 {
    FIRST_PAUSE_MS.saturating_mul(4_u64.saturating_pow(tries.saturating_sub(1))).min(MAX_PAUSE_MS)
}

/// Takes in a failure.
pub(crate) fn failed(mut item: Item, failure: &Failure, provider: &str, scene: Scene) -> Item {
    let now_ms = scene.now_ms;
    let why = format!("{provider}: {}", failure.root());
    match classify(failure, now_ms) {
        Class::Until(until_ms) => item.state = State::Deferred { until_ms, why },
        Class::Final => return given_up(item, described(provider, failure), now_ms),
        Class::WrongBook => return wrong_book(item, now_ms),
        Class::NoAnswer => {
            let answered_ms = scene.answered_ms(provider);
            let tried_before = item.tried_ms > 0 && answered_ms > item.tried_ms;
            let wait_ms = if tried_before || answered_ms == now_ms {
                item.attempts += 1;
                pause_ms(item.attempts)
            } else {
                item.down += 1;
                cool_down_ms(item.down - 1)
            };
            if item.attempts >= MAX_ATTEMPTS {
                let why = described(provider, failure);
                let why =
                    format!("{why} (tried {} times while others were answered)", item.attempts);
                return given_up(item, why, now_ms);
            }
            item.state = State::Deferred { until_ms: now_ms + wait_ms, why };
        }
    }
    item.tried_ms = now_ms;
    item
}

/// No more tries. What is warm all the same stays warm: only a refresh or a second key is missing.
fn given_up(mut item: Item, why: String, now_ms: u64) -> Item {
    let fresh_until_ms = match item.stage {
        Stage::Refresh => now_ms + DAY_MS,
        Stage::Title => item.number_fresh_ms,
        // The number itself was asked for: what was known of it before says nothing now.
        Stage::Author | Stage::Isbn => 0,
    };
    if item.stage == Stage::Title && fresh_until_ms > 0 {
        // Warm by its number alone: see `Item::is_untitled`.
        item.stage = Stage::Isbn;
    }
    let state = match fresh_until_ms {
        0 => State::Failed { why },
        _ => State::Done { tier: "R2".to_owned(), fresh_until_ms },
    };
    settled(item, state, now_ms)
}

fn described(provider: &str, failure: &Failure) -> String {
    match failure.root() {
        Failure::BadRequest { what } | Failure::Malformed { what } => {
            format!("{provider}: {}: {what}", failure.root())
        }
        Failure::Upstream { status, .. } => format!("{provider}: answered {status}"),
        other => format!("{provider}: {other}"),
    }
}

/// Another book came back than the one asked for.
fn wrong_book(item: Item, now_ms: u64) -> Item {
    if may_ask_by_title(&item) {
        return put_aside(item, now_ms);
    }
    let why = "the number belongs to another book: correct it, or remove it to search by title";
    settled(item, State::Failed { why: why.to_owned() }, now_ms)
}

/// A repaired number is a guess; when it does not hold, title and author are what the row has.
fn may_ask_by_title(item: &Item) -> bool {
    let guess = matches!(&item.what, What::Book { confirm: true, title: Some(_), .. });
    guess && item.is_by_number()
}

fn put_aside(item: Item, now_ms: u64) -> Item {
    let mut item = by_title(item, now_ms);
    item.aside = true;
    item
}

fn by_title(item: Item, now_ms: u64) -> Item {
    let mut item = settled(item, State::Pending, now_ms);
    item.stage = Stage::Title;
    item.number_fresh_ms = 0;
    item
}

fn settled(mut item: Item, state: State, now_ms: u64) -> Item {
    item.anew &= state.is_open();
    item.state = state;
    item.attempts = 0;
    item.down = 0;
    item.unasked = 0;
    item.tried_ms = now_ms;
    item
}

/// Takes in what the proxy says about the item itself.
pub(crate) fn answered(
    item: Item,
    outcome: &BatchOutcome,
    seen: Option<&BookSeen>,
    scene: Scene,
) -> Item {
    let now_ms = scene.now_ms;
    match outcome {
        BatchOutcome::Found { partial: true, fresh_until_ms, .. } => {
            let mut item = item;
            item.down += 1;
            item.tried_ms = now_ms;
            let left_ms = fresh_until_ms.saturating_sub(now_ms).min(PARTIAL_MS);
            let until_ms = now_ms + left_ms.max(pause_ms(item.down));
            let why = "partial: a provider that was asked did not answer".to_owned();
            item.state = State::Deferred { until_ms, why };
            item
        }
        BatchOutcome::Found { tier, fresh_until_ms, .. } => {
            let asked_isbn =
                matches!(&item.what, What::Book { title: Some(_), .. }) && item.is_by_number();
            if asked_isbn && seen.is_some_and(|seen| !seen.title) {
                // Found by its number, but a search by title with author would miss: one more
                // question, after which the item is done either way.
                let mut item = by_title(item, now_ms);
                item.number_fresh_ms = *fresh_until_ms;
                return item;
            }
            let mut item = item;
            if item.stage != Stage::Title {
                item.number_fresh_ms = 0;
            }
            let fresh_until_ms = match item.number_fresh_ms {
                0 => *fresh_until_ms,
                number_ms => number_ms.min(*fresh_until_ms),
            };
            let done = State::Done { tier: tier.clone(), fresh_until_ms };
            settled(item, done, now_ms)
        }
        BatchOutcome::NotFound { partial: true, .. } if may_be_asked_for(&item) => {
            unasked(item, now_ms)
        }
        BatchOutcome::NotFound { partial, .. } => absent(item, *partial, now_ms),
        BatchOutcome::Miss => {
            let what = "no entry after a fetch".to_owned();
            failed(item, &Failure::Malformed { what }, "proxy", scene)
        }
        BatchOutcome::Failed { failure, provider } => failed(item, failure, provider, scene),
    }
}

/// Takes in what an author's answer brought of this book; none where that changes nothing.
pub(crate) fn brought_along(
    item: &Item,
    seen: &BookSeen,
    tier: &str,
    fresh_until_ms: u64,
    now_ms: u64,
) -> Option<Item> {
    let What::Book { isbn, title, confirm, .. } = &item.what else { return None };
    if !item.state.is_open() {
        return None;
    }
    // A guess that names another book needs no question of its own to be put aside.
    let aside = *confirm && (seen.wrong || item.aside);
    let mut item = if aside { put_aside(item.clone(), now_ms) } else { item.clone() };
    let whole = (isbn.is_none() || seen.isbn || aside) && (title.is_none() || seen.title);
    let done = State::Done { tier: tier.to_owned(), fresh_until_ms };
    match whole {
        true => {
            if item.stage != Stage::Title {
                item.number_fresh_ms = 0;
            }
            Some(settled(item, done, now_ms))
        }
        false => aside.then_some(item),
    }
}

#[cfg(test)]
mod tests;
