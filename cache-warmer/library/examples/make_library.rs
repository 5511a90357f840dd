//! Writes an invented library as CSV to standard output.
//!
//! ```sh
//! cargo run -p library --example make_library -- --books 500 --authors 360 > library.csv
//! ```

use std::io::Write as _;

use clap::{Parser, ValueEnum};

#[path = "../tests/support/sample.rs"]
mod sample;

/// Writes an invented library as CSV to standard output. The same options give the same file.
#[derive(Parser)]
struct Args {
    /// Number of rows.
    #[arg(long, default_value_t = 500)]
    books: usize,
    /// Different authors, at most as many as books.
    #[arg(long, default_value_t = 360)]
    authors: usize,
    /// Rows of a hundred whose ISBN is damaged or gone.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=100))]
    mangled: u64,
    /// Another seed is another library.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which program's export it looks like.
    #[arg(long, value_enum, default_value_t = Format::Plain)]
    format: Format,
    /// Least bytes of a Goodreads row, filled with a review.
    #[arg(long, default_value_t = 0)]
    pad_bytes: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Plain,
    Goodreads,
    Storygraph,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let spec = sample::Spec {
        books: args.books,
        authors: args.authors,
        mangled_percent: args.mangled,
        seed: args.seed,
        format: match args.format {
            Format::Plain => sample::Shape::Plain,
            Format::Goodreads => sample::Shape::Goodreads,
            Format::Storygraph => sample::Shape::StoryGraph,
        },
        pad_bytes: args.pad_bytes,
    };
    std::io::stdout().write_all(sample::write(&spec).as_bytes())
}
