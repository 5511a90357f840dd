//! Texts with one cache key cause the same requests to every provider, except for case and accents.

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use ports::http_types::{Method, Request, encode_query};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};
use runtime::rate_limit::CallClass;
use runtime::secret::Secret;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::api::route::SearchKind;
use crate::api::search_question_parser::{
    author_question, parse_search_request, parse_volumes_request,
};
use crate::config::Config;
use crate::providers::ProviderFetchOptions;
use crate::providers::google::google_requests::GoogleRequest;
use crate::providers::isbndb::IsbndbRequest;
use crate::providers::open_library::open_library_requests::{OpenLibraryRequest, user_agent};
use crate::search_question::SearchQuestion;

/// Texts of the normal run, and the threads that share them.
const SHORT: (u32, u32) = (400, 1);
/// Texts and threads of the long run; each thread has its own seed.
const LONG: (u32, u32) = (100_000, 2);

/// The requests to the providers: path and parameters, without case and accents.
fn provider_urls(query: &Query) -> Vec<String> {
    let key = Secret::new("k").unwrap();
    let mut urls = vec![
        GoogleRequest::of(query).to_outgoing_request("", "US", &key).url,
        OpenLibraryRequest::of(query).to_outgoing_request("", &user_agent(None)).url,
    ];
    let isbndb = IsbndbRequest::of(query, 50);
    urls.extend(
        isbndb.map(|ask| {
            ask.to_outgoing_request(ProviderFetchOptions::of(CallClass::Interactive)).url
        }),
    );
    urls.iter()
        .map(|url| {
            let request = Request::new(Method::Get, url);
            let path = percent_encoding::percent_decode_str(&request.path).decode_utf8_lossy();
            // Not by `Debug`, which escapes a combining mark at the beginning.
            let pairs = request.query.iter().map(|(name, value)| format!("{name}={value}"));
            strip_accents(&format!("{path} {}", pairs.collect::<Vec<_>>().join("\n")))
        })
        .collect()
}

/// The requests of both rounds: the second one is by keywords, or widened.
fn all_requests(query: &Query) -> Vec<String> {
    let mut all = provider_urls(query);
    all.extend(query.as_words().iter().chain(&query.widened_query()).flat_map(provider_urls));
    all
}

/// Removes case and accents, by the test's own table.
fn strip_accents(text: &str) -> String {
    let marks_gone: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let small = marks_gone.to_lowercase();
    let marks_gone: String = small.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    [
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
        ("þ", "th"),
        ("ø", "o"),
        ("ł", "l"),
        ("đ", "d"),
        ("ð", "d"),
        ("ı", "i"),
        ("ħ", "h"),
        ("ŧ", "t"),
        ("ŋ", "n"),
        ("ς", "σ"),
    ]
    .iter()
    .fold(marks_gone, |text, (letter, plain)| text.replace(letter, plain))
}

/// The question of a text on every public path.
fn questions_of_paths(config: &Config, text: &str, other: &str) -> Vec<Option<SearchQuestion>> {
    let on = |pairs: &[(&str, &str)]| {
        let query = encode_query(pairs.iter().copied());
        Request::new(Method::Get, &format!("/?{query}"))
    };
    let fields = format!("intitle:{text} inauthor:{other}");
    let quoted = format!("intitle:\"{text}\" inauthor:\"{other}\"");
    let question = |asked: crate::api::search_question_parser::ReadQuestion| {
        asked.ok().map(|(question, _)| question)
    };
    vec![
        question(parse_search_request(SearchKind::Auto, &on(&[("q", text)]), config)),
        question(parse_search_request(SearchKind::Isbn, &on(&[("isbn", text)]), config)),
        question(parse_search_request(SearchKind::Title, &on(&[("title", text)]), config)),
        question(parse_search_request(SearchKind::Author, &on(&[("author", text)]), config)),
        question(parse_search_request(
            SearchKind::Advanced,
            &on(&[("title", text), ("author", other)]),
            config,
        )),
        question(parse_search_request(SearchKind::Advanced, &on(&[("author", text)]), config)),
        question(author_question(text, &on(&[]), config)),
        question(parse_volumes_request(&on(&[("q", text)]))),
        question(parse_volumes_request(&on(&[("q", &fields)]))),
        question(parse_volumes_request(&on(&[("q", &quoted)]))),
        question(parse_volumes_request(&on(&[("q", &format!("{text} inauthor:\"{other}\""))]))),
        question(parse_volumes_request(&on(&[("q", &format!("{text} by {other}"))]))),
    ]
}

