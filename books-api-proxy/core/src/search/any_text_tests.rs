//! Random text on every public route, from the request target to the requests to the providers.

use bibliography::cache_key::{CacheKey, MAX_KEY_BYTES};
use bibliography::edition::Edition;
use bibliography::query::Query;
use bibliography::text_normalization;
use ports::OutgoingRequest;
use ports::http_types::{Method, Request, encode_query, encode_segment};
use proptest::prelude::*;
use runtime::call_outcome::{Failure, FoundOrNotFound};
use runtime::http_edge::router::find_route;
use runtime::rate_limit::CallClass;
use runtime::secret::Secret;
use runtime::wire_types::isbndb_worker_answers::MAX_PATH_TEXT_CHARS;

use super::answer_completeness::assess;
use super::merged_answer::MergedAnswer;
use super::provider_rules::ProviderAnswers;
use crate::api::route::{Endpoint, ROUTES};
use crate::api::search_question_parser::{
    author_question, book_question, parse_search_request, parse_volumes_request,
    search_question_for_volume,
};
use crate::config::Config;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::providers::ProviderFetchOptions;
use crate::providers::google::google_requests::GoogleRequest;
use crate::providers::isbndb::IsbndbRequest;
use crate::providers::open_library::open_library_requests::{OpenLibraryRequest, user_agent};
use crate::search::provider_rules::live_providers;
use crate::search_question::SearchQuestion;

const BASE: &str = "https://provider.example/base";
/// The characters of a URL beside letters and digits (RFC 3986).
const URL_SIGNS: &str = "-._~:/?#[]@!$&'()*+,;=%";

/// The question of a request target; None if it has no route of a search.
fn question_of(target: &str, config: &Config) -> Option<Result<SearchQuestion, Failure>> {
    let request = Request::new(Method::Get, target);
    let view_less = |asked: crate::api::search_question_parser::ReadQuestion| {
        asked.map(|(question, _)| question)
    };
    let route = find_route(ROUTES, Method::Get, &request.path).ok()?;
    let variable = |name: &str| route.decoded_path_variable(name, &request.path);
    Some(match route.endpoint {
        Endpoint::Search(kind) => view_less(parse_search_request(kind, &request, config)),
        Endpoint::Author => view_less(author_question(&variable("name")?, &request, config)),
        Endpoint::Volumes => view_less(parse_volumes_request(&request)),
        Endpoint::Book => book_question(&variable("isbn")?),
        Endpoint::Volume => search_question_for_volume(&variable("id")?),
        _ => return None,
    })
}

fn request_targets(text: &str, other: &str) -> Vec<String> {
    let query = |path: &str, pairs: &[(&str, &str)]| {
        format!("{path}?{}", encode_query(pairs.iter().copied()))
    };
    let segment = encode_segment(text);
    vec![
        query("/search/auto", &[("q", text)]),
        query("/search/isbn", &[("isbn", text)]),
        query("/search/title", &[("title", text)]),
        query("/search/author", &[("author", text)]),
        query("/search/advanced", &[("title", text), ("author", other)]),
        query("/search/advanced", &[("author", text)]),
        query("/books/v1/volumes", &[("q", text)]),
        format!("/books/v1/volumes/{segment}"),
        format!("/books/v1/volumes/g-{segment}"),
        format!("/author/{segment}"),
        format!("/book/{segment}"),
    ]
}

/// Checks the base, the length, the characters and the parameter names of a URL.
fn check_url(request: &OutgoingRequest, base: &str, names: &[&str]) {
    let url = &request.url;
    assert!(url.starts_with(base), "{url}");
    assert!(url.len() < 6_000, "{} bytes", url.len());
    assert!(url.chars().all(|c| c.is_ascii_alphanumeric() || URL_SIGNS.contains(c)), "{url}");
    let read = Request::new(Method::Get, url);
    let mut seen: Vec<&str> = read.query.iter().map(|(name, _)| name.as_str()).collect();
    seen.sort_unstable();
    let mut names = names.to_vec();
    names.sort_unstable();
    assert_eq!(seen, names, "{url}");
}

