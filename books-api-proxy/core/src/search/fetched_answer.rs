//! What a flight has fetched.

use std::rc::Rc;

use runtime::cache_policy::Envelope;

use crate::flight::FlightPage;

/// The answer of a flight: both pages, for requests of the one or the other.
#[derive(Clone, Debug)]
pub struct FetchedAnswer {
    pub first: Rc<[u8]>,
    pub overflow: Option<Rc<[u8]>>,
    pub envelope: Envelope,
    /// True if a provider was not asked because anonymous clients have used their share of its day:
    /// the answer is not stored, and not for known callers.
    pub lacks_public_share: bool,
}

impl FetchedAnswer {
    /// The page for the caller: the stored page, or a list of it and the overflow page. Both come from one answer,
    /// because pages of two answers repeat some books and miss others.
    pub fn flight_page(&self, overflow: bool, collapsed: bool) -> FlightPage {
        let page = match (overflow, &self.overflow) {
            (false, _) => Rc::clone(&self.first),
            (true, None) => [b"[", &*self.first, b"]"].concat().into(),
            (true, Some(overflow)) => [b"[", &*self.first, b",", &**overflow, b"]"].concat().into(),
        };
        FlightPage { page, envelope: self.envelope.clone(), collapsed }
    }
}
