//! Numbers that follow from a seed.

use std::cell::Cell;

/// Splitmix64.
#[derive(Clone, Debug)]
pub struct SplitMix64(Cell<u64>);

impl SplitMix64 {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed ^ 0x5851_f42d_4c95_7f2d))
    }

    fn bits(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `[0, 1)`.
    pub fn uniform(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number from `least` to below `end`.
    pub fn random_between(&self, least: u64, end: u64) -> u64 {
        least + (self.uniform() * end.saturating_sub(least) as f64) as u64
    }

    pub fn random_bool(&self, share: f64) -> bool {
        self.uniform() < share
    }

    /// One element of a list.
    pub fn of<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.random_between(0, all.len() as u64) as usize)
    }

    /// An index below `count`, the first ones most often: Zipf's law.
    pub fn zipf(&self, count: usize) -> usize {
        let place = (count as f64).powf(self.uniform()) - 1.0;
        (place as usize).min(count.saturating_sub(1))
    }
}
