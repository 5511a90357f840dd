//! From a route and its parameters to a question and a view.

use bibliography::isbn::Isbn13;
use ports::http_types::Request;
use runtime::call_outcome::Failure;

use super::query_parameters::{
    author_view, bad_param, check_text_length, optional_text, read_view, required_text_param,
};
use super::route::SearchKind;
use crate::config::Config;
use crate::provider::Provider;
use crate::result_options::ResultOptions;
use crate::search_question::SearchQuestion;
use crate::volume_id::AnswerVolumeId;

/// Google's own default.
const GOOGLE_MAX_RESULTS_DEFAULT: u32 = 10;

/// The question, and the requested part of its answer.
pub type ReadQuestion = Result<(SearchQuestion, ResultOptions), Failure>;

/// A `/search/…` request.
/// Errors: 400 naming the parameter.
pub fn parse_search_request(kind: SearchKind, request: &Request, config: &Config) -> ReadQuestion {
    let view = read_view(request, config.max_results_default)?;
    let text = |names: &[&'static str]| required_text_param(request, names).map(str::to_owned);
    let question = match kind {
        SearchKind::Auto => SearchQuestion::Auto { q: text(&["q", "query"])? },
        SearchKind::Isbn => {
            SearchQuestion::Isbn { isbn: parse_isbn(&text(&["isbn", "q", "query"])?)? }
        }
        SearchKind::Title => SearchQuestion::Title { title: text(&["title", "q", "query"])? },
        SearchKind::Author => {
            SearchQuestion::Author { name: text(&["author", "name", "q", "query"])? }
        }
        SearchKind::Advanced => advanced(request)?,
    };
    Ok((question, view))
}

fn advanced(request: &Request) -> Result<SearchQuestion, Failure> {
    let title = optional_text(request, "title")?;
    let author = optional_text(request, "author")?;
    // An ISBN names one edition: title and author are ignored.
    if let Some(text) = optional_text(request, "isbn")? {
        return Ok(SearchQuestion::Isbn { isbn: parse_isbn(text)? });
    }
    if title.is_none() && author.is_none() {
        return Err(bad_param("title", "one of title, author and isbn is required"));
    }
    Ok(SearchQuestion::Advanced {
        title: title.map(str::to_owned),
        author: author.map(str::to_owned),
    })
}

fn parse_isbn(text: &str) -> Result<Isbn13, Failure> {
    Isbn13::parse(text).map_err(|error| bad_param("isbn", &error.to_string()))
}

/// `/book/{isbn}`.
/// Errors: 400 if it is no ISBN.
pub fn book_question(text: &str) -> Result<SearchQuestion, Failure> {
    Ok(SearchQuestion::Isbn { isbn: parse_isbn(check_text_length("isbn", text)?)? })
}

/// `/books/v1/volumes/{id}`.
/// Errors: 404 for an id that we did not issue, or that no provider can look up.
pub fn search_question_for_volume(id: &str) -> Result<SearchQuestion, Failure> {
    match AnswerVolumeId::parse(id) {
        Some(AnswerVolumeId::Isbn(isbn)) => Ok(SearchQuestion::Isbn { isbn }),
        // No other id can be looked up: every ISBNdb record has an ISBN, so its id is `isbn-…`.
        Some(AnswerVolumeId::Provider(provider, own))
            if provider == Provider::GoogleBooks
                || provider == Provider::OpenLibrary && is_work(&own) =>
        {
            Ok(SearchQuestion::Volume { id: id.to_owned() })
        }
        _ => Err(Failure::not_found("no volume has this id")),
    }
}

/// `OL…W`.
fn is_work(own: &str) -> bool {
    let number = own.strip_prefix("OL").and_then(|rest| rest.strip_suffix('W'));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `/author/{name}`.
/// Errors: 400 naming the parameter.
pub fn author_question(name: &str, request: &Request, config: &Config) -> ReadQuestion {
    let question = SearchQuestion::Author { name: check_text_length("name", name)?.to_owned() };
    Ok((question, author_view(request, config.max_books_per_author)?))
}

/// `/books/v1/volumes`: the same as `/search/auto`, which reads Google's fields (`intitle:`) too.
/// Errors: 400 naming the parameter.
pub fn parse_volumes_request(request: &Request) -> ReadQuestion {
    let view = read_view(request, GOOGLE_MAX_RESULTS_DEFAULT)?;
    Ok((SearchQuestion::Auto { q: required_text_param(request, &["q"])?.to_owned() }, view))
}

#[cfg(test)]
mod tests {
    use bibliography::cache_key::CacheKey;
    use ports::http_types::Method;

    use super::*;
    use runtime::call_outcome::RequestRejection;

    fn config() -> Config {
        Config::from_vars(|_| None).unwrap()
    }

    fn read_search_query(kind: SearchKind, query: &str) -> ReadQuestion {
        parse_search_request(
            kind,
            &Request::new(Method::Get, &format!("/search/x?{query}")),
            &config(),
        )
    }

    #[test]
    fn every_endpoint_takes_its_names() {
        let dune = SearchQuestion::Isbn { isbn: Isbn13::parse("0441172717").unwrap() };
        for (kind, query, expected) in [
            (SearchKind::Auto, "query=dune", SearchQuestion::Auto { q: "dune".into() }),
            (SearchKind::Isbn, "q=0-441-17271-7", dune.clone()),
            (SearchKind::Title, "title=Dune", SearchQuestion::Title { title: "Dune".into() }),
            (SearchKind::Author, "q=Herbert", SearchQuestion::Author { name: "Herbert".into() }),
            (SearchKind::Advanced, "title=x&isbn=0441172717", dune),
        ] {
            assert_eq!(read_search_query(kind, query).unwrap().0, expected, "{query}");
        }
    }

    #[test]
    fn a_missing_or_wrong_parameter_is_named() {
        for (kind, query, name) in [
            (SearchKind::Auto, "", "q"),
            (SearchKind::Auto, "q=", "q"),
            (SearchKind::Isbn, "isbn=0441172718", "isbn"),
            (SearchKind::Advanced, "", "title"),
            (SearchKind::Advanced, "author=", "author"),
            (SearchKind::Title, "title=x&maxResults=abc", "maxResults"),
        ] {
            let failure = read_search_query(kind, query).unwrap_err();
            assert_eq!(failure.error_reply_and_retry_rules().status, 400, "{query}");
            let detail = failure.detail();
            assert!(detail.starts_with(&format!("{name}: ")), "{query}: {detail}");
        }
    }

    #[test]
    fn only_ids_that_can_be_looked_up_are_accepted() {
        let id = |id: &str| SearchQuestion::Volume { id: id.to_owned() };
        let dune = SearchQuestion::Isbn { isbn: Isbn13::parse("9780441172719").unwrap() };
        assert_eq!(search_question_for_volume("isbn-9780441172719"), Ok(dune));
        for ours in ["g-gK98gXR8onwC", "g--_aB", "ol-OL893414W"] {
            assert_eq!(search_question_for_volume(ours), Ok(id(ours)));
        }
        // Google's ids are case-sensitive, and so are their cache keys.
        let key = |id: &str| CacheKey::of(&search_question_for_volume(id).unwrap().query());
        assert_ne!(key("g-abc"), key("g-ABC"));
        for none in [
            "",
            "g",
            "g-",
            "isbn-123",
            "gK98gXR8onwC",
            "g-a b",
            "g-a/b",
            "g-é",
            "db-x1",
            "ol-OL1M",
            "ol-OLW",
            "ol-OL1W OR",
            "ol-xdeadbeefdeadbeef",
            &format!("g-{}", "a".repeat(65)),
        ] {
            assert!(
                matches!(
                    search_question_for_volume(none),
                    Err(Failure::Request(RequestRejection::NotFound { .. }))
                ),
                "{none}"
            );
        }
    }

    #[test]
    fn a_text_is_the_same_question_on_both_paths() {
        for q in [
            "dune",
            "intitle:dune inauthor:herbert",
            "intitle:dune \"desert planet\"",
            "intitle:\"left hand\" inauthor:\"le guin\" classic",
            "dune inauthor:\"frank herbert\"",
            "flowers+inauthor:keyes",
            "ISBN:978-0-441-17271-9 dune",
            "isbn:123",
            "subject:fiction dune",
            "inauthor:",
            "C++ \"primer\"",
        ] {
            let query = ports::http_types::encode_query([("q", q)]);
            let request = Request::new(Method::Get, &format!("/books/v1/volumes?{query}"));
            let (question, view) = parse_volumes_request(&request).unwrap();
            assert_eq!(view.max_results, 10);
            assert_eq!(question, read_search_query(SearchKind::Auto, &query).unwrap().0, "{q}");
        }
    }
}
