//! Measures how fast a library is imported.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warmer_core::import::Importer;

#[path = "../tests/support/sample.rs"]
mod sample;

use sample::{Shape, Spec};

fn spec(format: Shape, pad_bytes: usize) -> Spec {
    Spec { books: 14_601, authors: 7_000, mangled_percent: 24, seed: 1, format, pad_bytes }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    for (name, format, pad_bytes) in [
        ("plain", Shape::Plain, 0),
        ("storygraph", Shape::StoryGraph, 0),
        ("goodreads", Shape::Goodreads, 0),
        ("goodreads with reviews", Shape::Goodreads, 2_000),
    ] {
        let file = sample::write(&spec(format, pad_bytes));
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut importer = Importer::default();
                let mut rows = 0;
                for piece in file.as_bytes().chunks(65_536) {
                    rows += importer.push(piece).map_or(0, |rows| rows.len());
                }
                rows + importer.finish().map_or(0, |rows| rows.len())
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
