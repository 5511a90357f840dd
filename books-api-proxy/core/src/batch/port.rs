//! The further ports of a batch: bulk calls, and the remaining time and operations.

use std::future::Future;

use bibliography::isbn::Isbn13;
use runtime::api::isbndb::BooksPage;
use runtime::outcome::{Failure, Outcome};

use crate::app::ProxyPorts;
use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::providers::FetchPolicy;
use crate::question::LookupKind;

/// One outcome per ISBN, or why the whole call failed.
pub type Bulk = Result<Vec<Outcome<Vec<Candidate>>>, Failure>;

pub trait BulkPorts: ProxyPorts {
    fn time_left_ms(&self) -> u64;
    /// Operations on the stores that are left to this request.
    fn operations_left(&self) -> u32;
    /// Whether the provider has a key for look-ups of this kind, or needs none.
    fn is_configured(&self, provider: Provider, kind: LookupKind) -> bool;
    /// Fetches editions from one provider, in as few calls as it allows.
    fn editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Bulk>;
    /// A page of an author's books, which the ISBNdb Worker may have in its cache.
    fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchPolicy,
    ) -> impl Future<Output = Outcome<BooksPage>>;
}
