//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::settings::{EmulatorSettings, IsbndbPlan, PerProvider};

/// Plays Google Books, Open Library and ISBNdb on a loopback port.
#[derive(Debug, Parser)]
#[command(name = "emulators")]
pub struct EmulatorArgs {
    /// Port on 127.0.0.1; 0 takes a free port.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// A library CSV; the providers know its books. Several files make one library.
    #[arg(long = "library", value_name = "FILE")]
    pub libraries: Vec<PathBuf>,
    /// Only the library's own books: no other editions, guides, namesakes.
    #[arg(long)]
    pub no_lookalikes: bool,
    /// Every provider knows every book.
    #[arg(long)]
    pub complete: bool,
    /// ISBNdb's plan: host, pace, quota and bulk size.
    #[arg(long, value_enum, default_value = "basic")]
    pub(crate) isbndb_plan: IsbndbPlan,
    /// ISBNdb's API: 1 as until 2025, 2 as v2.7/2.8.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub isbndb_generation: u8,
    /// Length of a quota day in seconds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub quota_day_secs: Option<u64>,
    /// Google's requests a day and key.
    #[arg(long, default_value_t = 1000)]
    pub google_daily: u64,
    /// ISBNdb's requests a day; by default those of the plan.
    #[arg(long)]
    pub isbndb_daily: Option<u64>,
    /// ISBNdb's calls a second; by default those of the plan.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub isbndb_per_second: Option<u64>,
    /// ISBNs in one bulk call of ISBNdb; by default as the plan has, 0 for no bulk call.
    #[arg(long)]
    pub isbndb_bulk: Option<usize>,
    /// An accepted Google key.
    #[arg(long = "google-key", value_name = "K", default_values = ["google-key-1", "google-key-2", "google-search-key"])]
    pub google_keys: Vec<String>,
    /// An accepted ISBNdb key.
    #[arg(long = "isbndb-key", value_name = "K", default_values = ["isbndb-key"])]
    pub isbndb_keys: Vec<String>,
    /// Latency in ms, added to every answer of every provider.
    #[arg(long, default_value_t = 0)]
    pub latency_ms: u64,
    /// The program ends when the process with this id has ended.
    #[arg(long, value_name = "PID")]
    pub parent_pid: Option<u32>,
    /// The program ends when its standard input is closed.
    #[arg(long)]
    pub exit_with_stdin: bool,
}

impl EmulatorArgs {
    pub(crate) fn to_settings(&self) -> EmulatorSettings {
        EmulatorSettings {
            plan: self.isbndb_plan,
            generation: self.isbndb_generation,
            google_daily: self.google_daily,
            google_per_minute: 100,
            isbndb_daily: self.isbndb_daily,
            isbndb_per_second: self.isbndb_per_second,
            isbndb_bulk: self.isbndb_bulk,
            quota_day_secs: self.quota_day_secs,
            pace: PerProvider::same_for_all(true),
            latency_ms: PerProvider::same_for_all(self.latency_ms),
            require_country: false,
            legacy_google_errors: false,
            open_library_strict: false,
        }
    }
}
