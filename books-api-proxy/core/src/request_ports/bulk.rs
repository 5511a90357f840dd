//! Implements the bulk ports of one request.

use bibliography::isbn::Isbn13;
use ports::Clock;
use runtime::outcome::ProviderOutcome;
use runtime::wire_types::isbndb::BooksPage;

use super::RequestPorts;
use crate::batch::bulk_ports::{BulkOutcome, BulkPorts};
use crate::cache::store_port::CacheStores;
use crate::platform::Platform;
use crate::provider::Provider;
use crate::provider_calls::{google, isbndb, open_library, provider_keys};
use crate::providers::FetchOptions;
use crate::question::LookupKind;

/// Below the 1,000 operations after which the platform ends a request.
const MAX_OPERATIONS: u32 = 950;

impl<E: Platform> BulkPorts for RequestPorts<E> {
    fn time_left_ms(&self) -> u64 {
        self.request_env.context.remaining_ms(self.now_ms())
    }

    fn operations_left(&self) -> u32 {
        MAX_OPERATIONS.saturating_sub(self.stores.operation_count())
    }

    fn is_configured(&self, provider: Provider, kind: LookupKind) -> bool {
        let has = |name: &str| self.request_env.platform().has(name);
        match provider {
            Provider::GoogleBooks => provider_keys::has_google_key(has, kind),
            Provider::Isbndb | Provider::OpenLibrary => true,
        }
    }

    async fn fetch_editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: FetchOptions,
    ) -> BulkOutcome {
        let (request_env, class) = (&self.request_env, fetch_policy.class);
        match provider {
            Provider::Isbndb => isbndb::bulk(request_env, isbns, fetch_policy).await,
            Provider::OpenLibrary => Ok(open_library::bulk(request_env, isbns, class).await),
            Provider::GoogleBooks => {
                let mut outcomes = Vec::new();
                for isbn in isbns {
                    outcomes.push(google::fetch_edition(request_env, *isbn, class).await);
                }
                Ok(outcomes)
            }
        }
    }

    async fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: FetchOptions,
    ) -> ProviderOutcome<BooksPage> {
        isbndb::author_page(&self.request_env, name, page, fetch_policy).await
    }
}
