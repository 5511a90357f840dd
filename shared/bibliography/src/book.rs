//! A book as the ISBNdb Worker answers it: one edition, typed, cleaned of a provider's quirks.

use serde::{Deserialize, Serialize};

use crate::isbn::Isbn13;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Book {
    /// The number of the edition; a record without a valid one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isbn13: Option<Isbn13>,
    /// Title without the subtitle where the provider tells them apart.
    #[serde(default)]
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Names in display order, "First Last".
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
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
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub categories: Vec<String>,
    /// ISO 639-1 where one exists, else the provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// An https link to a cover that does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Hardcover, Paperback, Audio CD … as the provider says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
}
