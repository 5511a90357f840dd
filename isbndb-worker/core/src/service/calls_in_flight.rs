//! The calls to ISBNdb in flight, which equal requests share.

use std::rc::Rc;

use bibliography::edition::Edition;
use runtime::outcome::ProviderOutcome;
use runtime::single_flight::SingleFlight;
use runtime::wire_types::isbndb::BulkAnswer;

use super::cache::StoredList;

#[derive(Debug)]
pub struct Page {
    pub head: StoredList,
    pub books: Vec<Edition>,
}

/// The calls by kind of request.
#[derive(Default)]
pub struct CallsInFlight {
    pub books: Rc<SingleFlight<ProviderOutcome<Rc<Edition>>>>,
    pub bulks: Rc<SingleFlight<Rc<BulkAnswer>>>,
    pub pages: Rc<SingleFlight<ProviderOutcome<Rc<Page>>>>,
    pub usage: Rc<SingleFlight<()>>,
}
