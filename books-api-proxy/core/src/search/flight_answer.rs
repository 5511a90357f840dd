//! The answer of a flight.

use std::rc::Rc;

use runtime::cache_policy::EntryMetadata;

use crate::flight::FlightPage;

/// Both pages of an answer; each request of the flight gets the pages that it needs.
#[derive(Clone, Debug)]
pub struct SingleFlightAnswer {
    pub first: Rc<[u8]>,
    pub overflow: Option<Rc<[u8]>>,
    pub metadata: EntryMetadata,
    /// True if a provider was not queried because the public share of its day is spent: the answer
    /// is not stored, and not given to known callers.
    pub lacks_public_share: bool,
}

impl SingleFlightAnswer {
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
