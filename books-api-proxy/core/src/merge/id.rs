//! The ids of items: stable for the same edition, and fit for a URL as they are.

use bibliography::hash::fnv1a;
use bibliography::isbn::Isbn13;
use bibliography::text::fold;

use crate::candidate::Candidate;
use crate::volume_id::is_plain;

pub(super) fn isbn_id(isbn: Isbn13) -> String {
    format!("isbn-{isbn}")
}

/// The id of the item that a record belongs to: its ISBN, else the provider's own id. Both fit
/// into a URL as they are.
pub(super) fn id_of(candidate: &Candidate) -> String {
    if let Some(isbn) = candidate.isbn() {
        return isbn_id(isbn);
    }
    if let Some(id) = &candidate.item_id {
        return id.clone();
    }
    let own = &candidate.provider_id;
    let own = if is_plain(own) {
        own.clone()
    } else {
        let text = format!("{own}/{}/{}", fold(&candidate.title), candidate.authors.join("/"));
        format!("x{:016x}", fnv1a(&text))
    };
    format!("{}-{own}", candidate.provider.descriptor().id_prefix)
}
