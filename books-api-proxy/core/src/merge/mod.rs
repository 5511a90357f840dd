//! Merges the records of the providers to one ranked list of books.
//!
//! 1. Records of one ISBN become one item with the best value per field (`field_picker`).
//! 2. Items are grouped by work (`work_grouping`); fields of the work's own record fill their
//!    missing ones.
//! 3. Works and their editions are ranked for the query (`rank`, `relevance`, `franchise`,
//!    `derivative_works`).
//!
//! The result does not depend on the order of the input, and merging a result again changes
//! nothing, because the ranks depend on fields of the items, and a record's position only breaks
//! ties. A batch relies on this: it takes stored answers apart ([`candidates_of`]) and merges
//! further records into them.

mod derivative_works;
mod field_picker;
mod franchise;
mod merged_item;
mod rank;
mod record_cleanup;
mod record_verification;
mod relevance;
mod unmerge;
mod work_grouping;

use bibliography::query::{Query, QueryKind};
use runtime::wire_types::volume::Volume;

use crate::provider_record::ProviderRecord;
use crate::volume_id::item_id_of;

use merged_item::{MergedItem, group_by_key};

pub use rank::{is_answered, real_books};
pub use record_verification::{ComparableBook, carries_isbn};
pub use unmerge::candidates_of;

/// Items before ranking, so that a batch can rank them for several queries.
#[derive(Clone, Debug)]
pub struct MergedItems(Vec<MergedItem>);

impl MergedItems {
    pub fn of(candidates: Vec<ProviderRecord>) -> Self {
        let work_index = work_grouping::works_declared_by(&candidates);
        let by_id = group_by_key(candidates.into_iter().map(|one| (item_id_of(&one), one)));
        let items = by_id
            .into_iter()
            .map(|(id, records)| field_picker::merge_edition(id, records, &work_index))
            // An item without a title is useless.
            .filter(|item| !item.texts.title.is_empty());
        Self(items.collect())
    }

    /// The items, best first; for an ISBN query that edition only.
    pub fn ordered(self, query: &Query) -> Vec<Volume> {
        let Self(mut items) = self;
        if query.kind() == QueryKind::Isbn {
            let asked = query.isbn13().map(Volume::id_of);
            items.retain(|item| Some(&item.volume.id) == asked.as_ref());
        }
        rank::order_works(query, work_grouping::group_by_work(items))
    }
}

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests;
