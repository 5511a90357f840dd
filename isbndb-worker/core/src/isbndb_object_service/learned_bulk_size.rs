//! How many ISBNs the provider takes in one bulk call, learned from its refusals.
//!
//! ISBNdb's documentation states different sizes, and each call that is too large is a wasted call.
//! A refused call is halved down to ten ISBNs, then split into single ISBNs. One ISBN that is
//! refused alone explains the refusals of the calls that held it, so that a malformed ISBN does not
//! reduce the size.

use bibliography::isbn::Isbn13;
use runtime::time::DAY_MS;
use serde::{Deserialize, Serialize};

/// A refused call of this size or less is split into single ISBNs.
const LEAST_BULK: u32 = 10;
/// A learned size is forgotten after this time: the provider may accept more by then.
const LEARNED_FOR_MS: u64 = 7 * DAY_MS;

/// What was learned of the size. It is part of the stored state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnedBulkSize {
    /// Most ISBNs of a call; `None` if the configured size holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    accepted: u32,
    learned_at_ms: u64,
    configured: u64,
}

impl LearnedBulkSize {
    /// A new configuration discards what was learned under the old one.
    pub fn reset_if_config_changed(&mut self, configured: u64) {
        if self.configured != configured {
            *self = Self { configured, ..Self::default() };
        }
    }

    pub fn max_bulk_size(&self, configured: u32, now_ms: u64) -> u32 {
        self.learned_limit(now_ms).map_or(configured, |limit| limit.min(configured))
    }

    /// True if the provider accepts single ISBNs only.
    pub fn is_single(&self, now_ms: u64) -> bool {
        self.learned_limit(now_ms) == Some(1)
    }

    fn learned_limit(&self, now_ms: u64) -> Option<u32> {
        self.limit.filter(|_| now_ms < self.learned_at_ms.saturating_add(LEARNED_FOR_MS))
    }

    fn set(&mut self, limit: Option<u32>, now_ms: u64) {
        if limit != self.limit {
            self.limit = limit;
            self.learned_at_ms = now_ms;
        }
    }
}

pub fn next_smaller(size: u32) -> u32 {
    if size <= LEAST_BULK { 1 } else { (size / 2).max(LEAST_BULK) }
}

/// The refusals of one bulk request so far, from which a smaller size is learned.
#[derive(Debug)]
pub struct Trial<'a> {
    before: Option<u32>,
    /// The refused calls of two ISBNs or more.
    refused: Vec<&'a [Isbn13]>,
    rejected: Vec<Isbn13>,
}

impl<'a> Trial<'a> {
    pub fn new(size: &LearnedBulkSize, now_ms: u64) -> Self {
        Self { before: size.learned_limit(now_ms), refused: Vec::new(), rejected: Vec::new() }
    }

    pub fn is_idle(&self) -> bool {
        self.refused.is_empty()
    }

    /// True if single ISBNs are refused too, and no call was ever accepted: the provider has no
    /// bulk call for this key.
    pub fn without_bulk(&self, size: &LearnedBulkSize) -> bool {
        size.accepted == 0 && self.rejected.len() > 1
    }

    pub fn record_acceptance(&mut self, size: &mut LearnedBulkSize, chunk: &[Isbn13], now_ms: u64) {
        size.accepted = size.accepted.max(units_of(chunk));
        if !self.refused.is_empty() {
            self.conclude(size, now_ms);
        }
    }

    pub fn record_refusal(&mut self, size: &mut LearnedBulkSize, chunk: &'a [Isbn13], now_ms: u64) {
        match chunk {
            [isbn] => self.rejected.push(*isbn),
            _ => self.refused.push(chunk),
        }
        self.conclude(size, now_ms);
    }

    /// The smallest call whose refusal no rejected ISBN explains sets the size, unless a call of
    /// that size was accepted before.
    fn conclude(&self, size: &mut LearnedBulkSize, now_ms: u64) {
        let too_large = self
            .refused
            .iter()
            .filter(|chunk| size.accepted == 0 || !self.is_explained(chunk))
            .map(|chunk| units_of(chunk))
            .filter(|units| *units > size.accepted)
            .min();
        let limit = match (too_large.map(next_smaller), self.before) {
            (Some(smaller), Some(before)) => Some(smaller.min(before)),
            (smaller, before) => smaller.or(before),
        };
        size.set(limit, now_ms);
    }

    /// Ends the request. If no ISBN explains the refusal of a size that was accepted before, the
    /// provider accepts less than it did.
    pub fn conclude_request(&self, size: &mut LearnedBulkSize, now_ms: u64) {
        let refused = self.refused.iter().filter(|chunk| !self.is_explained(chunk));
        let smallest = refused.map(|chunk| units_of(chunk)).filter(|n| *n <= size.accepted).min();
        if let Some(smaller) = smallest.map(next_smaller) {
            size.accepted = smaller;
            size.set(Some(smaller), now_ms);
        }
    }

    /// True if the call held an ISBN that was refused alone.
    fn is_explained(&self, chunk: &[Isbn13]) -> bool {
        self.rejected.iter().any(|isbn| chunk.contains(isbn))
    }
}

/// The units of a bulk call: one an ISBN.
pub fn units_of(chunk: &[Isbn13]) -> u32 {
    u32::try_from(chunk.len()).unwrap_or(u32::MAX)
}
