//! What was asked, in a form that can travel to the flight object.

use serde::{Deserialize, Serialize};
use shared::isbn::Isbn13;
use shared::query::{Query, QueryKind};

use super::plan::Kind;

/// A question as it came in. The query is worked out from it again where it arrives: one function
/// decides, and nothing has to trust a caller's analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Question {
    /// Free text.
    Auto {
        /// The text.
        q: String,
    },
    /// One edition.
    Isbn {
        /// Its number.
        isbn: Isbn13,
    },
    /// An author's works.
    Author {
        /// The name.
        name: String,
    },
    /// A title.
    Title {
        /// The title.
        title: String,
    },
    /// Title and author, each said.
    Advanced {
        /// Title.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<String>,
        /// Author.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
    },
}

impl Question {
    /// The analysed query.
    #[must_use]
    pub fn query(&self) -> Query {
        match self {
            Self::Auto { q } => Query::auto(q),
            Self::Isbn { isbn } => Query::isbn(*isbn),
            Self::Author { name } => Query::author(name),
            Self::Title { title } => Query::title(title),
            Self::Advanced { title, author } => {
                Query::advanced(title.as_deref(), author.as_deref())
            }
        }
    }
}

/// The row of the table that a query belongs to.
#[must_use]
pub fn kind_of(query: &Query) -> Kind {
    match query.kind() {
        QueryKind::Isbn => Kind::Isbn,
        QueryKind::Author => Kind::Author,
        QueryKind::Title | QueryKind::Mixed | QueryKind::Advanced => Kind::Title,
    }
}
