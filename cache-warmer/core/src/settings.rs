//! The warmer's vars, checked.

use runtime::config::{ConfigError, Vars};
use runtime::resilient_client::canary_routing::read_canary_percent;

use crate::binding_manifest::{
    CACHE_COLD_TTL, LIBRARY_ROWS_PER_DAY, MAX_BOOKS_PER_AUTHOR, RATE_LIMIT_MS, STALE_TTL,
};

/// Bytes of the largest library file. The longest known export, of 15,000 books, has 20 MB.
pub const MAX_FILE_BYTES: u64 = 100 * 1024 * 1024;

/// Bytes that a preview reads: about a thousand rows with reviews.
pub const MAX_PREVIEW_BYTES: usize = 512 * 1024;

/// Bytes of a CSV in one slice: about 500 rows of an export.
pub(crate) const SLICE_BYTES: u64 = 81_920;

pub(crate) const SLICE_ROWS: usize = 500;

/// ISBNs in one bulk call, if the plan allows so many: the answer is parsed here.
pub(crate) const MAX_BULK_ISBNS: u32 = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarmerSettings {
    pub(crate) page_size: u32,
    /// Least time between two calls that may go upstream, for the forecast.
    pub(crate) rate_limit_ms: u64,
    pub(crate) cold_ttl_ms: u64,
    /// How long a stale entry still counts as warm.
    pub(crate) stale_ttl_ms: u64,
    /// Rows that libraries write in a day; limiters and alarms need the rest of the day's rows.
    pub(crate) library_rows_per_day: u64,
}

impl WarmerSettings {
    pub fn read(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        // Used where a call to a canary is made; read here so that a bad value is named at once.
        read_canary_percent(vars)?;
        Ok(Self {
            page_size: vars.bounded_number(MAX_BOOKS_PER_AUTHOR, 50, 1..=1_000)?,
            rate_limit_ms: vars.bounded_number(RATE_LIMIT_MS, 100, 0..=60_000)?,
            cold_ttl_ms: vars.bounded_number(CACHE_COLD_TTL, 604_800_u64, 60..=31_536_000)? * 1_000,
            stale_ttl_ms: vars.bounded_number(STALE_TTL, 7_776_000_u64, 60..=31_536_000)? * 1_000,
            library_rows_per_day: vars.bounded_number(
                LIBRARY_ROWS_PER_DAY,
                70_000,
                1_000..=1_000_000_000,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_var_is_named() {
        for var in ["STALE_TTL", "CANARY_PERCENT"] {
            let bad = WarmerSettings::read(&Vars::new(|name| (name == var).then(|| "soon".into())));
            assert!(bad.unwrap_err().to_string().starts_with(&format!("{var}: ")));
        }
    }
}
