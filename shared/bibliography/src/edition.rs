//! The record of a book: one edition, or a work if the provider has no edition of it.

use serde::{Deserialize, Serialize};

use crate::isbn::Isbn13;

/// The record from the parsers through the merge to the answers. Its JSON is that of the ISBNdb
/// Worker's answers; absent fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Edition {
    /// The ISBN of the edition; `None` for a record without a valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isbn13: Option<Isbn13>,
    /// Identifiers other than the edition's own ISBN.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_ids: Vec<IndustryIdentifier>,
    /// The title, without the subtitle if the provider separates them.
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Names as the provider writes them; in an answer in display order, "First Last".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_date: Option<String>,
    /// Plain text, HTML removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Pages; never 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u32>,
    /// Subjects in plain words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// 0.5 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_rating: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratings_count: Option<u32>,
    /// A permanent link to a cover about 128 pixels wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The same, about 80 pixels wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_image: Option<String>,
    /// ISO 639-1 if the language has such a code, else the provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The languages of the work's editions, if the edition's own is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The series and the number in it, `The Lord of the Rings, #2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Editions of the work that Open Library knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition_count: Option<u32>,
    /// Readers that have or want the work at Open Library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers_count: Option<u32>,
    /// Hardcover, Paperback, Audio CD …, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
}

impl Edition {
    #[must_use]
    pub const fn has_cover(&self) -> bool {
        self.image.is_some() || self.small_image.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndustryIdentifier {
    /// `ISBN_10`, `ISBN_13`, `ISSN` or `OTHER`.
    #[serde(rename = "type")]
    pub kind: String,
    pub identifier: String,
}

impl IndustryIdentifier {
    pub fn new(kind: &str, identifier: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), identifier: identifier.into() }
    }
}
