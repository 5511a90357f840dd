use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const CLASSES: &str = include_str!("classes.txt");
const LIBRARY: &str = include_str!("library.txt");

fn classes() -> Vec<Vec<Query>> {
    CLASSES
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| {
            let (ask, members): (fn(&str) -> Query, &str) = match line.split_once(":  ") {
                Some(("author", rest)) => (Query::author_query, rest),
                Some(("title", rest)) => (Query::title_query, rest),
                _ => (Query::from_free_text, line),
            };
            members.split(" | ").map(ask).collect()
        })
        .collect()
}

/// Normal forms and small letters decide what a key is. With other Unicode tables some keys change:
/// then `KEY_VERSION` has to be raised together with the values here.
#[test]
fn key_version_goes_with_the_unicode_tables() {
    let tables = (unicode_normalization::UNICODE_VERSION, char::UNICODE_VERSION);
    assert_eq!((KEY_VERSION, tables), ("v2", ((18, 0, 0), (17, 0, 0))));
}

#[test]
fn equivalent_queries_share_a_key_and_different_ones_never_do() {
    let classes = classes();
    assert!(classes.len() >= 100, "{}", classes.len());
    let mut owners: BTreeMap<CacheKey, (usize, String)> = BTreeMap::new();
    for (at, class) in classes.iter().enumerate() {
        for query in class {
            let key = CacheKey::of(query);
            let (owner, first) =
                owners.entry(key.clone()).or_insert((at, query.search_text().to_owned()));
            assert_eq!(*owner, at, "{key}: {} and {first}", query.search_text());
        }
        let keys: BTreeSet<CacheKey> = class.iter().map(CacheKey::of).collect();
        assert_eq!(keys.len(), 1, "{keys:?}");
    }
}

#[test]
fn keys_are_readable() {
    for (query, key) in [
        (Query::from_free_text("0441172717"), "v2/isbn/9780441172719"),
        (Query::from_free_text("Le Guin, Ursula K."), "v2/any-author/ursula-k-le-guin"),
        (Query::from_free_text("The Martian"), "v2/any-title/the-martian"),
        (Query::from_free_text("Jane Eyre"), "v2/any/jane-eyre"),
        (Query::from_free_text("村上 春樹"), "v2/any/村上春樹"),
        (Query::from_free_text("C++ Primer"), "v2/any/c%2B%2B-primer"),
        (Query::from_free_text("$/€ .."), "v2/any/%24-€"),
        (Query::from_free_text("Ender's Game"), "v2/any/ender%27s-game"),
        (
            Query::title_author_query(Some("Dune (Dune, #1)"), Some("Herbert, Frank")),
            "v2/book/dune/frank-herbert",
        ),
    ] {
        assert_eq!(CacheKey::of(&query).as_str(), key);
    }
    let key = CacheKey::of(&Query::from_free_text("Dune"));
    assert_eq!(key.page_key(0), key);
    assert_eq!(key.page_key(40).as_str(), "v2/any/dune~p40");
    assert_eq!(key.cold_tier_object_name(), "api-cache/v2/any/dune");
}

#[test]
fn long_keys_are_hashed_and_stay_apart() {
    let long = "村".repeat(400);
    let a = CacheKey::of(&Query::from_free_text(&format!("{long} a")));
    let b = CacheKey::of(&Query::from_free_text(&format!("{long} b")));
    assert_ne!(a, b);
    assert!(a.as_str().len() < 140, "{a}");
    assert!(a.as_str().starts_with("v2/any/村村"));
    assert!(a.page_key(u32::MAX).cold_tier_object_name().len() <= MAX_KEY_BYTES);
}

#[test]
fn the_spelling_without_a_sign_is_stored_too() {
    let key = |q: &str| CacheKey::of(&Query::from_free_text(q));
    let stored = keys_for_title("Ender's Game (Ender's Saga, #1)", Some("Card, Orson Scott"));
    for q in ["enders game orson scott card", "ender’s game orson scott card"] {
        assert!(stored.contains(&key(q)), "{q}: {stored:?}");
    }
    for q in ["flann obrien", "Flann O'Brien", "O’Brien, Flann"] {
        assert!(keys_for_author("O'Brien, Flann").contains(&key(q)), "{q}");
    }
    let stored = keys_for_title("20,000 Leagues & More", Some("J.R.R. Tolkien"));
    assert!(stored.contains(&key("20000 leagues and more jrr tolkien")), "{stored:?}");
    // Without its signs the title may be another book: those keys are separate.
    let (title, author) = ("C++ Primer", Some("Stanley Lippman"));
    let bare = CacheKey::of(&Query::title_author_query(Some("C Primer"), author));
    assert!(!keys_for_title(title, author).contains(&bare));
    assert!(keys_without_signs(title, author).contains(&bare));
    assert!(keys_without_signs(title, author).contains(&key("c primer stanley lippman")));
    assert!(keys_without_signs("Dune", author).is_empty());
}

#[test]
fn shards_are_stable_and_even() {
    let keys: Vec<CacheKey> =
        (0..4_000).map(|n| CacheKey::of(&Query::title_query(&format!("book {n}")))).collect();
    let mut counts = [0_u32; 16];
    for key in &keys {
        counts[shard_index(key, 16) as usize] += 1;
        assert_eq!(shard_index(key, 16), shard_index(&key.clone(), 16));
        assert_eq!(shard_index(key, 1), 0);
        assert_eq!(shard_index(key, 0), 0);
    }
    assert!(counts.iter().all(|count| (180..=320).contains(count)), "{counts:?}");
}

