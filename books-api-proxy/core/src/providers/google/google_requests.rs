//! Requests to `GET /books/v1/volumes`.

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use ports::OutgoingRequest;
use ports::http_types::{encode_query, encode_segment};
use runtime::secret::Secret;

use crate::config::STORED_PAGE_MAX_ITEMS;
use crate::providers::shorten_search_text;
use crate::volume_id::AnswerVolumeId;

pub const LIST_ROUTE: &str = "/books/v1/volumes";
pub const VOLUME_ROUTE: &str = "/books/v1/volumes/{id}";

/// The members that are parsed: a tenth of a full answer's size.
const LIST_FIELDS: &str = "totalItems,items(id,volumeInfo(title,subtitle,authors,publisher,\
    publishedDate,description,industryIdentifiers,pageCount,categories,averageRating,ratingsCount,\
    imageLinks,language))";

/// The longest text sent: more words find no more, and the URL stays under 2.5 KB.
const MOST_CHARS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoogleRequest {
    Isbn(Isbn13),
    /// The bare ISBN, which finds some books that `isbn:` does not.
    BareIsbn(Isbn13),
    Author(String),
    /// `intitle:`, and `inauthor:` if the author is known.
    Title {
        /// The title without series brackets: with them Google finds nothing.
        title: String,
        author: Option<String>,
    },
    Text(String),
    Volume(String),
}

impl GoogleRequest {
    pub fn of(query: &Query) -> Self {
        match (
            query.kind(),
            query.isbn13(),
            query.title_for_providers(),
            query.author_for_providers(),
        ) {
            (QueryKind::Isbn, Some(isbn), _, _) => Self::Isbn(isbn),
            (QueryKind::Author, _, _, Some(name)) => Self::Author(name.to_owned()),
            (QueryKind::Title | QueryKind::Advanced, _, Some(title), author) => {
                Self::Title { title: title.to_owned(), author: author.map(str::to_owned) }
            }
            (QueryKind::Volume, ..) => match AnswerVolumeId::parse(query.search_text()) {
                Some(AnswerVolumeId::Provider(_, own)) => Self::Volume(own),
                _ => Self::Text(query.keywords()),
            },
            _ => Self::Text(query.keywords()),
        }
    }

    pub fn route_label(&self) -> &'static str {
        if matches!(self, Self::Volume(_)) { VOLUME_ROUTE } else { LIST_ROUTE }
    }

    fn q(&self) -> String {
        // A quote inside would end the phrase.
        let phrase = |text: &str| {
            format!("\"{}\"", shorten_search_text(&text.replace('"', " "), MOST_CHARS))
        };
        match self {
            Self::Isbn(isbn) => format!("isbn:{isbn}"),
            Self::BareIsbn(isbn) => isbn.to_string(),
            Self::Author(name) => format!("inauthor:{}", phrase(name)),
            Self::Title { title, author: None } => format!("intitle:{}", phrase(title)),
            Self::Title { title, author: Some(author) } => {
                format!("intitle:{} inauthor:{}", phrase(title), phrase(author))
            }
            Self::Text(text) | Self::Volume(text) => shorten_search_text(text, MOST_CHARS),
        }
    }

    /// The request. `country` makes the answer independent of the data centre. The proxy filters by
    /// language itself, because Google ignores `langRestrict`.
    pub fn to_outgoing_request(
        &self,
        base_url: &str,
        country: &str,
        key: &Secret,
    ) -> OutgoingRequest {
        let limit = STORED_PAGE_MAX_ITEMS.to_string();
        let url = if let Self::Volume(id) = self {
            let query = encode_query([("country", country), ("key", key.expose())]);
            format!("{base_url}/books/v1/volumes/{}?{query}", encode_segment(id))
        } else {
            let query = encode_query([
                ("q", self.q().as_str()),
                ("maxResults", limit.as_str()),
                ("printType", "books"),
                ("country", country),
                ("fields", LIST_FIELDS),
                ("key", key.expose()),
            ]);
            format!("{base_url}/books/v1/volumes?{query}")
        };
        OutgoingRequest::get(url).with_header("accept", "application/json")
    }
}

#[cfg(test)]
mod tests {
    use ports::http_types::{Method, Request};

    use super::*;

    fn q(ask: &GoogleRequest) -> String {
        let key = Secret::new("k").unwrap();
        let url = ask.to_outgoing_request("https://www.googleapis.com", "US", &key).url;
        let request = Request::new(Method::Get, &url);
        assert_eq!(request.path, "/books/v1/volumes");
        assert_eq!(request.param("key"), Some("k"));
        assert_eq!(request.param("country"), Some("US"));
        request.param("q").unwrap().to_owned()
    }

    #[test]
    fn each_request_has_its_search_fields() {
        let dune = Isbn13::parse("0441172717").unwrap();
        let title = |author: Option<&str>| GoogleRequest::Title {
            title: "The \"Left\" Hand".into(),
            author: author.map(str::to_owned),
        };
        for (ask, expected) in [
            (GoogleRequest::Isbn(dune), "isbn:9780441172719"),
            (GoogleRequest::BareIsbn(dune), "9780441172719"),
            (GoogleRequest::Author("Ursula K. Le Guin".into()), "inauthor:\"Ursula K. Le Guin\""),
            (title(None), "intitle:\"The  Left  Hand\""),
            (title(Some("Le Guin")), "intitle:\"The  Left  Hand\" inauthor:\"Le Guin\""),
            (GoogleRequest::Text("dune & sons".into()), "dune & sons"),
        ] {
            assert_eq!(q(&ask), expected);
        }
    }

    #[test]
    fn a_volume_is_requested_by_its_path() {
        let key = Secret::new("k").unwrap();
        let request =
            GoogleRequest::Volume("a/b".into()).to_outgoing_request("https://h", "US", &key);
        assert_eq!(request.url, "https://h/books/v1/volumes/a%2Fb?country=US&key=k");
    }
}