fn check_providers(query: &Query) {
    let key = Secret::new("k").unwrap();
    let google = GoogleRequest::of(query);
    let list = ["q", "maxResults", "printType", "country", "fields", "key"];
    let names: &[&str] =
        if matches!(google, GoogleRequest::Volume(_)) { &["country", "key"] } else { &list };
    check_url(&google.to_outgoing_request(BASE, "US", &key), BASE, names);
    let library = OpenLibraryRequest::of(query);
    let names: &[&str] = match library {
        OpenLibraryRequest::Editions(_) => &["bibkeys", "format", "jscmd"],
        OpenLibraryRequest::Author(_) => &["author", "fields", "limit"],
        OpenLibraryRequest::Title { author: None, .. } => &["title", "fields", "limit"],
        OpenLibraryRequest::Title { author: Some(_), .. } => {
            &["title", "author", "fields", "limit"]
        }
        OpenLibraryRequest::Work(_) | OpenLibraryRequest::Numbers(_) => &["q", "fields", "limit"],
        // Open Library answers 422 to a `q` that is short, and to the word "the".
        OpenLibraryRequest::Text(ref words) => {
            let key =
                text_normalization::folded_key_text(&text_normalization::canonical_text(words));
            if key.chars().count() < 3 || key == "the" {
                &["title", "fields", "limit"]
            } else {
                &["q", "fields", "limit"]
            }
        }
    };
    check_url(&library.to_outgoing_request(BASE, &user_agent(None)), BASE, names);
    let Some(isbndb) = IsbndbRequest::of(query, 50) else { return };
    let texts: &[&String] = match &isbndb {
        IsbndbRequest::Book(_) => &[],
        IsbndbRequest::Author { name: text, .. } | IsbndbRequest::Title(text) => &[text],
        IsbndbRequest::Search { author, text } => &[author, text],
    };
    for text in texts {
        assert!(text.chars().count() <= MAX_PATH_TEXT_CHARS && !text.contains(char::is_control));
        assert!(text.chars().any(char::is_alphanumeric), "{text}");
    }
    let names: &[&str] = match isbndb {
        IsbndbRequest::Author { .. } => &["page", "pageSize"],
        IsbndbRequest::Search { .. } => &["author", "text"],
        _ => &[],
    };
    check_url(
        &isbndb.to_outgoing_request(ProviderFetchOptions::of(CallClass::Interactive)),
        "/",
        names,
    );
}

/// Checks the answer if the providers return the text as title and author.
fn check_answer(query: &Query, text: &str) {
    let records: Vec<ProviderRecord> = (0..)
        .zip(live_providers(query))
        .map(|(rank, provider)| ProviderRecord {
            provider_id: text.to_owned(),
            ..ProviderRecord::new(
                provider,
                rank,
                Edition {
                    isbn13: query.isbn13(),
                    title: text.to_owned(),
                    subtitle: Some(text.to_owned()),
                    authors: vec![text.to_owned()],
                    ..Edition::default()
                },
            )
        })
        .collect();
    let answer = Some(Ok(FoundOrNotFound::Found(records.clone())));
    let answers = ProviderAnswers::from([(Provider::OpenLibrary, answer)]);
    let completeness = assess(query.kind(), &answers, 0);
    let merged_answer = MergedAnswer::new(query, records, completeness);
    let page: serde_json::Value = serde_json::from_slice(&merged_answer.first).unwrap();
    assert_eq!(page["totalItems"], merged_answer.count);
    let ids = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
    for id in ids {
        assert_eq!(encode_segment(id), id, "an id needs no encoding in a URL");
    }
}