/// (title, author) as libraries write them.
fn title_author_spellings() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIBRARY.lines().filter_map(|line| line.split_once(" | "))
}

/// Every form of a search for a book by title and author.
fn asked_for_title(title: &str, author: &str) -> Vec<Query> {
    let plain = strip_series(title);
    let shown = author_display_name(author);
    vec![
        Query::title_author_query(Some(title), Some(author)),
        Query::title_author_query(Some(&plain), Some(&shown)),
        Query::from_free_text(&format!("{title} {author}")),
        Query::from_free_text(&format!("{plain} {author}")),
        Query::from_free_text(&format!("{title} {shown}")),
        Query::from_free_text(&format!("{plain} {shown}")),
        Query::from_free_text(&format!("{plain} {shown}").to_uppercase()),
        Query::from_free_text(&format!("{plain} {shown}").to_lowercase()),
        Query::from_free_text(&format!("{} by {shown}", restore_article(&plain))),
        Query::from_free_text(&format!("{plain} {shown}").replace(['\'', '’'], "")),
        Query::title_author_query(Some(&plain.replace(['\'', '’'], "")), Some(&shown)),
    ]
}

#[test]
fn a_search_reads_the_keys_stored_for_a_library() {
    let mut books = 0;
    let mut keys = 0;
    for (title, author) in title_author_spellings() {
        let stored = keys_for_title(title, Some(author));
        if canonical_text(title).is_empty() {
            // "!!!" is no query: nothing may be stored for it under the author's name.
            assert!(stored.is_empty(), "{title}");
            continue;
        }
        for query in asked_for_title(title, author) {
            let key = CacheKey::of(&query);
            assert!(stored.contains(&key), "{title} / {author}: {key} not in {stored:?}");
        }
        assert_eq!(stored, keys_for_title(&strip_series(title), Some(author)), "{title}");
        let stored_author = keys_for_author(author);
        for query in [
            Query::author_query(author),
            Query::author_query(&author_display_name(author)),
            Query::from_free_text(author),
            Query::from_free_text(&author_display_name(author)),
            Query::from_free_text(&author.to_lowercase()),
        ] {
            let key = CacheKey::of(&query);
            assert!(stored_author.contains(&key), "{author}: {key} not in {stored_author:?}");
        }
        books += 1;
        keys += stored.len();
    }
    assert!(books >= 100, "{books}");
    // A write for each key: most forms have to share their key.
    assert!(keys <= books * 4, "{keys} keys for {books} books");
    for (title, _) in
        title_author_spellings().filter(|(title, _)| !canonical_text(title).is_empty())
    {
        let stored = keys_for_title(title, None);
        assert!(stored.contains(&CacheKey::of(&Query::title_query(title))), "{title}");
        assert!(stored.contains(&CacheKey::of(&Query::from_free_text(title))), "{title}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_key_is_safe_in_every_tier(text in ".{0,500}", title in ".{0,200}", start in any::<u32>()) {
        for query in [
            Query::from_free_text(&text),
            Query::author_query(&text),
            Query::title_query(&text),
            Query::title_author_query(Some(&title), Some(&text)),
        ] {
            let key = CacheKey::of(&query).page_key(start);
            let cold = key.cold_tier_object_name();
            prop_assert!(cold.len() <= MAX_KEY_BYTES);
            prop_assert!(!cold.chars().any(|c| c.is_control() || c.is_whitespace()));
            prop_assert!(!cold.split('/').any(|part| part == "." || part == ".."));
            prop_assert!(key.as_str().starts_with("v2/"));
        }
    }

    #[test]
    fn segments_are_written_one_to_one(a in ".{0,30}", b in ".{0,30}") {
        let segment = |text: &str| {
            let mut out = String::new();
            push_segment(&mut out, text);
            out
        };
        prop_assert_eq!(segment(&a) == segment(&b), a == b);
    }

    #[test]
    fn stored_keys_are_read_for_any_book(
        title in "[A-Za-zé'!?:&,. 0-9-]{1,40}( \\([A-Z][a-z]{2,8}, #[1-9]\\))?",
        first in "[A-Z][a-zé]{1,8}( [A-Z]\\.)?",
        last in "(de |van |Le )?[A-Z][a-zé-]{1,9}",
    ) {
        prop_assume!(title.chars().any(char::is_alphanumeric));
        prop_assume!(!canonical_text(&strip_series(&title)).is_empty());
        for author in [format!("{first} {last}"), format!("{last}, {first}")] {
            let stored = keys_for_title(&title, Some(&author));
            for query in [
                Query::title_author_query(Some(&title), Some(&author)),
                Query::from_free_text(&format!("{title} {author}")),
            ] {
                prop_assert!(stored.contains(&CacheKey::of(&query)), "{} / {}", title, author);
            }
            let stored = keys_for_author(&author);
            prop_assert!(stored.contains(&CacheKey::of(&Query::author_query(&author))));
            prop_assert!(stored.contains(&CacheKey::of(&Query::from_free_text(&author))));
        }
    }

    #[test]
    fn a_guessed_author_has_an_author_s_normal_form(text in "[A-Za-zé., ]{1,40}") {
        let query = Query::from_free_text(&text);
        if query.kind() == QueryKind::Author {
            prop_assert_eq!(query.comparable_text(), Query::author_query(&text).comparable_text());
        }
    }
}
