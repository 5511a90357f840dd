//! Requests to Open Library.

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use bibliography::text_normalization::{canonical_text, folded_key_text};
use ports::OutgoingRequest;
use ports::http_types::encode_query;

use crate::providers::shorten_search_text;
use crate::volume_id::AnswerVolumeId;

/// The route for ISBNs. The route without `.json` was removed in September 2026.
pub const OPEN_LIBRARY_BOOKS_ROUTE: &str = "/api/books.json";
pub const OPEN_LIBRARY_SEARCH_ROUTE: &str = "/search.json";

/// An edition that Open Library has: the example of its documentation. Every look-up of ISBNs
/// requests it too: a record that Open Library fails to render makes the whole answer `{}`, so that
/// only an answer with this edition confirms the absence of others.
pub const KNOWN_NUMBER: &str = "9780140328721";

/// The fields of a search; Open Library leaves most of them out unless requested. Publishers and
/// subjects are not requested: they are long lists over all editions. `editions` has the best
/// matching edition, with its ISBN.
const SEARCH_FIELDS: &str = "key,title,subtitle,author_name,first_publish_year,isbn,language,\
    cover_i,number_of_pages_median,ratings_average,ratings_count,edition_count,want_to_read_count,\
    already_read_count,series_name,series_position,editions,editions.key,editions.title,\
    editions.subtitle,editions.isbn,editions.language,editions.publisher,editions.publish_date,\
    editions.cover_i";

/// Works in one search: a page of 40 items, and some more because works are merged.
const SEARCH_LIMIT: &str = "50";

/// Works of an author: their ISBNs match the author's books in a library.
const AUTHOR_LIMIT: &str = "100";

/// Open Library answers 422 to a `q` shorter than this.
const LEAST_Q_CHARS: usize = 3;

/// The word that Open Library refuses as a `q`, in lower or upper case.
const REFUSED_Q: &str = "the";

/// The longest text sent: Open Library's nginx accepts a request line of 8 KB.
const MOST_CHARS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenLibraryRequest {
    /// Editions by ISBN: a hundred, the most of a batch, keep the URL under 4 KB.
    Editions(Vec<Isbn13>),
    /// Editions by ISBN through the search, if the route for ISBNs has moved or fails for one.
    Numbers(Vec<Isbn13>),
    Author(String),
    Title {
        title: String,
        author: Option<String>,
    },
    /// One work by its id (`OL…W`), through a search: the work's own page has no names of authors.
    Work(String),
    Text(String),
}

impl OpenLibraryRequest {
    pub fn of(query: &Query) -> Self {
        match (
            query.kind(),
            query.isbn13(),
            query.title_for_providers(),
            query.author_for_providers(),
        ) {
            (QueryKind::Isbn, Some(isbn), _, _) => Self::Editions(vec![isbn]),
            (QueryKind::Author, _, _, Some(name)) => Self::Author(name.to_owned()),
            (QueryKind::Title | QueryKind::Advanced, _, Some(title), author) => {
                Self::Title { title: title.to_owned(), author: author.map(str::to_owned) }
            }
            (QueryKind::Volume, ..) => match AnswerVolumeId::parse(query.search_text()) {
                Some(AnswerVolumeId::Provider(_, own)) => Self::Work(own),
                _ => Self::Text(query.keywords()),
            },
            _ => Self::Text(query.keywords()),
        }
    }

    pub fn route_label(&self) -> &'static str {
        match self {
            Self::Editions(_) => OPEN_LIBRARY_BOOKS_ROUTE,
            _ => OPEN_LIBRARY_SEARCH_ROUTE,
        }
    }

    /// A User-Agent without a contact gets a third of the pace, a generic one is refused.
    pub fn to_outgoing_request(&self, base_url: &str, user_agent: &str) -> OutgoingRequest {
        let search = |pairs: &[(&str, &str)], limit: &str| {
            let all = pairs.iter().copied().chain([("fields", SEARCH_FIELDS), ("limit", limit)]);
            format!("{base_url}{OPEN_LIBRARY_SEARCH_ROUTE}?{}", encode_query(all))
        };
        let url = match self {
            Self::Editions(isbns) => {
                let keys: Vec<_> = with_known(isbns).map(|isbn| format!("ISBN:{isbn}")).collect();
                let keys = keys.join(",");
                let pairs = [("bibkeys", keys.as_str()), ("format", "json"), ("jscmd", "data")];
                format!("{base_url}{OPEN_LIBRARY_BOOKS_ROUTE}?{}", encode_query(pairs))
            }
            Self::Numbers(isbns) => {
                let numbers: Vec<&str> = with_known(isbns).collect();
                let q = format!("isbn:({})", numbers.join(" OR "));
                search(&[("q", &q)], AUTHOR_LIMIT)
            }
            Self::Author(name) => search(&[("author", &shorten(name))], AUTHOR_LIMIT),
            Self::Title { title, author: None } => {
                search(&[("title", &shorten(title))], SEARCH_LIMIT)
            }
            Self::Title { title, author: Some(author) } => {
                search(&[("title", &shorten(title)), ("author", &shorten(author))], SEARCH_LIMIT)
            }
            Self::Work(id) => search(&[("q", &format!("key:/works/{id}"))], "1"),
            // "it" and "the" are titles too; only `q` is refused.
            Self::Text(text) if is_refused(text) => {
                search(&[("title", &shorten(text))], SEARCH_LIMIT)
            }
            // The comparable form: "ßa" is too short, "ssa", which has the same key, is not.
            Self::Text(text) if is_too_short(text) => search(&[("q", &key_of(text))], SEARCH_LIMIT),
            Self::Text(text) => search(&[("q", &shorten(text))], SEARCH_LIMIT),
        };
        OutgoingRequest::get(url)
            .with_header("accept", "application/json")
            .with_header("user-agent", user_agent)
    }
}

