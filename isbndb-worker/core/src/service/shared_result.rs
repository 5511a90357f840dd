//! What calls in flight give to all their waiters.

use std::rc::Rc;

use bibliography::edition::Edition;
use runtime::api::isbndb::BulkAnswer;
use runtime::outcome::Outcome;

use super::cache::ListHead;

#[derive(Debug)]
pub struct Page {
    pub head: ListHead,
    pub books: Vec<Edition>,
}

/// The result of a shared call. One type for all of them: each would have its own copy of the shared
/// future in the wasm.
#[derive(Clone)]
pub enum SharedResult {
    Book(Outcome<Rc<Edition>>),
    Bulk(Rc<BulkAnswer>),
    Page(Outcome<Rc<Page>>),
    /// The key's usage, taken over.
    Usage,
}
