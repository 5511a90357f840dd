//! Query parameters into checked values; every error names its parameter.

use bibliography::language;
use bibliography::text_normalization::within_expansion;
use ports::http_types::Request;
use runtime::call_outcome::{Failure, RequestRejection};
use runtime::wire_types::search_log::MAX_LOGGED_QUERIES;

use crate::config::STORED_PAGE_MAX_ITEMS;
use crate::result_options::{OrderBy, ResultOptions};

pub const MAX_QUERY_CHARS: usize = 500;
/// Most characters of the text's compatibility form; the rest is ignored.
const MAX_EXPANDED_CHARS: usize = 2 * MAX_QUERY_CHARS;
pub const MAX_START_INDEX: u32 = 100_000;

const LANG_RESTRICT: &str = "langRestrict";
const PREFER_LANG: &str = "preferLang";
const MAX_PREFERRED: usize = 10;

pub fn bad_param(parameter: &str, why: &str) -> Failure {
    Failure::bad_request(format!("{parameter}: {why}"))
}

/// A required text of 1 to 500 characters, in the first of these parameters that the request has.
/// Errors: 400 naming the parameter that is absent, empty or too long.
pub fn required_text_param<'a>(
    request: &'a Request,
    names: &[&'static str],
) -> Result<&'a str, Failure> {
    let found = names.iter().find_map(|name| Some((*name, request.param(name)?)));
    let (name, value) = found.ok_or_else(|| RequestRejection::MissingParameter {
        parameter: names.first().copied().unwrap_or_default().to_owned(),
    })?;
    check_text_length(name, value)
}

/// An optional text, which must not be empty.
/// Errors: 400 naming the parameter that is empty or too long.
pub fn optional_text<'a>(
    request: &'a Request,
    name: &'static str,
) -> Result<Option<&'a str>, Failure> {
    request.param(name).map(|value| check_text_length(name, value)).transpose()
}

/// Checks the length of a text from outside.
/// Errors: 400 naming the parameter that is empty or too long.
pub fn check_text_length<'a>(name: &str, value: &'a str) -> Result<&'a str, Failure> {
    let value = value.trim();
    if value.is_empty() {
        return Err(bad_param(name, "must not be empty"));
    }
    // The byte length is checked first: counting the characters of a megabyte is slow.
    if value.len() > MAX_QUERY_CHARS * 4 || value.chars().count() > MAX_QUERY_CHARS {
        return Err(bad_param(name, "must have at most 500 characters"));
    }
    Ok(within_expansion(value, MAX_EXPANDED_CHARS))
}

