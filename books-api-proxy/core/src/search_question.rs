//! A client's search, in the form that is sent to the flight object.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use serde::{Deserialize, Serialize};

/// A question as received, not its analysis: the flight object analyses it again, so that it need
/// not trust the caller's analysis. Only `Advanced` states which text is a title and which an
/// author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SearchQuestion {
    Auto { q: String },
    Isbn { isbn: Isbn13 },
    Author { name: String },
    Title { title: String },
    Advanced { title: Option<String>, author: Option<String> },
    Volume { id: String },
}

impl SearchQuestion {
    pub fn query(&self) -> Query {
        match self {
            Self::Auto { q } => Query::from_free_text(q),
            Self::Isbn { isbn } => Query::isbn_query(*isbn),
            Self::Author { name } => Query::author_query(name),
            Self::Title { title } => Query::title_query(title),
            Self::Advanced { title, author } => {
                Query::title_author_query(title.as_deref(), author.as_deref())
            }
            Self::Volume { id } => Query::volume_id_query(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_survives_its_json() {
        let text = || "Dune".to_owned();
        for question in [
            SearchQuestion::Auto { q: text() },
            SearchQuestion::Isbn { isbn: Isbn13::parse("9780441172719").unwrap() },
            SearchQuestion::Author { name: text() },
            SearchQuestion::Title { title: text() },
            SearchQuestion::Advanced { title: Some(text()), author: None },
            SearchQuestion::Advanced { title: None, author: Some(text()) },
            SearchQuestion::Advanced { title: Some(text()), author: Some(text()) },
            SearchQuestion::Volume { id: text() },
        ] {
            let json = serde_json::to_string(&question).unwrap();
            assert_eq!(serde_json::from_str::<SearchQuestion>(&json).unwrap(), question, "{json}");
        }
        assert!(serde_json::from_str::<SearchQuestion>("{}").is_err());
    }
}
