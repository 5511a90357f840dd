//! How many items are sent to the proxy in one batch: what a batch may cost there is learned, since the
//! platform says neither how much time a request has used nor how much it has left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::item::Stage;

/// After so many good batches the next one has one item more.
const GOOD_BATCHES: u32 = 10;

/// What the items of a batch cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum BatchKind {
    Author,
    #[default]
    Isbn,
    Title,
    Refresh,
    /// Reads the cache only.
    LookUp,
}

impl BatchKind {
    pub(crate) fn of(stage: Stage) -> Self {
        match stage {
            Stage::Author => Self::Author,
            Stage::Isbn => Self::Isbn,
            Stage::Title => Self::Title,
            Stage::Refresh => Self::Refresh,
        }
    }

    /// Items of a batch, as long as none was too large.
    pub(crate) fn usual_size(self) -> u32 {
        match self {
            // Each is a page of books that the proxy reads and stores.
            Self::Author => 5,
            // Each is a search at the provider's pace.
            Self::Title => 5,
            Self::Isbn | Self::Refresh => 20,
            Self::LookUp => 30,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LearnedSize {
    items: u32,
    /// Batches that ended well since it changed.
    good: u32,
}

/// The kinds whose batches were too large.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BatchSizes(BTreeMap<BatchKind, LearnedSize>);

impl BatchSizes {
    pub(crate) fn of(&self, kind: BatchKind) -> u32 {
        self.0.get(&kind).map_or(kind.usual_size(), |learned| learned.items)
    }

    /// A batch of so many items failed, or not all of it was done in time.
    pub(crate) fn was_too_large(&mut self, kind: BatchKind, sent: u32) {
        // An item that fails alone says nothing about the size.
        if sent > 1 {
            let items = self.of(kind).min(sent / 2);
            self.0.insert(kind, LearnedSize { items, good: 0 });
        }
    }

    /// A batch was done as a whole.
    pub(crate) fn was_good(&mut self, kind: BatchKind) {
        let Some(learned) = self.0.get_mut(&kind) else { return };
        learned.good += 1;
        if learned.good >= GOOD_BATCHES {
            *learned = LearnedSize { items: learned.items + 1, good: 0 };
        }
        if learned.items >= kind.usual_size() {
            self.0.remove(&kind);
        }
    }

    /// The sizes that differ from the usual ones.
    pub(crate) fn learned(&self) -> BTreeMap<BatchKind, u32> {
        self.0.iter().map(|(kind, learned)| (*kind, learned.items)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_batch_is_halved_down_to_one_item() {
        let mut sizes = BatchSizes::default();
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(sizes.of(BatchKind::Isbn));
            sizes.was_too_large(BatchKind::Isbn, sizes.of(BatchKind::Isbn));
        }
        assert_eq!(seen, [20, 10, 5, 2, 1, 1]);
        assert_eq!(sizes.of(BatchKind::Author), 5, "each kind has a size of its own");
        // A probe of one item that fails changes nothing.
        let mut sizes = BatchSizes::default();
        sizes.was_too_large(BatchKind::Isbn, 1);
        assert_eq!(sizes, BatchSizes::default());
    }

    #[test]
    fn ten_good_batches_add_one_item() {
        let mut sizes = BatchSizes::default();
        sizes.was_too_large(BatchKind::Author, 5);
        let mut seen = vec![sizes.of(BatchKind::Author)];
        for _ in 0..40 {
            sizes.was_good(BatchKind::Author);
            if seen.last() != Some(&sizes.of(BatchKind::Author)) {
                seen.push(sizes.of(BatchKind::Author));
            }
        }
        assert_eq!(seen, [2, 3, 4, 5]);
        assert_eq!(sizes, BatchSizes::default(), "the usual size is not kept");
    }

    #[test]
    fn a_job_keeps_what_was_learned() {
        let mut sizes = BatchSizes::default();
        sizes.was_too_large(BatchKind::LookUp, 30);
        let text = serde_json::to_string(&sizes).unwrap();
        assert_eq!(text, r#"{"lookUp":{"items":15,"good":0}}"#);
        assert_eq!(serde_json::from_str::<BatchSizes>(&text).unwrap(), sizes);
    }
}
