//! The sources of books.

use std::pin::Pin;

use runtime::outcome::Outcome;
use serde::{Deserialize, Serialize};

/// A source of books. The order is the order of trust where nothing else decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// ISBNdb, through the ISBNdb Worker.
    Isbndb,
    GoogleBooks,
    OpenLibrary,
}

impl Provider {
    pub const ALL: [Self; 3] = [Self::Isbndb, Self::GoogleBooks, Self::OpenLibrary];

    /// The name in answers, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Isbndb => "isbndb",
            Self::GoogleBooks => "google-books",
            Self::OpenLibrary => "open-library",
        }
    }
}

/// One provider's answer on its way.
pub type ProviderFuture<T> = Pin<Box<dyn Future<Output = (Provider, Outcome<T>)>>>;
