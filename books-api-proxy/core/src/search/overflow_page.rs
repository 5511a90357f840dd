//! The items past the stored page, for views that need all items.

use runtime::cache_policy::Freshness;
use runtime::cache_policy::entry_lifetimes::classify_freshness;
use runtime::cache_policy::status_header::{CacheForwarding, CacheTier, TierOutcome};
use runtime::wire_types::volume::SearchAnswerPage;

use super::serve_search::{ResponseOrigin, SearchError, SearchRun, XCache, run_flight};
use crate::cache::tier_lookup::{are_of_one_answer, read_cold, remaining_ttl_secs};
use crate::config::STORED_PAGE_MAX_ITEMS;
use crate::flight::{AllProvidersFailed, FetchReason, SingleFlightRequest};
use crate::result_options::ResultOptions;
use crate::search_context::ProxyPorts;

impl<P: ProxyPorts> SearchRun<'_, P> {
    /// Adds the overflow items to a stored page, if the view needs them. Without them the answer
    /// is marked partial, so that no cache keeps it.
    /// Errors: the view starts past the stored page, and the overflow page cannot be read or
    /// fetched.
    pub async fn add_overflow(
        &self,
        view: &ResultOptions,
        origin: &mut ResponseOrigin,
        volumes: &mut SearchAnswerPage,
    ) -> Result<(), SearchError> {
        if !view.needs_overflow() || volumes.total_items <= STORED_PAGE_MAX_ITEMS {
            return Ok(());
        }
        if self.add_stored_overflow(origin, volumes).await {
            return Ok(());
        }
        match self.fetch_all_items(origin, volumes).await {
            Ok(true) => {}
            Err(all_failed) if view.start_index >= STORED_PAGE_MAX_ITEMS => {
                return Err(all_failed.into());
            }
            Ok(false) | Err(_) => {
                volumes.partial = true;
                origin.metadata.partial = true;
            }
        }
        Ok(())
    }

    /// Reads the overflow page from the cold tier. If the served page is a copy of a replaced
    /// entry, both current pages are read, and the copy is replaced. False if no matching pages
    /// are stored.
    async fn add_stored_overflow(
        &self,
        origin: &mut ResponseOrigin,
        volumes: &mut SearchAnswerPage,
    ) -> bool {
        let Self { app, key, .. } = self;
        let (stores, now_ms) = (app.ports.cache_stores(), app.ports.now_ms());
        let Some((metadata_of_page, _, bytes)) =
            read_cold(stores, &key.page_key(STORED_PAGE_MAX_ITEMS)).await
        else {
            return false;
        };
        let Ok(overflow) = serde_json::from_slice::<SearchAnswerPage>(&bytes) else { return false };
        if !are_of_one_answer(&origin.metadata, &metadata_of_page) {
            let Some((metadata, body, bytes)) = read_cold(stores, key).await else { return false };
            let fresh = classify_freshness(&metadata, now_ms);
            if !matches!(fresh, Freshness::Fresh | Freshness::Stale)
                || !are_of_one_answer(&metadata, &metadata_of_page)
            {
                return false;
            }
            let Ok(page) = serde_json::from_slice(&bytes) else { return false };
            let copied = app.entry_writer(key).promote(&body, &metadata).await;
            app.isolate_state.promotions.borrow_mut().record_copy(copied);
            app.isolate_state.memory.borrow_mut().remove(key.as_str());
            *volumes = page;
            mark_unused(&mut origin.tier_log);
            let hit = TierOutcome::Hit { ttl_secs: remaining_ttl_secs(&metadata, now_ms) };
            origin.tier_log.push((CacheTier::Cold, hit));
            origin.x_cache = XCache::of(CacheTier::Cold, fresh);
            origin.metadata = metadata;
        }
        volumes.items.extend(overflow.items);
        true
    }

    /// Fetches both pages from the providers. False if they do not match the total.
    async fn fetch_all_items(
        &self,
        origin: &mut ResponseOrigin,
        volumes: &mut SearchAnswerPage,
    ) -> Result<bool, AllProvidersFailed> {
        let admission = self.app.ports.admit_miss().await?;
        let flight = SingleFlightRequest {
            overflow: true,
            may_widen: origin.metadata.widened && admission.may_widen,
            ..self.flight_request(FetchReason::Miss, Some(origin.metadata.clone()), admission)
        };
        let flight_page = run_flight(self.app, &flight).await?;
        let pages: Vec<SearchAnswerPage> =
            serde_json::from_slice(&flight_page.page).unwrap_or_default();
        let mut pages = pages.into_iter();
        let Some(mut whole) = pages.next() else { return Ok(false) };
        whole.items.extend(pages.flat_map(|page| page.items));
        if u32::try_from(whole.items.len()) != Ok(whole.total_items) {
            return Ok(false);
        }
        *volumes = whole;
        mark_unused(&mut origin.tier_log);
        origin.x_cache = XCache::Miss;
        origin.forwarding = CacheForwarding { stored: true, collapsed: flight_page.collapsed };
        origin.metadata = flight_page.metadata;
        origin.stale_reason = None;
        Ok(true)
    }
}

/// Marks the hit of the last tier as not used.
fn mark_unused(tier_log: &mut [(CacheTier, TierOutcome)]) {
    if let Some((_, outcome @ TierOutcome::Hit { .. })) = tier_log.last_mut() {
        *outcome = TierOutcome::Expired;
    }
}
