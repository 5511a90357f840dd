//! Equal questions share one fan-out across isolates: the flight object of their shard runs it.

pub mod flight_client;
pub mod recent_answers;

use std::rc::Rc;

use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::{Failure, known_failure};
use runtime::lenient;
use runtime::wire_types::volume::ProviderReport;
use serde::{Deserialize, Serialize};

use crate::search_question::SearchQuestion;

/// The number of flight objects: enough that no object gets a thousand requests a second.
pub const SHARDS: u32 = 16;

/// The metadata of a page in the object's response.
pub const ENVELOPE_HEADER: &str = "x-envelope";
/// Set if the request joined another request's flight.
pub const COLLAPSED_HEADER: &str = "x-collapsed";
/// Set if the body is an [`AllProvidersFailed`].
pub const ALL_FAILED_HEADER: &str = "x-all-providers-failed";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FetchReason {
    #[default]
    Miss,
    /// A stale entry was served; no client waits.
    Refresh,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SingleFlightRequest {
    pub question: SearchQuestion,
    #[serde(default, deserialize_with = "lenient::default_if_unreadable")]
    pub mode: FetchReason,
    /// The metadata that the caller found in the cache.
    #[serde(default, deserialize_with = "lenient::default_if_unreadable")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<EntryMetadata>,
    /// True if the caller needs the items past the stored page too.
    #[serde(default)]
    pub overflow: bool,
    /// True if a wider question may follow one that every provider denies.
    #[serde(default)]
    pub may_widen: bool,
    /// True if an anonymous client caused the flight: its calls have the class `Public`.
    #[serde(default)]
    pub is_public: bool,
}

/// A merged page, which the flight stores in most cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlightPage {
    /// The stored page; with `overflow` a list of the stored page and the overflow page.
    pub page: Rc<[u8]>,
    pub metadata: EntryMetadata,
    /// True if the request joined another one's flight.
    pub collapsed: bool,
}

/// Both pages of an answer; each request of the flight gets the pages that it needs.
#[derive(Clone, Debug)]
pub struct FlightAnswerPages {
    pub first: Rc<[u8]>,
    pub overflow: Option<Rc<[u8]>>,
    pub metadata: EntryMetadata,
    /// True if a provider was not queried because the public share of its day is spent: the answer
    /// is not stored, and not given to known callers.
    pub lacks_public_share: bool,
}

impl FlightAnswerPages {
    /// The stored page, or a list of the stored page and the overflow page. Both are from one
    /// answer: pages of two answers would repeat some books and miss others.
    pub fn caller_page(&self, overflow: bool, collapsed: bool) -> FlightPage {
        let page = match (overflow, &self.overflow) {
            (false, _) => Rc::clone(&self.first),
            (true, None) => [b"[", &*self.first, b"]"].concat().into(),
            (true, Some(overflow)) => [b"[", &*self.first, b",", &**overflow, b"]"].concat().into(),
        };
        FlightPage { page, metadata: self.metadata.clone(), collapsed }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllProvidersFailed {
    #[serde(deserialize_with = "known_failure")]
    pub failure: Failure,
    pub providers: Vec<ProviderReport>,
    /// True if a provider was not queried because the public share of its day is spent.
    #[serde(default, rename = "lacks_share")]
    pub lacks_public_share: bool,
}

impl From<Failure> for AllProvidersFailed {
    fn from(failure: Failure) -> Self {
        Self { failure, providers: Vec::new(), lacks_public_share: false }
    }
}

pub type FlightPageResult = Result<FlightPage, AllProvidersFailed>;
