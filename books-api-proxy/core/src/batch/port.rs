//! The ports of warming in addition to those of a search: bulk calls, and what a request has left.

use std::future::Future;

use bibliography::isbn::Isbn13;
use runtime::api::isbndb::BooksPage;
use runtime::outcome::{Failure, Outcome};

use crate::app::ProxyPorts;
use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::providers::FetchPolicy;

/// One outcome per ISBN, or why the whole call failed.
pub type Bulk = Result<Vec<Outcome<Vec<Candidate>>>, Failure>;

/// Bulk calls, all of the background class.
pub trait BulkPorts: ProxyPorts {
    fn time_left_ms(&self) -> u64;
    /// Operations on the stores that this request may still make.
    fn operations_left(&self) -> u32;
    fn is_configured(&self, provider: Provider) -> bool;
    /// Many editions of one provider, in as few calls as it allows.
    fn editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Bulk>;
    /// A page of an author's books at ISBNdb; the ISBNdb Worker has it in its own cache where the warmer
    /// fetched it just before.
    fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Outcome<BooksPage>>;
}
