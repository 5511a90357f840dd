//! From the providers' records to one list of books.
//!
//! 1. Records of one ISBN become one item with the best value per field (`fields`).
//! 2. Items of one work are found (`works`); a work's own record lends its fields to them.
//! 3. Works and their editions are put in order for the query (`rank`, `relevance`, `franchise`,
//!    `derivative_works`).
//!
//! The result depends on what was given, never on the order it came in, and merging a result
//! again changes nothing: what orders the items can be read off the items, and a record's
//! position only settles ties. [`candidates_of`] takes a stored answer apart, so that a late
//! answer of one provider can be merged into it.

mod clean;
mod derivative_works;
mod fields;
mod franchise;
mod groups;
mod id;
mod item;
mod popularity;
mod rank;
mod relevance;
mod split;
mod texts;
mod verify;
mod works;

use bibliography::query::{Query, QueryKind};
use runtime::api::volume::Volume;

use crate::candidate::Candidate;

use item::MergedItem;

pub use rank::{is_answered, real_books};
pub use split::candidates_of;
pub use verify::{BookTexts, verify};

/// Records merged to items as far as no query matters, to be put in order for several of them.
#[derive(Clone, Debug)]
pub struct MergedRecords(Vec<MergedItem>);

impl MergedRecords {
    pub fn of(candidates: Vec<Candidate>) -> Self {
        let work_index = works::works_declared_by(&candidates);
        let by_id = groups::groups(candidates.into_iter().map(|one| (id::id_of(&one), one)));
        let items = by_id
            .into_iter()
            .map(|(id, records)| fields::merge_edition(id, records, &work_index))
            // A record without a title is of no use to anyone.
            .filter(|item| !item.texts.title.is_empty());
        Self(items.collect())
    }

    /// The items, best first.
    ///
    /// For an ISBN query only that edition is left: a record with another ISBN is another book.
    pub fn ordered(self, query: &Query) -> Vec<Volume> {
        let Self(mut items) = self;
        if query.kind() == QueryKind::Isbn {
            let asked = query.isbn13().map(Volume::id_of);
            items.retain(|item| Some(&item.volume.id) == asked.as_ref());
        }
        rank::order(query, works::group(items))
    }
}

#[cfg(test)]
fn merge(query: &Query, candidates: Vec<Candidate>) -> Vec<Volume> {
    MergedRecords::of(candidates).ordered(query)
}

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests;
