//! Whether ISBNdb's day has quota left, as the ISBNdb Worker reports it.

use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;

use super::ports::WarmerPorts;
use super::{WarmingEngine, sibling_worker_client};
use crate::warming_ledger::backoff::WarmingBackoff;
use crate::warming_ledger::batch_provider_health::BatchProviderHealth;
use crate::warming_ledger::warming_ledger_store::{
    StorageResult, ToWarmingLedgerRow, WarmingLedgerStore,
};

/// The quota of the ISBNdb Worker is read again after that time.
const QUOTA_AGE_MS: u64 = 60_000;
/// A refused key is checked again after that time: the operator has to correct it.
const REFUSED_MS: u64 = 3_600_000;
/// A shorter wait is not published at once.
const LONG_WAIT_MS: u64 = 60_000;
/// A wait that ends at least so much later than the last one is published again.
const MUCH_LATER_MS: u64 = 600_000;

/// Whether a wait is published at once: it is long, and its reason is new or its end much later.
/// A short, repeated wait is published with the progress.
pub(super) fn is_new_reason(
    backoff: Option<&WarmingBackoff>,
    before: Option<&WarmingBackoff>,
    now_ms: u64,
) -> bool {
    let same = |backoff: &WarmingBackoff| {
        before.is_some_and(|before| {
            before.reason == backoff.reason && backoff.until_ms < before.until_ms + MUCH_LATER_MS
        })
    };
    backoff.is_some_and(|backoff| backoff.until_ms > now_ms + LONG_WAIT_MS && !same(backoff))
}

/// The pause of all work while ISBNdb refuses the key, or after its day is spent.
fn quota_pause(quota: &QuotaStatusAnswer, now_ms: u64) -> Option<WarmingBackoff> {
    if let Some(refused) = &quota.refused {
        let reason = format!("isbndb: refused ({refused}): check key, plan and host");
        return Some(WarmingBackoff::new(reason, now_ms + REFUSED_MS));
    }
    let is_spent = quota.left_background == 0 && quota.resets_at_ms > now_ms;
    is_spent.then(|| WarmingBackoff::new("isbndb: quota_spent".to_owned(), quota.resets_at_ms))
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Reads the ISBNdb Worker's quota if the stored one is old; false if all work has to wait.
    pub(super) async fn has_quota_today(&self, number: u32) -> StorageResult<bool> {
        let quota_ms = self.store.warmer_state()?.quota_ms;
        if self.ports.now_ms().saturating_sub(quota_ms) < QUOTA_AGE_MS {
            return Ok(true);
        }
        let answer = sibling_worker_client::fetch_quota(self.ports).await;
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.warmer_state()?;
        let before = meta.backoff.clone();
        let open = match answer {
            Ok(quota) => {
                if now_ms > meta.isbndb_no_key_since_ms + REFUSED_MS {
                    meta.isbndb_has_no_key = false;
                }
                let named = meta.quota.as_ref().is_some_and(|before| before.mismatch.is_some());
                if let Some(mismatch) = quota.mismatch.as_ref().filter(|_| !named) {
                    self.ports.log("plan_mismatch", mismatch, serde_json::json!({}));
                }
                let pause = quota_pause(&quota, now_ms);
                meta.quota = Some(quota);
                meta.quota_ms = now_ms;
                let open = pause.is_none();
                meta.backoff = pause.or(meta.backoff);
                open
            }
            Err(failure) => {
                let health = BatchProviderHealth::of_failed_call(&failure, "isbndb-worker", now_ms);
                meta.backoff = health.backoff(meta.backoff.as_ref(), now_ms);
                false
            }
        };
        let mut rows = Vec::new();
        let view = !open && is_new_reason(meta.backoff.as_ref(), before.as_ref(), now_ms);
        if let Some(mut job) = self.store.job(number)?.filter(|_| view) {
            job.unpublished = true;
            rows.push(job.to_ledger_row()?);
        }
        rows.push(meta.to_ledger_row()?);
        self.store.write_ledger_rows(rows)?;
        Ok(open)
    }
}
