//! How many items a batch for the proxy has. The size is learned from earlier batches, since the
//! platform reports neither the used nor the remaining time of a request.

use std::collections::BTreeMap;

use runtime::call_outcome::{Failure, InternalError, ProviderFailure};
use runtime::wire_types::batch_search_wire_types::{BatchItemOutcome, BatchItemResult};
use serde::{Deserialize, Serialize};

use super::warming_item::{WarmStage, WarmingItem};

/// Batches that must succeed before the size grows by one item.
const GOOD_BATCHES: u32 = 10;

/// Kinds of batches, by the work that an item causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WarmingBatchKind {
    Author,
    #[default]
    Isbn,
    Title,
    /// Reads the cache only.
    LookUp,
}

impl WarmingBatchKind {
    /// The kind of an item's batch; refreshing an item is as much work as warming it.
    pub(crate) fn of(item: &WarmingItem) -> Self {
        let stage =
            if item.stage == WarmStage::Refresh { item.target.first_stage() } else { item.stage };
        match stage {
            WarmStage::Author => Self::Author,
            WarmStage::Isbn => Self::Isbn,
            WarmStage::Title | WarmStage::Refresh => Self::Title,
        }
    }

    /// The size until a batch is too large.
    pub(crate) fn usual_size(self) -> u32 {
        match self {
            // Each is a page of books that the proxy reads and stores.
            Self::Author => 5,
            // Each is a search that waits for the provider's pace.
            Self::Title => 5,
            Self::Isbn => 20,
            Self::LookUp => 30,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LearnedSize {
    items: u32,
    /// Batches that succeeded since the last change of the size.
    good: u32,
}

/// How a batch ended that the proxy ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchSizeOutcome {
    sent: u32,
    is_whole: bool,
}

impl BatchSizeOutcome {
    /// `None` if the end does not depend on the batch's size: it was refused or not sent.
    pub(crate) fn of(sent: usize, answer: &Result<Vec<BatchItemResult>, Failure>) -> Option<Self> {
        let is_whole = match answer {
            Ok(results) => {
                results.iter().all(|result| result.outcome != BatchItemOutcome::Deferred)
            }
            Err(failure) if is_overload(failure) => false,
            Err(_) => return None,
        };
        Some(Self { sent: u32::try_from(sent).unwrap_or(u32::MAX), is_whole })
    }
}

/// Whether a batch may have been too large for one request: it timed out, or the platform ended or
/// broke a Worker or an object (1102).
fn is_overload(failure: &Failure) -> bool {
    matches!(
        failure.root_cause(),
        Failure::Provider(
            ProviderFailure::Timeout
                | ProviderFailure::DeadlineExceeded
                | ProviderFailure::Unreachable
                | ProviderFailure::Upstream { status: 500.., .. }
        ) | Failure::Internal(InternalError::Fault { .. })
    )
}

/// The learned sizes of the kinds whose batches were too large.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, LearnedSize>")]
pub(crate) struct LearnedBatchSizes(BTreeMap<WarmingBatchKind, LearnedSize>);

/// A kind of another version is dropped, so that the job can be read.
impl From<BTreeMap<String, LearnedSize>> for LearnedBatchSizes {
    fn from(stored: BTreeMap<String, LearnedSize>) -> Self {
        let kind = |name: String| serde_json::from_value(name.into()).ok();
        Self(stored.into_iter().filter_map(|(name, size)| Some((kind(name)?, size))).collect())
    }
}

impl LearnedBatchSizes {
    pub(crate) fn of(&self, kind: WarmingBatchKind) -> u32 {
        self.0.get(&kind).map_or(kind.usual_size(), |learned| learned.items)
    }

    pub(crate) fn learn(&mut self, kind: WarmingBatchKind, ends: &[BatchSizeOutcome]) {
        for end in ends {
            match end.is_whole {
                true => self.was_good(kind, end.sent),
                false => self.was_too_large(kind, end.sent),
            }
        }
    }

    /// A batch of so many items failed or was not completed in time.
    fn was_too_large(&mut self, kind: WarmingBatchKind, sent: u32) {
        // A batch of one has no smaller size.
        if sent > 1 {
            let items = self.of(kind).min(sent / 2);
            self.0.insert(kind, LearnedSize { items, good: 0 });
        }
    }

    /// A batch was completed. A batch smaller than the learned size does not count.
    fn was_good(&mut self, kind: WarmingBatchKind, sent: u32) {
        let Some(learned) = self.0.get_mut(&kind).filter(|learned| sent >= learned.items) else {
            return;
        };
        learned.good += 1;
        if learned.good >= GOOD_BATCHES {
            *learned = LearnedSize { items: learned.items + 1, good: 0 };
        }
        if learned.items >= kind.usual_size() {
            self.0.remove(&kind);
        }
    }

    /// The sizes that differ from the usual ones.
    pub(crate) fn learned_sizes(&self) -> BTreeMap<WarmingBatchKind, u32> {
        self.0.iter().map(|(kind, learned)| (*kind, learned.items)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_batch_is_halved_down_to_one_item() {
        let mut sizes = LearnedBatchSizes::default();
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(sizes.of(WarmingBatchKind::Isbn));
            sizes.was_too_large(WarmingBatchKind::Isbn, sizes.of(WarmingBatchKind::Isbn));
        }
        assert_eq!(seen, [20, 10, 5, 2, 1, 1]);
        assert_eq!(sizes.of(WarmingBatchKind::Author), 5, "each kind has a size of its own");
        // A failed probe of one item changes nothing.
        let mut sizes = LearnedBatchSizes::default();
        sizes.was_too_large(WarmingBatchKind::Isbn, 1);
        assert_eq!(sizes, LearnedBatchSizes::default());
    }

    #[test]
    fn ten_good_batches_add_one_item() {
        let mut sizes = LearnedBatchSizes::default();
        sizes.was_too_large(WarmingBatchKind::Author, 5);
        let mut seen = vec![sizes.of(WarmingBatchKind::Author)];
        for _ in 0..40 {
            sizes.was_good(WarmingBatchKind::Author, sizes.of(WarmingBatchKind::Author));
            if seen.last() != Some(&sizes.of(WarmingBatchKind::Author)) {
                seen.push(sizes.of(WarmingBatchKind::Author));
            }
        }
        assert_eq!(seen, [2, 3, 4, 5]);
        assert_eq!(sizes, LearnedBatchSizes::default(), "the usual size is not kept");
    }

    #[test]
    fn a_smaller_batch_does_not_raise_the_size() {
        let mut sizes = LearnedBatchSizes::default();
        sizes.was_too_large(WarmingBatchKind::Isbn, 20);
        for _ in 0..40 {
            sizes.was_good(WarmingBatchKind::Isbn, 9);
        }
        assert_eq!(sizes.of(WarmingBatchKind::Isbn), 10);
        (0..10).for_each(|_| sizes.was_good(WarmingBatchKind::Isbn, 10));
        assert_eq!(sizes.of(WarmingBatchKind::Isbn), 11);
    }

    #[test]
    fn only_an_overload_shrinks_a_batch() {
        let upstream = |status| ProviderFailure::Upstream { status, retry_after_ms: None };
        for (failure, is_overload) in [
            (Failure::from(ProviderFailure::Timeout), true),
            (ProviderFailure::DeadlineExceeded.into(), true),
            (ProviderFailure::Unreachable.into(), true),
            (upstream(500).into(), true),
            (upstream(503).into(), true),
            (Failure::internal("exceeded its CPU time"), true),
            (upstream(418).into(), false),
            (ProviderFailure::RateLimited { retry_after_ms: 1, local: true }.into(), false),
            (ProviderFailure::CircuitOpen { retry_after_ms: 1 }.into(), false),
            (ProviderFailure::QuotaSpent { until_ms: 1 }.into(), false),
            (ProviderFailure::malformed("x").into(), false),
            (Failure::bad_request("x"), false),
            (Failure::not_found("x"), false),
        ] {
            let end = BatchSizeOutcome::of(20, &Err(failure.clone()));
            assert_eq!(
                end,
                is_overload.then_some(BatchSizeOutcome { sent: 20, is_whole: false }),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn a_kind_of_another_version_is_dropped() {
        let stored = r#"{"isbn":{"items":7,"good":1},"refresh":{"items":5,"good":0}}"#;
        let sizes: LearnedBatchSizes = serde_json::from_str(stored).unwrap();
        assert_eq!(sizes.learned_sizes(), BTreeMap::from([(WarmingBatchKind::Isbn, 7)]));
    }

    #[test]
    fn a_job_stores_the_learned_sizes() {
        let mut sizes = LearnedBatchSizes::default();
        sizes.was_too_large(WarmingBatchKind::LookUp, 30);
        let text = serde_json::to_string(&sizes).unwrap();
        assert_eq!(text, r#"{"lookUp":{"items":15,"good":0}}"#);
        assert_eq!(serde_json::from_str::<LearnedBatchSizes>(&text).unwrap(), sizes);
    }
}
