//! The three providers: requests and parsers as pure functions.

pub mod google;
pub mod isbndb;
pub mod open_library;

use bibliography::partial_date;
use bibliography::text_normalization::{canonical_text, folded_key_text};
use runtime::call_outcome::ProviderFailure;
use runtime::json_members::JsonMembers;
use runtime::rate_limit::CallClass;

/// The class of a provider call, and whether cached answers are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderFetchOptions {
    pub class: CallClass,
    /// True if the ISBNdb Worker must not answer from its cache.
    pub bypass_cache: bool,
}

/// A text of at most `most` characters: the text itself, or else the first words of its comparable
/// form, in which one character may become eighteen. Providers refuse long URLs. The cut depends on
/// the comparable form alone, so that texts with one cache key cause one request.
fn shorten_search_text(text: &str, most: usize) -> String {
    let comparable = folded_key_text(&canonical_text(text));
    if text.chars().count() <= most && comparable.chars().count() <= most {
        return text.to_owned();
    }
    if comparable.chars().count() <= most {
        return comparable;
    }
    // One character more, because a space after the last word cuts no word.
    let mut kept: String = comparable.chars().take(most + 1).collect();
    match kept.rfind(' ') {
        Some(at) => kept.truncate(at),
        // A text without spaces is cut inside its word.
        None => drop(kept.pop()),
    }
    kept
}

const MAX_PAGES: u32 = 50_000;

fn members_of(text: &str) -> Result<JsonMembers<'_>, ProviderFailure> {
    Ok(JsonMembers::parse(text)?)
}

fn title_of(record: &JsonMembers<'_>) -> Option<String> {
    record.text_member("title").filter(|title| !title.trim().is_empty())
}

fn page_count_of(record: &JsonMembers<'_>, name: &str) -> Option<u32> {
    record.bounded_integer_member(name, 1, MAX_PAGES)
}

#[expect(clippy::cast_possible_truncation, reason = "a rating needs no more digits")]
fn rating_of(record: &JsonMembers<'_>, name: &str) -> Option<f32> {
    let rating = record.numeric_member(name).filter(|rating| (0.0..=5.0).contains(rating));
    rating.map(|rating| rating as f32)
}

fn date_of(record: &JsonMembers<'_>, name: &str) -> Option<String> {
    partial_date::parse(&record.text_member(name)?)
}

#[cfg(test)]
mod tests {
    use bibliography::isbn::Isbn13;
    use bibliography::query::Query;
    use proptest::prelude::*;

    use super::google::google_requests::GoogleRequest;
    use super::isbndb::IsbndbRequest;
    use super::open_library::open_library_requests::OpenLibraryRequest;
    use super::*;

