//! The ports of warming in addition to those of a search: bulk calls.

use std::future::Future;

use bibliography::isbn::Isbn13;
use runtime::api::isbndb::BooksPage;
use runtime::outcome::{Failure, Outcome};

use crate::app::Ports;
use crate::candidate::Candidate;
use crate::providers::FetchPolicy;

/// One outcome per ISBN, or why the whole call failed.
pub type Bulk = Result<Vec<Outcome<Vec<Candidate>>>, Failure>;

/// Bulk calls, all of the background class.
pub trait BulkPorts: Ports {
    /// Whether Google Books is configured.
    fn has_google(&self) -> bool;
    /// Many editions of ISBNdb in one call.
    fn isbndb_editions(
        &self,
        isbns: &[Isbn13],
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Bulk>;
    /// Many editions of Open Library in one call.
    fn open_library_editions(&self, isbns: &[Isbn13]) -> impl Future<Output = Bulk>;
    /// One edition of Google Books.
    fn google_edition(&self, isbn: Isbn13) -> impl Future<Output = Outcome<Vec<Candidate>>>;
    /// A page of an author's books at ISBNdb; the ISBNdb Worker has it in its own cache where the warmer
    /// fetched it just before.
    fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Outcome<BooksPage>>;
    /// An author's works at Open Library.
    fn open_library_author(&self, name: &str) -> impl Future<Output = Outcome<Vec<Candidate>>>;
}
