//! How long an answer may be used, and when it overwrites another.

use super::entry_metadata::{AnswerBookPresence, EntryMetadata, SCHEMA_VERSION};
use crate::time::DAY_MS;

/// Longest life of a negative: its life grows up to a day while it stays confirmed.
pub const MAX_NEGATIVE_TTL_MS: u64 = DAY_MS;

/// KV rejects shorter lives.
pub const MIN_STORE_TTL_MS: u64 = 60_000;

/// Shortest life of a partial answer: the shortest cool-down of a breaker.
pub const MIN_PARTIAL_TTL_MS: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheTtlSettings {
    /// How long a copy stays in KV, and at most in a client's cache.
    pub hot_ttl_ms: u64,
    pub cold_ttl_ms: u64,
    /// How long an absence is fresh the first time.
    pub negative_ttl_ms: u64,
    /// How long an answer that lacks a provider is fresh.
    pub partial_ttl_ms: u64,
    /// How long past fresh an answer may still be served.
    pub stale_ttl_ms: u64,
}

/// What may be done with an entry now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Served as it is.
    Fresh,
    /// Served at once; one refresh in the background.
    Stale,
    /// Fetched first, and served only if that fails: a partial answer past its time.
    Fallback,
    Gone,
}

/// Classifies an entry. A negative past its time is never served, because the book may exist by
/// then.
pub fn classify_freshness(metadata: &EntryMetadata, now_ms: u64) -> Freshness {
    if now_ms < metadata.fresh_until_ms {
        Freshness::Fresh
    } else if metadata.outcome == AnswerBookPresence::None || now_ms >= metadata.stale_until_ms {
        Freshness::Gone
    } else if metadata.partial {
        Freshness::Fallback
    } else {
        Freshness::Stale
    }
}

/// The properties of a fan-out's answer that decide how long it stays in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLifetimeInputs {
    pub count: u32,
    pub partial: bool,
    /// Set if every missing provider returns at a known time (its day's quota is spent): until the
    /// earliest of them no retry can complete the answer. Takes precedence over `again_after_ms`.
    pub incomplete_until_ms: Option<u64>,
    /// Set if a missing provider can be queried before the partial life is over: the answer lives
    /// no longer than that.
    pub again_after_ms: Option<u64>,
    pub etag: String,
    pub providers: Vec<String>,
    /// True if only a wider query found something.
    pub widened: bool,
}

/// The metadata of a new answer. `jitter` is uniform in 0..1, so that entries written together (a
/// warmed library) do not all expire together.
pub fn new_entry_metadata(
    answer: CacheLifetimeInputs,
    previous: Option<&EntryMetadata>,
    times: &CacheTtlSettings,
    now_ms: u64,
    jitter: f64,
) -> EntryMetadata {
    let outcome =
        if answer.count > 0 { AnswerBookPresence::Found } else { AnswerBookPresence::None };
    let negative = outcome == AnswerBookPresence::None && !answer.partial;
    let confirmed = if negative {
        let before = previous.filter(|p| p.outcome == AnswerBookPresence::None && !p.partial);
        before.map_or(0, |before| before.confirmed).saturating_add(1)
    } else {
        0
    };
    let ttl_ms = if answer.partial {
        // A spent quota returns at a known time: until then, but not shorter than the partial life
        // and not longer than a complete answer's. Any other outage may end within a second.
        let soon_ms = answer.again_after_ms.map_or(u64::MAX, |ms| ms.max(MIN_PARTIAL_TTL_MS));
        answer.incomplete_until_ms.map_or(times.partial_ttl_ms.min(soon_ms), |until| {
            until.saturating_sub(now_ms).min(times.cold_ttl_ms).max(times.partial_ttl_ms)
        })
    } else if negative {
        negative_ttl_ms(times.negative_ttl_ms, confirmed)
    } else {
        shortened(times.cold_ttl_ms, jitter)
    };
    let fresh_until_ms = now_ms.saturating_add(ttl_ms);
    let stale_until_ms = match outcome {
        AnswerBookPresence::Found => fresh_until_ms.saturating_add(times.stale_ttl_ms),
        AnswerBookPresence::None => fresh_until_ms,
    };
    EntryMetadata {
        schema: SCHEMA_VERSION,
        stored_at_ms: now_ms,
        fresh_until_ms,
        stale_until_ms,
        outcome,
        count: answer.count,
        partial: answer.partial,
        confirmed,
        warmed: false,
        lent: false,
        widened: answer.widened,
        etag: answer.etag,
        providers: answer.providers,
    }
}

