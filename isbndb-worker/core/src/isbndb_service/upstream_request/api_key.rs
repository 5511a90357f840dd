//! The ISBNdb key of a call.

use ports::Transport;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::secret::Secret;
use runtime::time::DAY_MS;

use super::super::isbndb_store::IsbndbStore;
use super::super::{IsbndbService, IsbndbServicePorts, RequestContext};
use crate::isbndb_api::isbndb_requests::RequestBuilder;

/// A key that was unreadable for this long counts as removed.
const KEY_OUT_MS: u64 = DAY_MS;
/// `Retry-After` while the key cannot be read.
const KEY_RETRY_MS: u64 = 5_000;

impl<T: Transport + 'static, H: IsbndbServicePorts, S: IsbndbStore> IsbndbService<T, H, S> {
    /// Builder of requests with the caller's key.
    pub(in super::super) fn request_builder<'a>(
        &'a self,
        caller: &'a RequestContext,
    ) -> Result<RequestBuilder<'a>, Failure> {
        let key = self.api_key(caller)?;
        Ok(RequestBuilder { base_url: &self.config.plan.base_url, key: key.expose() })
    }

    /// The caller's key. An unreadable key that was in use lately is an outage, not "not
    /// configured": an answer without a provider that is not configured counts as complete.
    pub(super) fn api_key<'a>(&self, caller: &'a RequestContext) -> Result<&'a Secret, Failure> {
        let lately = |sent_at_ms: u64| self.host.now_ms() < sent_at_ms.saturating_add(KEY_OUT_MS);
        caller.key.as_ref().ok_or_else(|| {
            if caller.key_unreadable && lately(self.inner.borrow().state.key_sent_at_ms) {
                Failure::unavailable("the key of ISBNdb cannot be read", KEY_RETRY_MS)
            } else {
                Failure::Provider(ProviderFailure::NotConfigured)
            }
        })
    }
}