fn number_param(
    request: &Request,
    name: &str,
    default: u32,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<u32, Failure> {
    let Some(text) = request.param(name) else { return Ok(default) };
    text.trim().parse().ok().filter(|n| bounds.contains(n)).ok_or_else(|| {
        let (least, most) = (bounds.start(), bounds.end());
        bad_param(name, &format!("must be a whole number from {least} to {most}"))
    })
}

/// `limit` of `/search-log`.
/// Errors: 400 naming the parameter.
pub fn search_log_limit(request: &Request) -> Result<u32, Failure> {
    number_param(request, "limit", 100, 1..=MAX_LOGGED_QUERIES)
}

fn bool_param(request: &Request, name: &str) -> Result<bool, Failure> {
    match request.param(name) {
        None | Some("false" | "0") => Ok(false),
        Some("" | "true" | "1") => Ok(true),
        Some(_) => Err(bad_param(name, "must be true or false")),
    }
}

/// The view a search asks for.
/// Errors: 400 naming the first bad parameter.
pub fn read_view(request: &Request, max_results_default: u32) -> Result<ResultOptions, Failure> {
    let start_index = number_param(request, "startIndex", 0, 0..=MAX_START_INDEX)?;
    let max_results =
        number_param(request, "maxResults", max_results_default, 0..=STORED_PAGE_MAX_ITEMS)?;
    view_of_part(request, start_index, max_results)
}

/// The view of an author's page: `page` from 1, `pageSize`.
/// Errors: 400 naming the first bad parameter.
pub fn author_view(request: &Request, page_size_default: u32) -> Result<ResultOptions, Failure> {
    let default = page_size_default.min(STORED_PAGE_MAX_ITEMS);
    let size = number_param(request, "pageSize", default, 1..=STORED_PAGE_MAX_ITEMS)?;
    let page = number_param(request, "page", 1, 1..=MAX_START_INDEX / STORED_PAGE_MAX_ITEMS)?;
    view_of_part(request, page.saturating_sub(1).saturating_mul(size), size)
}

/// The view of this part, with the language and the order that the request names.
fn view_of_part(
    request: &Request,
    start_index: u32,
    max_results: u32,
) -> Result<ResultOptions, Failure> {
    let language = request.param(LANG_RESTRICT).map(|code| language_tag(LANG_RESTRICT, code));
    Ok(ResultOptions {
        start_index,
        max_results,
        language: language.transpose()?,
        translations: bool_param(request, "includeTranslations")?,
        preferred_languages: preferred_languages(request)?,
        order: order_by(request)?,
    })
}

fn preferred_languages(request: &Request) -> Result<Vec<String>, Failure> {
    let codes = request.param(PREFER_LANG).into_iter().flat_map(|list| list.split(','));
    codes.take(MAX_PREFERRED).map(|code| language_tag(PREFER_LANG, code)).collect()
}

/// Any ISO 639 code, as the tag that items have. The name of a language is not accepted.
fn language_tag(parameter: &str, code: &str) -> Result<String, Failure> {
    let head = code.trim().split(['-', '_']).next().unwrap_or_default();
    let tag = language::normalized_tag(code).filter(|_| (2..=3).contains(&head.len()));
    tag.ok_or_else(|| bad_param(parameter, "must be an ISO 639 language code such as `en`"))
}

fn order_by(request: &Request) -> Result<OrderBy, Failure> {
    match request.param("orderBy") {
        None | Some("relevance") => Ok(OrderBy::Relevance),
        Some("newest") => Ok(OrderBy::Newest),
        Some(_) => Err(bad_param("orderBy", "must be relevance or newest")),
    }
}

#[cfg(test)]
mod tests {
    use ports::http_types::Method;

    use super::*;

    fn auto_search_request(query: &str) -> Request {
        Request::new(Method::Get, &format!("/search/auto?{query}"))
    }

    fn failing_param_name(failure: &Failure) -> String {
        failure.detail().split(':').next().unwrap().to_owned()
    }

    #[test]
    fn a_bad_parameter_is_named() {
        for (query, name) in [
            ("maxResults=abc", "maxResults"),
            ("maxResults=41", "maxResults"),
            ("maxResults=-1", "maxResults"),
            ("startIndex=1.5", "startIndex"),
            ("startIndex=100001", "startIndex"),
            ("langRestrict=english", "langRestrict"),
            ("langRestrict=", "langRestrict"),
            ("langRestrict=xx", "langRestrict"),
            ("preferLang=de,,en", "preferLang"),
            ("orderBy=oldest", "orderBy"),
            ("includeTranslations=yes", "includeTranslations"),
        ] {
            assert_eq!(
                failing_param_name(&read_view(&auto_search_request(query), 40).unwrap_err()),
                name,
                "{query}"
            );
        }
        assert_eq!(
            failing_param_name(&author_view(&auto_search_request("page=0"), 40).unwrap_err()),
            "page"
        );
        assert_eq!(
            failing_param_name(&author_view(&auto_search_request("pageSize=41"), 40).unwrap_err()),
            "pageSize"
        );
    }

    #[test]
    fn the_text_is_one_to_five_hundred_characters() {
        let long = "é".repeat(500);
        assert_eq!(check_text_length("q", &long), Ok(long.as_str()));
        // Each has a form of 18 characters; the text is cut at twice the limit.
        let ligatures = "\u{fdfa}".repeat(500);
        assert_eq!(check_text_length("q", &ligatures).unwrap().chars().count(), 55);
        for text in ["", "  ", &"a".repeat(501), &"村".repeat(501)] {
            assert_eq!(failing_param_name(&check_text_length("q", text).unwrap_err()), "q");
        }
        assert_eq!(
            required_text_param(&auto_search_request("query=dune"), &["q", "query"]),
            Ok("dune")
        );
        assert_eq!(
            failing_param_name(
                &required_text_param(&auto_search_request(""), &["q", "query"]).unwrap_err()
            ),
            "q"
        );
        assert_eq!(
            failing_param_name(
                &required_text_param(&auto_search_request("query="), &["q", "query"]).unwrap_err()
            ),
            "query"
        );
    }

    #[test]
    fn every_form_of_a_code_selects_one_language() {
        for (text, code) in [
            ("en", "en"),
            ("EN", "en"),
            ("eng", "en"),
            ("deu", "de"),
            ("ger", "de"),
            ("fra", "fr"),
            ("nld", "nl"),
            ("zho", "zh"),
            ("ces", "cs"),
            ("pt-BR", "pt-BR"),
        ] {
            let view = read_view(
                &auto_search_request(&format!("langRestrict={text}&preferLang={text},eng")),
                40,
            );
            let view = view.unwrap();
            assert_eq!(view.language.as_deref(), Some(code), "{text}");
            assert_eq!(view.preferred_languages, [code, "en"]);
        }
    }

    #[test]
    fn only_the_whole_stored_page_is_streamed() {
        assert!(
            read_view(&auto_search_request("maxResults=40&startIndex=0"), 10)
                .unwrap()
                .is_stored_page()
        );
        for query in ["maxResults=39", "startIndex=1", "langRestrict=en", "preferLang=en"] {
            assert!(
                !read_view(&auto_search_request(query), 40).unwrap().is_stored_page(),
                "{query}"
            );
        }
        for (query, expected) in [
            ("startIndex=1", true),
            ("startIndex=30&maxResults=10", false),
            // The newest items, and those in one language, may be past the stored page.
            ("maxResults=10&orderBy=newest", true),
            ("maxResults=10&langRestrict=en", true),
        ] {
            assert_eq!(
                read_view(&auto_search_request(query), 40).unwrap().needs_overflow(),
                expected,
                "{query}"
            );
        }
        let author = author_view(&auto_search_request("page=3&pageSize=20"), 40).unwrap();
        assert_eq!((author.start_index, author.max_results), (40, 20));
        for (configured, size) in [(10, 10), (40, 40), (50, 40), (1_000, 40)] {
            assert_eq!(
                author_view(&auto_search_request("page=1"), configured).unwrap().max_results,
                size
            );
        }
    }
}