/// Doubles with each confirmation, up to a day.
fn negative_ttl_ms(base_ms: u64, confirmed: u32) -> u64 {
    let factor = 1_u64.checked_shl(confirmed.saturating_sub(1).min(16)).unwrap_or(u64::MAX);
    base_ms.saturating_mul(factor).min(MAX_NEGATIVE_TTL_MS.max(base_ms))
}

/// Up to a tenth shorter, never longer: the configured life is an upper bound.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a life in milliseconds is far below 2^52, and jitter is clamped to 0..1"
)]
fn shortened(ttl_ms: u64, jitter: f64) -> u64 {
    let cut = (ttl_ms as f64 * 0.1 * jitter.clamp(0.0, 1.0)) as u64;
    ttl_ms.saturating_sub(cut)
}

/// What to do with a new answer if an entry exists already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheOverwriteDecision {
    Write,
    /// Keep the old bytes, with this metadata: the new answer is poorer. The old entry stays usable
    /// and is fetched again soon.
    Keep(EntryMetadata),
}

/// An empty answer does not overwrite one with books, nor a partial answer a complete one with
/// books, while the old one may be served. One that was lent to a spelling is always overwritten.
pub fn decide_store(
    new: &EntryMetadata,
    existing: Option<&EntryMetadata>,
    times: &CacheTtlSettings,
    now_ms: u64,
) -> CacheOverwriteDecision {
    let Some(old) = existing.filter(|old| now_ms < old.stale_until_ms && !old.lent) else {
        return CacheOverwriteDecision::Write;
    };
    let old_has_books = old.outcome == AnswerBookPresence::Found;
    let poorer = match new.outcome {
        AnswerBookPresence::None => old_has_books,
        AnswerBookPresence::Found => new.partial && old_has_books && !old.partial,
    };
    if !poorer {
        return CacheOverwriteDecision::Write;
    }
    let mut kept = postpone_refresh(old, times, now_ms);
    if old.partial && new.partial {
        // Both lack a provider: fetch again when the first of the two would, but not earlier than
        // the old entry is fresh.
        kept.fresh_until_ms = kept.fresh_until_ms.min(new.fresh_until_ms.max(old.fresh_until_ms));
    }
    CacheOverwriteDecision::Keep(kept)
}

/// The old metadata; the next fetch is after the partial life, or later if it is still fresh.
pub fn postpone_refresh(
    old: &EntryMetadata,
    times: &CacheTtlSettings,
    now_ms: u64,
) -> EntryMetadata {
    let mut kept = old.clone();
    kept.fresh_until_ms = kept.fresh_until_ms.max(now_ms.saturating_add(times.partial_ttl_ms));
    kept.stale_until_ms = kept.stale_until_ms.max(kept.fresh_until_ms);
    kept
}

/// Seconds for which a copy may stay in KV: no longer than it may be served, and at least KV's
/// minimum. `None` if a write is not worth it: the copy is past its time, or it is partial or
/// negative and would expire before KV's minimum.
pub fn hot_ttl_secs(
    metadata: &EntryMetadata,
    times: &CacheTtlSettings,
    now_ms: u64,
) -> Option<u64> {
    // A partial or negative copy must not outlive its freshness in KV.
    let is_poor = metadata.is_poor();
    let until = if is_poor { metadata.fresh_until_ms } else { metadata.stale_until_ms };
    let left_ms = until.saturating_sub(now_ms).min(times.hot_ttl_ms);
    let least_ms = if is_poor { MIN_STORE_TTL_MS.min(times.hot_ttl_ms) } else { 1 };
    (left_ms >= least_ms).then_some(left_ms.max(MIN_STORE_TTL_MS) / 1_000)
}

#[cfg(test)]
mod tests;
