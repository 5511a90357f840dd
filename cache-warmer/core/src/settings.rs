//! The warmer's vars, checked.

use runtime::config::{ConfigError, Vars};

use crate::manifest::{
    CACHE_COLD_TTL, CPU_BUDGET_MS, MAX_BOOKS_PER_AUTHOR, RATE_LIMIT_MS, STALE_TTL,
};

/// Most bytes of a library file. The longest known export of 15,000 books has 20 MB.
pub const MAX_FILE_BYTES: u64 = 100 * 1024 * 1024;

/// Most bytes of a file that a preview reads: a library of a thousand rows with its reviews.
pub const MAX_PREVIEW_BYTES: usize = 512 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// CPU time that one step may take: everything is cut into pieces by it.
    pub(crate) cpu_budget_ms: u32,
    pub(crate) page_size: u32,
    /// Least time between two calls that may go upstream.
    pub(crate) rate_limit_ms: u64,
    pub(crate) cold_ttl_ms: u64,
    /// How long a stale entry still counts as warm.
    pub(crate) stale_ttl_ms: u64,
}

impl Settings {
    /// Reads the vars.
    pub fn read<F: Fn(&str) -> Option<String>>(vars: &Vars<F>) -> Result<Self, ConfigError> {
        Ok(Self {
            cpu_budget_ms: vars.number(CPU_BUDGET_MS, 10, 1..=30_000)?,
            page_size: vars.number(MAX_BOOKS_PER_AUTHOR, 50, 1..=1_000)?,
            rate_limit_ms: vars.number(RATE_LIMIT_MS, 100, 0..=60_000)?,
            cold_ttl_ms: vars.number(CACHE_COLD_TTL, 604_800_u64, 60..=31_536_000)? * 1_000,
            stale_ttl_ms: vars.number(STALE_TTL, 7_776_000_u64, 60..=31_536_000)? * 1_000,
        })
    }

    /// Bytes of a CSV in one slice: about 500 rows of an export at the default budget.
    pub(crate) fn slice_bytes(&self) -> u64 {
        (u64::from(self.cpu_budget_ms) * 8_192).clamp(16_384, 262_144)
    }

    /// Authors in one batch. Each is a page of books that the proxy reads and stores.
    pub(crate) fn authors_per_batch(&self) -> u32 {
        (self.cpu_budget_ms / 2).clamp(1, 8)
    }

    pub(crate) fn books_per_batch(&self) -> u32 {
        (self.cpu_budget_ms * 2).clamp(2, 40)
    }

    /// Numbers in one bulk call, where the plan takes as many: the answer is read for its shape.
    pub(crate) fn isbns_per_bulk(&self) -> u32 {
        (self.cpu_budget_ms * 10).clamp(100, 1_000)
    }

    /// Titles in one batch: each is a search at the provider's pace.
    pub(crate) fn titles_per_batch(&self) -> u32 {
        (self.cpu_budget_ms / 2).clamp(1, 6)
    }

    /// Questions in one batch that only reads the cache.
    pub(crate) fn probes_per_batch(&self) -> u32 {
        (self.cpu_budget_ms * 3).clamp(2, 50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_var_is_named_and_every_batch_stays_in_bounds() {
        let bad = Settings::read(&Vars::new(|name| (name == "STALE_TTL").then(|| "soon".into())));
        assert!(bad.unwrap_err().to_string().starts_with("STALE_TTL: "));
        for budget in [1, 10, 50, 30_000] {
            let vars = Vars::new(|name| (name == "CPU_BUDGET_MS").then(|| format!("{budget}")));
            let settings = Settings::read(&vars).unwrap();
            assert!((1..=8).contains(&settings.authors_per_batch()));
            assert!((2..=40).contains(&settings.books_per_batch()));
            assert!((1..=6).contains(&settings.titles_per_batch()));
            assert!((100..=1_000).contains(&settings.isbns_per_bulk()));
            assert!((16_384..=262_144).contains(&settings.slice_bytes()));
        }
    }
}
