//! A search answer in Google Books' shape (existing clients read it), plus our own members.

use serde::{Deserialize, Serialize};

/// `books#volumes`: one page of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volumes {
    pub kind: String,
    /// Books the merged answer holds.
    pub total_items: u32,
    /// The books, best first.
    #[serde(default)]
    pub items: Vec<Volume>,
    /// The provider that gave most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub providers: Vec<ProviderReport>,
    /// True if a provider that was asked gave no answer.
    #[serde(default)]
    pub partial: bool,
    /// True if no provider had an answer, and a wider question found these.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub widened: bool,
    pub query_analysis: QueryReport,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderReport {
    /// `google-books`, `open-library` or `isbndb`.
    pub name: String,
    /// A stable word: `found`, `not_found`, or a failure's code.
    pub outcome: String,
    pub count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// `isbn`, `author`, `title` or `mixed`.
    #[serde(rename = "type")]
    pub kind: String,
    pub confidence: f32,
    /// The normalised form that is the key.
    pub normalized: String,
    /// The ISBN that was looked up for a number whose check digit is wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repaired: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    pub kind: String,
    /// Ours: stable for the same edition.
    pub id: String,
    pub volume_info: VolumeInfo,
    /// Which provider gave which group of fields.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Open Library's work, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub work_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    pub provider: String,
    /// Names of the fields taken from it.
    pub fields: Vec<String>,
}

/// The bibliographic record, members named as Google Books names them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeInfo {
    #[serde(default)]
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Names in display order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub authors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// ISBN_10, ISBN_13 and others.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub industry_identifiers: Vec<IndustryIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub categories: Vec<String>,
    /// 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_rating: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratings_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_links: Option<ImageLinks>,
    /// ISO 639-1 where one exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Ours: the languages of the work's editions, where the edition's own is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
    /// Ours: the series and the number in it, `The Lord of the Rings, #2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Ours: editions of the work that Open Library knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition_count: Option<u32>,
    /// Ours: readers that have or want the work at Open Library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers_count: Option<u32>,
    /// Ours: Hardcover, Audio CD … where a provider says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndustryIdentifier {
    /// `ISBN_10`, `ISBN_13`, `ISSN` or `OTHER`.
    #[serde(rename = "type")]
    pub kind: String,
    pub identifier: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageLinks {
    /// About 80 pixels wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_thumbnail: Option<String>,
    /// About 128 pixels wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}
