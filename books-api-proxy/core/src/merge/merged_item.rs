use runtime::wire_types::volume::Volume;

use super::folded_texts::FoldedTexts;

/// An item, and its best position in any provider's answer.
#[derive(Clone, Debug)]
pub(super) struct MergedItem {
    pub(super) volume: Volume,
    pub(super) rank: u32,
    pub(super) texts: FoldedTexts,
}