    #[test]
    fn each_kind_of_query_has_a_request_per_provider() {
        let text = |text: &str| text.to_owned();
        let dune = Isbn13::parse("9780441172719").unwrap();
        let titled = |title: &str, author: Option<&str>| {
            let author = author.map(str::to_owned);
            let google = GoogleRequest::Title { title: text(title), author: author.clone() };
            (google, OpenLibraryRequest::Title { title: text(title), author })
        };
        let (google_title, library_title) = titled("The Martian", None);
        let (google_both, library_both) = titled("Dune", Some("Frank Herbert"));
        for (query, google, library, isbndb) in [
            (
                Query::from_free_text("0-441-17271-7"),
                GoogleRequest::Isbn(dune),
                OpenLibraryRequest::Editions(vec![dune]),
                Some(IsbndbRequest::Book(dune)),
            ),
            (
                Query::author_query("Le Guin, Ursula K."),
                GoogleRequest::Author(text("Ursula K. Le Guin")),
                OpenLibraryRequest::Author(text("Ursula K. Le Guin")),
                Some(IsbndbRequest::Author {
                    name: text("Ursula K. Le Guin"),
                    page: 1,
                    page_size: 50,
                }),
            ),
            (
                Query::title_query("The Martian (Mars, #1)"),
                google_title,
                library_title,
                Some(IsbndbRequest::Title(text("The Martian"))),
            ),
            (
                Query::title_author_query(Some("Dune"), Some("Herbert, Frank")),
                google_both,
                library_both,
                Some(IsbndbRequest::Search { author: text("Frank Herbert"), text: text("Dune") }),
            ),
            // Free text is sent as words, without initials, which providers index differently.
            (
                Query::from_free_text("the hobbit j. r. r. tolkien"),
                GoogleRequest::Text(text("the hobbit tolkien")),
                OpenLibraryRequest::Text(text("the hobbit tolkien")),
                Some(IsbndbRequest::Title(text("the hobbit tolkien"))),
            ),
            // Operators are removed; signs that distinguish books ("c++") stay.
            (
                Query::from_free_text("\"c++\" -primer AND O’Brien*"),
                GoogleRequest::Text(text("c++ primer and O'Brien")),
                OpenLibraryRequest::Text(text("c++ primer and O'Brien")),
                Some(IsbndbRequest::Title(text("c++ primer and O'Brien"))),
            ),
            (
                Query::from_free_text("🙂"),
                GoogleRequest::Text(text("🙂")),
                OpenLibraryRequest::Text(text("🙂")),
                None,
            ),
            // `live_providers` picks the provider of an id; ISBNdb has no ids without an ISBN.
            (
                Query::volume_id_query("g-gK98gXR8onwC"),
                GoogleRequest::Volume(text("gK98gXR8onwC")),
                OpenLibraryRequest::Work(text("gK98gXR8onwC")),
                None,
            ),
        ] {
            assert_eq!(GoogleRequest::of(&query), google, "{}", query.search_text());
            assert_eq!(OpenLibraryRequest::of(&query), library, "{}", query.search_text());
            assert_eq!(IsbndbRequest::of(&query, 50), isbndb, "{}", query.search_text());
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        assert_eq!(shorten_search_text("L'Étranger", 10), "L'Étranger");
        assert_eq!(shorten_search_text("Wörter Wörter Wörter", 15), "worter worter");
        assert_eq!(shorten_search_text(&"村".repeat(400), 200), "村".repeat(200));
        // Eighteen characters each.
        assert!(shorten_search_text(&"\u{fdfa}".repeat(20), 200).chars().count() <= 200);
        // Characters that the key leaves out do not change the cut.
        let plain = "one two three four";
        for text in ["One,  two; three\u{ad} (four)", "ONE TWO THREE FOUR!!!!!!!!!!!!!!!!!!"] {
            assert_eq!(folded_key_text(&canonical_text(text)), plain);
            assert_eq!(shorten_search_text(text, 14), shorten_search_text(plain, 14));
        }
    }

    /// The URLs of the requests to the providers.
    fn sent_urls(query: &Query) -> Vec<String> {
        let key = runtime::secret::Secret::new("k").unwrap();
        let google = GoogleRequest::of(query).to_outgoing_request("https://h", "US", &key).url;
        let library = OpenLibraryRequest::of(query).to_outgoing_request("https://h", "agent").url;
        let fetch_policy = ProviderFetchOptions::of(CallClass::Interactive);
        let isbndb =
            IsbndbRequest::of(query, 50).map(|ask| ask.to_outgoing_request(fetch_policy).url);
        [google, library].into_iter().chain(isbndb).collect()
    }

    #[test]
    fn no_text_makes_a_long_url() {
        for text in
            ["\u{fdfa}", "\u{1f600}", "村", "a", "ß", "\u{1d54f}", "The ", "\u{3316}", "é, "]
        {
            let text = text.repeat(500);
            for query in [
                Query::from_free_text(&text),
                Query::title_query(&text),
                Query::author_query(&text),
                Query::title_author_query(Some(&text), Some(&text)),
            ] {
                for url in sent_urls(&query) {
                    assert!(url.len() < 6_000, "{} bytes: {}", url.len(), query.kind().as_str());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn texts_of_one_comparable_form_are_cut_alike(
            words in prop::collection::vec("[a-zé村]{1,12}", 1..40),
            signs in prop::collection::vec("[ ,;!\u{ad}.]{1,4}", 40),
            most in 1_usize..120,
        ) {
            let plain = words.join(" ");
            let mut signed = String::new();
            for (word, sign) in words.iter().zip(&signs) {
                signed.push_str(word);
                signed.push_str(sign);
                signed.push(' ');
            }
            let key = |text: &str| folded_key_text(&canonical_text(text));
            prop_assume!(key(&plain) == key(&signed));
            let (one, other) = (shorten_search_text(&plain, most), shorten_search_text(&signed, most));
            prop_assert_eq!(key(&one), key(&other));
            prop_assert!(one.chars().count() <= most && other.chars().count() <= most);
        }
    }
}
