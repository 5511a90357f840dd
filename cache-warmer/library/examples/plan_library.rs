//! Reads a library file and prints its rows, its items and the cost of warming it, without a network.
//!
//! ```sh
//! cargo run -p library --example plan_library -- library.csv
//! ```

use std::io::{Read as _, Write as _};

use clap::Parser;
use library::import::{Importer, MIN_SLICE_BYTES};
use library::plan::{IsbndbLimits, OpenLibraryLimits, ProviderLimits, plan, summary};
use runtime::time::DAY_MS;

/// Prints a library's rows by outcome, and the plan of warming it, as JSON.
#[derive(Parser)]
struct Args {
    file: std::path::PathBuf,
    /// Print each row.
    #[arg(long)]
    rows: bool,
    /// Units of ISBNdb's day.
    #[arg(long, default_value_t = 1_000)]
    daily_units: u64,
    /// Books of a hundred that an author's page is expected to hold.
    #[arg(long, default_value_t = 70)]
    coverage: u8,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut file = std::fs::File::open(&args.file)?;
    let mut importer = Importer::new();
    let mut rows = Vec::new();
    let mut piece = vec![0; MIN_SLICE_BYTES];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        rows.extend(importer.push(piece.get(..read).unwrap_or_default())?);
    }
    rows.extend(importer.finish()?);
    let plan = plan(rows.iter().map(|row| (row.line, &row.outcome)), |_| false);
    let provider_limits = ProviderLimits {
        isbndb: Some(IsbndbLimits {
            daily_units: args.daily_units,
            left_today: args.daily_units,
            resets_at_ms: DAY_MS,
            pace_ms: 1_000,
            bulk_size: 100,
        }),
        open_library: OpenLibraryLimits { pace_ms: 334, bulk_size: 100 },
        google: None,
        coverage_percent: args.coverage,
        fresh_ms: 7 * DAY_MS,
        stale_ms: 90 * DAY_MS,
        now_ms: 0,
    };
    let mut out = std::io::stdout().lock();
    if args.rows {
        for row in rows {
            writeln!(out, "{}", serde_json::to_string(&row)?)?;
        }
    }
    let report = serde_json::json!({
        "format": importer.state().layout.as_ref().map(|layout| layout.format.name()),
        "encoding": importer.state().encoding,
        "rows": importer.state().counts,
        "library": plan.counts,
        "plan": summary(&plan.remaining_work, &plan.all_work, &provider_limits),
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(())
}
