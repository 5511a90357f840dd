//! The further ports of a batch: bulk calls, and the remaining time and operations.

use std::future::Future;

use bibliography::isbn::Isbn13;
use runtime::outcome::{Failure, ProviderOutcome};
use runtime::wire_types::isbndb::BooksPage;

use crate::app::ProxyPorts;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;
use crate::providers::FetchOptions;
use crate::question::LookupKind;

/// One outcome per ISBN, or why the whole call failed.
pub type BulkOutcome = Result<Vec<ProviderOutcome<Vec<ProviderRecord>>>, Failure>;

pub trait BulkPorts: ProxyPorts {
    fn time_left_ms(&self) -> u64;
    /// Operations on the stores that are left to this request.
    fn operations_left(&self) -> u32;
    /// Whether the provider has a key for look-ups of this kind, or needs none.
    fn is_configured(&self, provider: Provider, kind: LookupKind) -> bool;
    /// Fetches editions from one provider, in as few calls as it allows.
    fn fetch_editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: FetchOptions,
    ) -> impl Future<Output = BulkOutcome>;
    /// A page of an author's books, which the ISBNdb Worker may have in its cache.
    fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchOptions,
    ) -> impl Future<Output = ProviderOutcome<BooksPage>>;
}