fn shorten(text: &str) -> String {
    shorten_search_text(text, MOST_CHARS)
}

fn key_of(text: &str) -> String {
    folded_key_text(&canonical_text(text))
}

fn is_too_short(text: &str) -> bool {
    text.chars().count() < LEAST_Q_CHARS
}

/// Whether Open Library refuses a text as a `q`; the same for all texts with one key.
fn is_refused(text: &str) -> bool {
    let key = key_of(text);
    key == REFUSED_Q || is_too_short(&key)
}

/// The requested ISBNs, and the one that is known to exist.
fn with_known(isbns: &[Isbn13]) -> impl Iterator<Item = &str> {
    let known = (!isbns.iter().any(|isbn| isbn.as_str() == KNOWN_NUMBER)).then_some(KNOWN_NUMBER);
    isbns.iter().map(Isbn13::as_str).chain(known)
}

/// The User-Agent that Open Library's policy asks for.
pub fn user_agent(contact: Option<&str>) -> String {
    match contact {
        Some(contact) => format!("BookCacheWarmer/{} ({contact})", env!("CARGO_PKG_VERSION")),
        None => format!("BookCacheWarmer/{}", env!("CARGO_PKG_VERSION")),
    }
}

#[cfg(test)]
mod tests {
    use ports::http_types::{Method, Request};

    use super::*;

    fn built_request(ask: &OpenLibraryRequest) -> Request {
        let out =
            ask.to_outgoing_request("https://openlibrary.org", &user_agent(Some("me@example.org")));
        assert_eq!(out.headers.get("user-agent"), Some("BookCacheWarmer/0.1.0 (me@example.org)"));
        Request::new(Method::Get, &out.url)
    }

    #[test]
    fn isbns_are_looked_up_in_bulk() {
        let isbns = ["9780441172719", "9780140143508"].map(|t| Isbn13::parse(t).unwrap());
        let request = built_request(&OpenLibraryRequest::Editions(isbns.to_vec()));
        assert_eq!(request.path, "/api/books.json");
        let keys = "ISBN:9780441172719,ISBN:9780140143508,ISBN:9780140328721";
        assert_eq!(request.param("bibkeys"), Some(keys));
        assert_eq!(request.param("jscmd"), Some("data"));
        let request = built_request(&OpenLibraryRequest::Numbers(isbns.to_vec()));
        assert_eq!(request.path, "/search.json");
        let q = "isbn:(9780441172719 OR 9780140143508 OR 9780140328721)";
        assert_eq!(request.param("q"), Some(q));
        assert!(request.param("fields").unwrap().contains("editions.isbn"));
    }

    #[test]
    fn the_known_isbn_is_requested_once() {
        let known = Isbn13::parse(KNOWN_NUMBER).unwrap();
        let request = built_request(&OpenLibraryRequest::Editions(vec![known]));
        assert_eq!(request.param("bibkeys"), Some("ISBN:9780140328721"));
    }

    #[test]
    fn a_refused_text_is_searched_as_a_title() {
        let text = |t: &str| built_request(&OpenLibraryRequest::Text(t.to_owned()));
        assert_eq!(text("dune").param("q"), Some("dune"));
        assert!(text("dune").param("fields").unwrap().contains("isbn"));
        assert_eq!(text("it").param("title"), Some("it"));
        for refused in ["the", "The", "THE", "tHE", "the!", "IT", "a", "…a"] {
            let request = text(refused);
            assert_eq!((request.param("q"), request.param("title")), (None, Some(refused)));
        }
        assert_eq!(text("The Road").param("q"), Some("The Road"));
        assert_eq!(
            built_request(&OpenLibraryRequest::Work("OL1W".into())).param("q"),
            Some("key:/works/OL1W")
        );
        let both = built_request(&OpenLibraryRequest::Title {
            title: "Dune".into(),
            author: Some("Frank Herbert".into()),
        });
        assert_eq!(
            (both.param("title"), both.param("author")),
            (Some("Dune"), Some("Frank Herbert"))
        );
    }
}
