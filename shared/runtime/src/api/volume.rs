//! A search answer in Google Books' shape (existing clients read it), plus our own members.

mod google_shape;

use bibliography::edition::Edition;
use serde::{Deserialize, Serialize};

/// `books#volumes`: one page of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volumes {
    pub kind: String,
    /// Books the merged answer holds.
    pub total_items: u32,
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

/// One item of an answer. Its JSON is Google's: see `google_shape`.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Ours: stable for the same edition.
    pub id: String,
    pub edition: Edition,
    /// Which provider gave which group of fields.
    pub sources: Vec<FieldSource>,
    /// Open Library's work, where known.
    pub work_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldSource {
    pub provider: String,
    pub fields: Vec<String>,
}