fn assert_text_is_handled(target: &str, text: &str, config: &Config) {
    let Some(question) = question_of(target, config) else { return };
    let question = match question {
        Ok(question) => question,
        Err(failure) => {
            assert!(
                matches!(failure.error_reply_and_retry_rules().status, 400 | 404),
                "{target}: {failure:?}"
            );
            return;
        }
    };
    let query = question.query();
    let key = CacheKey::of(&query);
    let cold = key.page_key(u32::MAX).cold_tier_object_name();
    assert!(cold.len() <= MAX_KEY_BYTES, "{cold}");
    assert!(!cold.contains(char::is_control) && !cold.contains(char::is_whitespace), "{cold}");
    assert!(!cold.split('/').any(|part| part == "." || part == ".."), "{cold}");
    // The question has the same key in the flight object.
    let sent = serde_json::to_vec(&question).unwrap();
    let arrived: SearchQuestion = serde_json::from_slice(&sent).unwrap();
    assert_eq!(CacheKey::of(&arrived.query()), key);
    if query.is_empty() {
        return;
    }
    assert!(!live_providers(&query).is_empty());
    check_providers(&query);
    check_answer(&query, text);
}

/// Random text of every kind: all Unicode planes, and texts with a meaning to a parser.
fn arbitrary_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "\\PC",
        "[ -~]{1,6}",
        "[\\x00-\\x1f\\x7f-\\x9f]",
        "[\\u{300}-\\u{36f}\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}\\u{fe00}-\\u{fe0f}]",
        "[\\u{590}-\\u{6ff}]{1,5}",
        "[\\u{3040}-\\u{30ff}\\u{4e00}-\\u{9fff}\\u{ac00}-\\u{d7a3}]{1,5}",
        "[\\u{1f300}-\\u{1faff}\\u{20000}-\\u{2fa1d}\\u{e0000}-\\u{e007f}]",
        prop::sample::select(vec![
            "%",
            "%00",
            "%zz",
            "%ff",
            "+",
            "&",
            "=",
            "#",
            "/",
            "..",
            "\"",
            "(",
            ")",
            " (A, #1)",
            "intitle:",
            "inauthor:",
            "isbn:",
            "9780441172719",
            "9780441172718",
            "J. R. R. ",
            " by ",
            "Le Guin, Ursula K.",
            " AND ",
            "g-",
            "ol-OL1W",
            "the ",
            ", Jr.",
            "İ",
            "ﬁ",
        ])
        .prop_map(str::to_owned),
    ];
    let long = prop_oneof![Just(4_usize), Just(40), Just(400)];
    long.prop_flat_map(move |most| prop::collection::vec(piece.clone(), 0..most))
        .prop_map(|pieces| pieces.concat().chars().take(500).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_is_answered_and_its_keys_fit(text in arbitrary_text(), other in arbitrary_text()) {
        let config = Config::from_vars(|_| None).unwrap();
        for target in request_targets(&text, &other) {
            assert_text_is_handled(&target, &text, &config);
        }
    }

    #[test]
    fn broken_percent_encoding_is_answered_too(raw in "[ -~]{0,60}|(%[0-9a-fA-Fz]{0,2}){0,40}") {
        let config = Config::from_vars(|_| None).unwrap();
        for path in ["/search/auto?q=", "/search/advanced?title=", "/author/", "/books/v1/volumes?q="] {
            assert_text_is_handled(&format!("{path}{raw}"), &raw, &config);
        }
    }
}

#[test]
fn keys_of_the_longest_texts_fit_in_every_script() {
    let config = Config::from_vars(|_| None).unwrap();
    for unit in
        ["a", "é", "e\u{301}", "村", "ب", "\u{1f980}", "\u{301}", "%", "\u{10ffff}", "a. ", "ß"]
    {
        let text: String = unit.repeat(500).chars().take(500).collect();
        for target in request_targets(&text, &text) {
            assert_text_is_handled(&target, &text, &config);
        }
        let auto = format!("/search/auto?{}", encode_query([("q", text.as_str())]));
        assert!(matches!(question_of(&auto, &config), Some(Ok(_))), "{unit}");
    }
}
