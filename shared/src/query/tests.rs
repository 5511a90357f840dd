use proptest::prelude::*;

use super::*;
use crate::key::CacheKey;

const QUERIES: &str = include_str!("queries.txt");

/// What is called high confidence: from here on a wrong kind is a failure.
const HIGH: f32 = 0.75;

fn kind_of(word: &str) -> QueryKind {
    match word {
        "isbn" => QueryKind::Isbn,
        "author" => QueryKind::Author,
        "title" => QueryKind::Title,
        "mixed" => QueryKind::Mixed,
        "advanced" => QueryKind::Advanced,
        other => panic!("unknown kind {other}"),
    }
}

/// `kind<TAB>query`; a question mark after the kind allows an unsure answer ("mixed") as well.
fn table() -> impl Iterator<Item = (&'static str, QueryKind, bool)> {
    QUERIES.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).map(|line| {
        let (kind, query) = line.split_once('\t').unwrap();
        (query, kind_of(kind.trim_end_matches('?')), kind.ends_with('?'))
    })
}

#[test]
fn real_queries_are_taken_for_what_they_are() {
    let mut wrong = Vec::new();
    let mut sure = 0;
    let mut count = 0;
    for (text, truth, may_be_unsure) in table() {
        let query = Query::auto(text);
        let unsure = query.kind() == QueryKind::Mixed && query.confidence() < HIGH;
        count += 1;
        sure += usize::from(query.kind() == truth && truth != QueryKind::Mixed);
        if query.kind() != truth && !(may_be_unsure && unsure) {
            wrong.push(format!("{text}: {:?} {}", query.kind(), query.confidence()));
        }
    }
    assert!(count >= 200, "{count} queries");
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // Answering "mixed" to everything would never be wrong, and useless.
    assert!(sure * 100 >= count * 50, "sure of {sure} of {count}");
}

#[test]
fn field_syntax_is_read() {
    for (text, title, author) in [
        ("intitle:dune", Some("dune"), None),
        ("intitle:\"the name of the wind\"", Some("the name of the wind"), None),
        ("inauthor:\"Frank Herbert\"", None, Some("Frank Herbert")),
        ("intitle:dune inauthor:herbert", Some("dune"), Some("herbert")),
        ("intitle:dune+inauthor:herbert", Some("dune"), Some("herbert")),
        ("intitle:the martian inauthor:andy weir", Some("the martian"), Some("andy weir")),
        ("INTITLE:Dune", Some("Dune"), None),
        ("intitle:\"Dune (Dune, #1)\"", Some("Dune"), None),
        ("intitle:\"C++ Primer\"", Some("C++ Primer"), None),
    ] {
        let query = Query::auto(text);
        assert_eq!((query.title_text(), query.author_name()), (title, author), "{text}");
        assert!(query.confidence() > 0.9, "{text}");
        assert_eq!(CacheKey::of(&query), CacheKey::of(&Query::advanced(title, author)), "{text}");
    }
    // Nobody said that the words beside a field are a title: they are asked for as words as well.
    for text in ["dune inauthor:\"Herbert, Frank\"", "inauthor:\"Frank Herbert\" dune"] {
        let query = Query::auto(text);
        let said = Query::advanced(Some("dune"), Some("Frank Herbert"));
        assert_eq!(CacheKey::of(&query), CacheKey::of(&said), "{text}");
        assert!(query.confidence() < 0.9 && query.as_words().is_some(), "{text}");
    }
    let isbn = Query::auto("isbn:9780441172719");
    assert_eq!(isbn.isbn13().map(|isbn| isbn.to_string()).as_deref(), Some("9780441172719"));
    // An empty field, or one that is not ours, is text.
    assert_eq!(Query::auto("intitle:").kind(), QueryKind::Mixed);
    assert_eq!(Query::auto("subject:fiction").text(), "subject:fiction");
}

