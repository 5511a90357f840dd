//! A mutating fuzzer for the parsers: bodies of our own, damaged as a provider or a network may.
//!
//! By default it parses 4,000 bodies, with `SOAK=1` for eleven minutes; `FUZZ_SECS` sets the time,
//! `FUZZ_SEED` repeats a run.

use std::time::Duration;

use bibliography::{language, markup, partial_date};
use ports::IncomingResponse;

use super::{parse, response_classification};

/// xorshift64*: small, fast, repeatable.
struct Dice(u64);

impl Dice {
    fn random_below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        mixed as usize % below.max(1)
    }
}

const SEEDS: &[&str] = &[
    r#"{"book":{"title":"Dune","title_long":"Dune: A Novel","isbn":"0441172717","isbn13":"9780441172719","pages":"604","date_published":"May 2015","authors":["Herbert, Frank",null,"~autofilled~"],"subjects":{"0":"FICTION / Space","2":"WIZARDS_FICTION"},"language":"ger German","synopsys":"<p>a &amp;lt;b&amp;gt; &#x41;</p>","image":"Https://images.isbndb.com/covers/1.jpg","msrp":0}}"#,
    r#"{"author":"Charlotte%20Vale%20Allen","name":"Charlotte","total":"42","page":1,"page_size":20,"books":[{"title":"T","isbn13":9780385251617,"pages":[],"date_published":1988},{"title":"é村","isbn10":"080442957X","dimensions_structured":{"length":{"unit":"in","value":7.5}}}]}"#,
    r#"{"total":2,"requested":3,"data":{"0":{"title":"A"},"5":{"title":"B","date_published":"2015-05-12T00:00:00z"}}}"#,
    r#"{"api_host":"api2.isbndb.com","plan_limit":{"total":1000,"spent":"12","left":988}}"#,
    r#"{"message":"Daily quota exceeded","errorMessage":"Not Found"}"#,
];

const PIECES: &[&str] = &[
    "null",
    "[]",
    "{}",
    "\"\"",
    "-1",
    "1e400",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "<script>",
    "</script",
    "<!--",
    "&#x110000;",
    "&#;",
    "&",
    "<",
    "978",
    "\u{202e}",
    "𝕏",
    "[[[[",
    "\"a\":",
    ",",
    "0000",
    "9999-99-99",
    "://",
    "?",
    "é",
    "İ",
    "ß",
    "\u{300}",
];

fn mutate(dice: &mut Dice, body: &mut Vec<u8>) {
    for _ in 0..=dice.random_below(6) {
        let at = dice.random_below(body.len() + 1);
        match dice.random_below(7) {
            0 if at < body.len() => body[at] = dice.random_below(256) as u8,
            1 if at < body.len() => body[at] ^= 1 << dice.random_below(8),
            2 => {
                let end = (at + dice.random_below(20)).min(body.len());
                body.drain(at..end);
            }
            3 => {
                let piece = PIECES[dice.random_below(PIECES.len())].bytes();
                body.splice(at..at, piece);
            }
            4 => body.truncate(at),
            5 => {
                let end = (at + dice.random_below(60)).min(body.len());
                let copy = body[at..end].to_vec();
                let to = dice.random_below(body.len() + 1);
                body.splice(to..to, copy);
            }
            _ => {
                let other = SEEDS[dice.random_below(SEEDS.len())].as_bytes();
                let from = dice.random_below(other.len());
                let end = (from + dice.random_below(80)).min(other.len());
                body.splice(at..at, other[from..end].iter().copied());
            }
        }
    }
}

/// For any body: no panic, and the result keeps its bounds.
fn assert_parses_safely(body: &[u8]) {
    if let Ok(list) = parse::parse_isbndb_book_list(body) {
        for book in list.books {
            keeps_its_bounds(&book);
        }
    }
    if let Ok(book) = parse::book_answer(body) {
        keeps_its_bounds(&book);
    }
    let _ = parse::key_answer(body);
    for status in [200, 400, 404, 429] {
        let response =
            IncomingResponse { status, body: body.to_vec(), ..IncomingResponse::default() };
        let _ = response_classification::classify_response(
            &response,
            response_classification::IsbndbResourceKind::Edition,
        );
    }
    let text = String::from_utf8_lossy(body);
    let _ = (
        partial_date::parse(&text),
        language::iso_639_code(&text),
        markup::stable_cover_link(&text),
    );
}

fn keeps_its_bounds(book: &bibliography::edition::Edition) {
    assert!(!book.title.is_empty());
    assert!(book.title.chars().count() <= markup::MAX_TEXT_CHARS + 1);
    assert!(book.image.as_deref().is_none_or(|link| link.starts_with("https://")));
    if let Some(text) = &book.description {
        assert!(!text.contains("<script") && !text.contains("<p>"), "{text}");
    }
    let json = serde_json::to_vec(book).unwrap();
    let again: bibliography::edition::Edition = serde_json::from_slice(&json).unwrap();
    assert_eq!(&again, book);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a native test may read the clock")]
fn fuzz_the_parsers() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let default_secs = if number("SOAK") == Some(1) { 660 } else { 0 };
    let span = Duration::from_secs(number("FUZZ_SECS").unwrap_or(default_secs));
    let seed = number("FUZZ_SEED").unwrap_or(0x5eed);
    let mut dice = Dice(seed | 1);
    let started = std::time::Instant::now();
    let mut corpus: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let mut runs = 0_u64;
    // A short run parses a fixed number of bodies, so that every machine parses the same ones.
    while runs < 4_000 || started.elapsed() < span {
        for _ in 0..200 {
            let mut body = corpus[dice.random_below(corpus.len())].clone();
            mutate(&mut dice, &mut body);
            assert_parses_safely(&body);
            runs += 1;
            // Bodies that still parse reach deeper code when they are mutated again.
            if body.len() < 4_000 && parse::parse_isbndb_book_list(&body).is_ok() {
                let place = dice.random_below(400);
                match corpus.get_mut(place) {
                    Some(old) if place >= SEEDS.len() => *old = body,
                    _ => corpus.push(body),
                }
            }
        }
        corpus.truncate(400);
    }
    println!("{runs} bodies in {} s, seed {seed}", span.as_secs());
}
