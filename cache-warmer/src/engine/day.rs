//! Is there anything to spend today? The leaf says.

use super::outside::Outside;
use super::{Engine, peers};
use crate::ledger::hold::Hold;
use crate::ledger::store::{Change, Store, Stored};
use crate::ledger::weather::Weather;

/// The leaf's quota is read again after that time.
const QUOTA_AGE_MS: u64 = 60_000;
/// A refused key is looked at again after that time: a person has to mend it.
const REFUSED_MS: u64 = 3_600_000;
/// Shorter waits are not announced by a write of their own.
const LONG_WAIT_MS: u64 = 60_000;
/// A wait that ends so much later than the last one is news.
const MUCH_LATER_MS: u64 = 600_000;

/// A wait that a person should be told of at once: a long one, for another reason than the last or
/// much later than that. What comes back every few minutes is told with the progress.
pub(super) fn is_news(hold: Option<&Hold>, before: Option<&Hold>, now_ms: u64) -> bool {
    let same = |hold: &Hold| {
        before.is_some_and(|before| {
            before.reason == hold.reason && hold.until_ms < before.until_ms + MUCH_LATER_MS
        })
    };
    hold.is_some_and(|hold| hold.until_ms > now_ms + LONG_WAIT_MS && !same(hold))
}

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Reads the leaf's quota where it is old; false where everything has to wait.
    pub(super) async fn day_is_open(&self, number: u32) -> Stored<bool> {
        let meta = self.store.meta()?;
        let now_ms = self.outside.now_ms();
        if now_ms.saturating_sub(meta.quota_ms) < QUOTA_AGE_MS {
            return Ok(true);
        }
        let answer = peers::quota(self.outside).await;
        let now_ms = self.outside.now_ms();
        let mut meta = self.store.meta()?;
        let before = meta.hold.clone();
        let mut open = true;
        match answer {
            Ok(quota) => {
                if now_ms > meta.leaf_off_ms + REFUSED_MS {
                    meta.leaf_off = false;
                }
                let spent = quota.left_background == 0 && quota.resets_at_ms > now_ms;
                if let Some(refused) = &quota.refused {
                    let reason = format!("isbndb: refused ({refused}): check key, plan and host");
                    meta.hold = Some(Hold { reason, until_ms: now_ms + REFUSED_MS, streak: 0 });
                    open = false;
                } else if spent {
                    let reason = "isbndb: quota_spent".to_owned();
                    meta.hold = Some(Hold { reason, until_ms: quota.resets_at_ms, streak: 0 });
                    open = false;
                }
                let named = meta.quota.as_ref().is_some_and(|before| before.mismatch.is_some());
                if let Some(mismatch) = quota.mismatch.as_ref().filter(|_| !named) {
                    self.outside.log("plan_mismatch", mismatch, serde_json::json!({}));
                }
                meta.quota = Some(quota);
                meta.quota_ms = now_ms;
            }
            Err(failure) => {
                let mut weather = Weather::default();
                weather.failure(&failure, "isbndb-worker", now_ms);
                meta.hold = weather.hold(meta.hold.as_ref(), now_ms);
                open = false;
            }
        }
        let mut changes = Vec::new();
        let told = !open && is_news(meta.hold.as_ref(), before.as_ref(), now_ms);
        if let Some(mut job) = self.store.job(number)?.filter(|_| told) {
            job.unpublished = true;
            changes.push(Change::Job(Box::new(job)));
        }
        changes.push(Change::Meta(Box::new(meta)));
        self.store.commit(&changes)?;
        Ok(open)
    }
}
