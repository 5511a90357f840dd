//! The ids of items: stable for an edition, and usable in a URL without encoding.

use bibliography::hash::fnv1a;
use bibliography::text::fold_text;
use runtime::wire_types::volume::Volume;

use crate::provider_record::ProviderRecord;
use crate::volume_id::is_id_safe;

/// The id of a record's item: from its ISBN, else from the provider's own id.
pub(super) fn item_id_of(candidate: &ProviderRecord) -> String {
    if let Some(isbn) = candidate.isbn() {
        return Volume::id_of(isbn);
    }
    if let Some(id) = &candidate.item_id {
        return id.clone();
    }
    let own = &candidate.provider_id;
    let own = if is_id_safe(own) {
        own.clone()
    } else {
        let edition = &candidate.edition;
        let text = format!("{own}/{}/{}", fold_text(&edition.title), edition.authors.join("/"));
        format!("x{:016x}", fnv1a(&text))
    };
    format!("{}-{own}", candidate.provider.properties().id_prefix)
}
