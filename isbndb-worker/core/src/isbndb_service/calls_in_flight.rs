//! The calls to ISBNdb in flight, which equal requests share.

use std::rc::Rc;

use bibliography::edition::Edition;
use runtime::call_outcome::ProviderOutcome;
use runtime::single_flight::SingleFlight;
use runtime::wire_types::isbndb_answers::BulkAnswer;

use super::book_cache::BookListPageHead;

#[derive(Debug)]
pub struct Page {
    pub head: BookListPageHead,
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