/// Compares two spellings on every path. Returns the number of paths with the same key.
fn compare(one: (&str, &str), other: (&str, &str)) -> Result<u32, TestCaseError> {
    let config = Config::from_vars(|_| None).unwrap();
    let mut same = 0;
    let all = |text: (&str, &str)| questions_of_paths(&config, text.0, text.1);
    for (a, b) in all(one).into_iter().zip(all(other)) {
        let (Some(a), Some(b)) = (a, b) else { continue };
        let (a, b) = (a.query(), b.query());
        if a.is_empty() || CacheKey::of(&a) != CacheKey::of(&b) {
            continue;
        }
        same += 1;
        // Equal queries have equal requests; building them would take most of the time.
        if a != b {
            prop_assert_eq!(all_requests(&a), all_requests(&b), "{:?} and {:?}", one, other);
        }
    }
    Ok(same)
}

/// A piece of a text, and another spelling that may have the same key.
fn text_variants() -> impl Strategy<Value = (String, String)> {
    let words = prop::sample::select(vec![
        "dune",
        "Dune",
        "DUNE",
        "emma",
        "L'Étranger",
        "d'une",
        "O’Brien",
        "oʼbrien",
        "c++",
        "C#",
        "20,000",
        "Straße",
        "STRASSE",
        "Ærø",
        "İzmir",
        "и\u{306}",
        "ёлка",
        "ΟΔΥΣΣΕΥΣ",
        "مُحَمَّد",
        "שָׁלוֹם",
        "हिन्दी",
        "村上 春樹",
        "ｶﾞﾝﾀﾞﾑ",
        "J.R.R.",
        "J. R. R.",
        "JRR",
        "EM",
        "Tolkien",
        "by",
        "the",
        "Herbert, Frank",
        "(Dune, #1)",
        "(Illustrated Edition)",
        "[Kindle Edition]",
        "(Oprah's Book Club)",
        "A Novel",
        "Book 15",
        "[Dune 01]",
        "Frank Herbert -",
        "- Herbert, Frank",
        "https://example.org/dp/0441172717",
        "9780441172719",
        "9780441172718",
        "&",
        "and",
    ])
    .prop_map(str::to_owned);
    let text = prop_oneof![
        words,
        any::<char>().prop_map(String::from),
        "\\PC{1,3}",
        "[a-zA-Zà-üß]{1,8}",
        "[\\u{300}-\\u{36f}]",
        "[\\u{590}-\\u{6ff}]{1,4}",
        "[\\u{900}-\\u{97f}]{1,4}",
        "[\\u{fb00}-\\u{fefc}\\u{ff01}-\\u{ffee}]",
        "[\\u{1f300}-\\u{1faff}]",
    ];
    (text, ignored_text(), 0..6_u8).prop_map(|(text, noise, how)| {
        let other = match how {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.nfd().collect(),
            3 => format!("{noise}{text}"),
            4 => format!("{text}{noise}"),
            _ => text.clone(),
        };
        (text, other)
    })
}

/// Characters without a meaning, and operators.
fn ignored_text() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(vec![
        "\u{ad}",
        "\u{200b}",
        "\u{200e}",
        "\u{2060}",
        "\u{feff}",
        "\u{fe0f}",
        "\u{e0041}",
        "\u{20dd}",
        "\u{640}",
        "\u{64e}",
        "\u{5b0}",
        "\u{202e}",
        "\u{3164}",
        "™",
        "®",
        "©",
        "\"",
        "“",
        "”",
        "«",
        "'",
        "’",
        "`",
        "-",
        "+",
        "|",
        "||",
        "&&",
        "!",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "^",
        "~",
        "*",
        "?",
        ":",
        "\\",
        "/",
        "..",
        "#",
        ",",
        ".",
        " - ",
        " – ",
        "_-_",
        ".epub",
        " AND ",
        " OR ",
        " NOT ",
        " TO ",
        " subject:",
        " language:",
        " isbn:",
        " intitle:",
        " inauthor:",
        "\u{0}",
        "\u{301}",
        " ",
    ])
    .prop_map(str::to_owned);
    prop::collection::vec(signs, 0..3).prop_map(|signs| signs.concat())
}

