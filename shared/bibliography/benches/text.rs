//! The time of a search before any I/O: folding, analysis, the key.
//!
//! `cargo bench -p bibliography`. Every request runs these steps; a merge folds thousands of texts.

use std::hint::black_box;

use bibliography::cache_key::{CacheKey, keys_for_title};
use bibliography::isbn::isbn_repair::read_isbn_cell;
use bibliography::query::Query;
use bibliography::text_normalization::{author_name_key, fold_text, same_author, same_title};
use criterion::{Criterion, criterion_group, criterion_main};

const QUERIES: &[&str] = &[
    "9780441172719",
    "Le Guin, Ursula K.",
    "The Hitchhiker's Guide to the Galaxy Douglas Adams",
    "Gabriel García Márquez",
    "村上 春樹",
    "intitle:\"the name of the wind\" inauthor:rothfuss",
];

fn folding(criterion: &mut Criterion) {
    criterion.bench_function("fold/ascii", |bench| {
        bench.iter(|| {
            fold_text(black_box("The Hitchhiker's Guide to the Galaxy: A Trilogy (Part #1)"))
        });
    });
    criterion.bench_function("fold/latin", |bench| {
        bench.iter(|| fold_text(black_box("Cien años de soledad — Gabriel García Márquez")));
    });
    criterion.bench_function("fold/cjk", |bench| {
        bench.iter(|| fold_text(black_box("ノルウェイの森 村上 春樹")));
    });
    criterion.bench_function("author_key", |bench| {
        bench.iter(|| author_name_key(black_box("Le Guin, Ursula K.")));
    });
}

fn comparing(criterion: &mut Criterion) {
    criterion.bench_function("same_title", |bench| {
        bench.iter(|| {
            same_title(
                black_box("Range"),
                black_box("Range: Why Generalists Triumph in a Specialized World"),
            )
        });
    });
    criterion.bench_function("same_author", |bench| {
        bench.iter(|| {
            same_author(black_box("J.R.R. Tolkien"), black_box("John Ronald Reuel Tolkien"))
        });
    });
    criterion.bench_function("read_cell", |bench| {
        bench.iter(|| read_isbn_cell(black_box("=\"\"9781594633661\"\"")));
    });
}

fn bench_cache_keys(criterion: &mut Criterion) {
    criterion.bench_function("query and key, six of a kind each", |bench| {
        bench.iter(|| {
            for text in QUERIES {
                black_box(CacheKey::of(&Query::from_free_text(black_box(text))));
            }
        });
    });
    criterion.bench_function("keys_for_title", |bench| {
        bench.iter(|| keys_for_title(black_box("Dune (Dune, #1)"), Some("Frank Herbert")));
    });
}

criterion_group!(benches, folding, comparing, bench_cache_keys);
criterion_main!(benches);
