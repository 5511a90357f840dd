//! A search answer in Google Books' shape (existing clients read it), plus our own members.

mod google_shape;

pub use google_shape::{FieldSource, Volume};

use serde::{Deserialize, Serialize};

/// `books#volumes`: one page of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumesPage {
    pub kind: String,
    /// The number of books in the merged answer.
    pub total_items: u32,
    #[serde(default)]
    pub items: Vec<Volume>,
    /// The provider with the most records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub providers: Vec<ProviderReport>,
    /// True if a queried provider gave no answer.
    #[serde(default)]
    pub partial: bool,
    /// True if no provider found anything, and a wider query found these.
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// `isbn`, `author`, `title` or `mixed`.
    #[serde(rename = "type")]
    pub kind: String,
    pub confidence: f32,
    /// The normalised form, from which the cache key is made.
    pub normalized: String,
    /// The ISBN that was looked up instead of one with a wrong check digit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repaired: Option<String>,
}
