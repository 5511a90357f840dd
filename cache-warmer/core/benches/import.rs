//! Measures how fast a library is imported.

#![expect(clippy::expect_used, reason = "a bench may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warmer_core::import::{ImportCheckpoint, parse_library_slice};

#[path = "../tests/support/sample_library.rs"]
mod sample_library;

use sample_library::{SampleCsvFormat, Spec};

fn spec(format: SampleCsvFormat, pad_bytes: usize) -> Spec {
    Spec { books: 14_601, authors: 7_000, mangled_percent: 24, seed: 1, format, pad_bytes }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    for (name, format, pad_bytes) in [
        ("plain", SampleCsvFormat::Plain, 0),
        ("storygraph", SampleCsvFormat::StoryGraph, 0),
        ("goodreads", SampleCsvFormat::Goodreads, 0),
        ("goodreads with reviews", SampleCsvFormat::Goodreads, 2_000),
    ] {
        let file = sample_library::build_sample_csv(&spec(format, pad_bytes));
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (mut state, mut rows) = (ImportCheckpoint::new(None), 0);
                while !state.done {
                    let rest = file.as_bytes().get(state.offset as usize..).unwrap_or_default();
                    let bytes = rest.get(..81_920).unwrap_or(rest);
                    let slice = parse_library_slice(state, bytes, bytes.len() == rest.len(), 500);
                    let slice = slice.expect("the sample is a library");
                    rows += slice.rows.len();
                    state = slice.state;
                }
                rows
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = bench
}
criterion_main!(benches);