#[test]
fn a_broken_number_is_text_with_an_offer() {
    for (text, offer, how) in [
        ("9781594633661", "9781594633669", How::CheckDigitRecomputed),
        ("978-1-59463-366-1", "9781594633669", How::CheckDigitRecomputed),
        ("isbn:9781594633661", "9781594633669", How::CheckDigitRecomputed),
        ("ISBN 9781594633661", "9781594633669", How::CheckDigitRecomputed),
        ("140143505", "9780140143508", How::LostZero),
        ("38549081", "9780385490818", How::LostZeroAndX),
    ] {
        let query = Query::auto(text);
        assert_eq!(query.kind(), QueryKind::Mixed, "{text}");
        assert!(query.confidence() < 0.5, "{text}");
        let isbn = Isbn13::parse(offer).unwrap();
        assert_eq!(query.repair(), Some(Repair { isbn, how }), "{text}");
        assert_ne!(CacheKey::of(&query), CacheKey::of(&Query::isbn(isbn)), "{text}");
    }
    for text in ["9780441172719", "Dune", "1984", "9780000000002", "0000000000"] {
        assert_eq!(Query::auto(text).repair(), None, "{text}");
    }
    assert_eq!(Query::auto("9780000000002").kind(), QueryKind::Mixed);
}

#[test]
fn requests_get_display_forms() {
    let query = Query::advanced(Some("Hobbit, The (Middle-earth, #0)"), Some("Tolkien, J. R. R."));
    assert_eq!(query.title_text(), Some("The Hobbit"));
    assert_eq!(query.author_name(), Some("J. R. R. Tolkien"));
    assert_eq!(query.text(), "The Hobbit J. R. R. Tolkien");
    assert_eq!(query.normalized(), "the hobbit / jrr tolkien");
    assert_eq!(Query::auto("Éric-Emmanuel Schmitt").text(), "Éric-Emmanuel Schmitt");
    assert_eq!(Query::advanced(None, None).kind(), QueryKind::Mixed);
    assert!(Query::advanced(Some(" "), Some("")).is_empty());
    assert!(Query::auto(" \t ").is_empty());
    assert!(!Query::auto("?").is_empty());
    let query = Query::auto("Dune by Frank Herbert");
    assert_eq!((query.title_text(), query.author_name()), (Some("Dune"), Some("Frank Herbert")));
    assert_eq!(Query::auto("a,a-éA").kind(), QueryKind::Mixed);
    let query = Query::auto("books by Stephen King");
    assert_eq!((query.kind(), query.author_name()), (QueryKind::Author, Some("Stephen King")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_a_query_with_a_key(text in ".{0,500}") {
        let query = Query::auto(&text);
        let key = CacheKey::of(&query);
        prop_assert!(key.as_str().len() <= 512);
        prop_assert!((0.0..=1.0).contains(&query.confidence()));
        if text.chars().any(char::is_alphanumeric) {
            prop_assert!(!query.is_empty());
        }
    }

    #[test]
    fn text_that_looks_like_a_query_is_one(
        text in "((intitle|inauthor|isbn|subject):)?[\"']?[A-Za-z0-9éß., '#()&+:-]{0,60}[\"']?"
    ) {
        let query = Query::auto(&text);
        prop_assert!(CacheKey::of(&query).as_str().len() <= 512);
        prop_assert_eq!(Query::auto(&text), query);
    }

    #[test]
    fn the_normal_form_asks_the_same(text in "[A-Za-zé][A-Za-zé .'#-]{0,40}") {
        let query = Query::auto(&text);
        // Joined initials may spell "by", which then is a word.
        let by = query.normalized().split(' ').any(|word| word == "by");
        if query.kind() != QueryKind::Advanced && !by {
            let again = Query::auto(&query.normalized());
            prop_assert_eq!(again.kind(), query.kind(), "{}", query.normalized());
            prop_assert_eq!(CacheKey::of(&again), CacheKey::of(&query));
        }
    }

    #[test]
    fn case_marks_and_spacing_do_not_change_the_kind(text in "[A-Za-zéñü][A-Za-zéñü ,]{0,40}") {
        let query = Query::auto(&text);
        let upper = Query::auto(&text.to_uppercase());
        let spaced = Query::auto(&format!("  {} ", text.replace(' ', "  ")));
        prop_assert_eq!(CacheKey::of(&upper), CacheKey::of(&query));
        prop_assert_eq!(CacheKey::of(&spaced), CacheKey::of(&query));
    }
}
