//! The calls to ISBNdb in flight, which equal requests share.

use std::rc::Rc;

use bibliography::edition::Edition;
use runtime::api::isbndb::BulkAnswer;
use runtime::outcome::Outcome;
use runtime::single_flight::SingleFlight;

use super::cache::StoredList;

#[derive(Debug)]
pub struct Page {
    pub head: StoredList,
    pub books: Vec<Edition>,
}

/// The calls by kind of request.
#[derive(Default)]
pub struct CallsInFlight {
    pub books: Rc<SingleFlight<Outcome<Rc<Edition>>>>,
    pub bulks: Rc<SingleFlight<Rc<BulkAnswer>>>,
    pub pages: Rc<SingleFlight<Outcome<Rc<Page>>>>,
    pub usage: Rc<SingleFlight<()>>,
}