fn spellings() -> impl Strategy<Value = (String, String)> {
    let pieces = prop_oneof![9 => 1..6_usize, 1 => 20..60_usize]
        .prop_flat_map(|count| prop::collection::vec((text_variants(), " {0,1}"), count));
    pieces.prop_map(|pieces| {
        let write = |pick: fn(&(String, String)) -> &String| {
            let parts = pieces.iter().map(|(piece, space)| format!("{}{space}", pick(piece)));
            parts.collect::<String>().chars().take(450).collect::<String>()
        };
        (write(|piece| &piece.0), write(|piece| &piece.1))
    })
}

#[test]
fn one_key_means_the_same_requests() {
    let (texts, threads) = if std::env::var_os("SOAK").is_some() { LONG } else { SHORT };
    let same: u32 = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|_| scope.spawn(move || compare_random_texts(texts / threads)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert!(same > texts, "two spellings had the same key on only {same} paths of {texts} texts");
}

/// Compares random texts. Returns the number of paths on which two spellings had the same key.
fn compare_random_texts(texts: u32) -> u32 {
    let config = Cases { failure_persistence: None, ..Cases::with_cases(texts) };
    let same = std::cell::Cell::new(0_u32);
    let checked = TestRunner::new(config).run(&(spellings(), spellings()), |(text, other)| {
        let found = compare((&text.0, &other.0), (&text.1, &other.1))?;
        same.set(same.get() + found);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
    same.get()
}

#[test]
fn invisible_characters_change_no_request() {
    for sign in [
        "\u{ad}",
        "\u{200b}",
        "\u{200c}",
        "\u{200e}",
        "\u{2060}",
        "\u{feff}",
        "\u{fe0f}",
        "\u{e0041}",
        "\u{20dd}",
        "\u{640}",
        "\u{64e}",
        "\u{5b0}",
        "\u{336}",
        "\u{34f}",
    ] {
        let same = compare((&format!("du{sign}ne"), "her\u{ad}bert"), ("dune", "herbert")).unwrap();
        assert!(same >= 10, "{same} paths for {sign:?}");
    }
    let marks =
        ["\u{6d6}\u{316}dune", "\u{6d6}'\u{316}DUNE", "a\u{6d6}'\u{316}b", "a\u{316}\u{6d6}b"];
    for pair in marks.chunks(2) {
        assert!(compare((pair[0], "dune"), (pair[1], "DUNE")).unwrap() > 0, "{pair:?}");
    }
    for text in
        ["-dune", "dune -", "dune*", "\"dune\"", "dune~", "(dune)", "dune™", "+dune", "!dune"]
    {
        let same = compare((text, "-herbert"), ("dune", "herbert")).unwrap();
        assert!(same >= 8, "{same} paths for {text}");
    }
}

#[test]
fn no_operator_reaches_a_provider() {
    for (text, sent) in [
        ("harry potter -rowling", "harry potter rowling"),
        ("harry potter - rowling", "harry potter rowling"),
        ("Volker Kutscher - Der nasse Fisch", "Volker Kutscher Der nasse Fisch"),
        ("TO HAVE AND HAVE NOT HEMINGWAY", "to HAVE and HAVE not HEMINGWAY"),
        ("Language: The Cultural Tool Daniel Everett", "Language The Cultural Tool Daniel Everett"),
        ("c++ primer", "c++ primer"),
        ("zephyr -ashdown || !x", "zephyr ashdown x"),
    ] {
        let query = Query::from_free_text(text);
        assert_eq!(GoogleRequest::of(&query), GoogleRequest::Text(sent.to_owned()), "{text}");
        assert_eq!(
            OpenLibraryRequest::of(&query),
            OpenLibraryRequest::Text(sent.to_owned()),
            "{text}"
        );
        assert_eq!(
            IsbndbRequest::of(&query, 50),
            Some(IsbndbRequest::Title(sent.to_owned())),
            "{text}"
        );
    }
}
