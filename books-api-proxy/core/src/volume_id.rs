//! The id of an item in our answers: stable for an edition, and usable in a URL without encoding.

use bibliography::hash::fnv1a;
use bibliography::isbn::Isbn13;
use bibliography::text_normalization::fold_text;
use runtime::wire_types::volume::Volume;

use crate::provider::Provider;
use crate::provider_record::ProviderRecord;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerVolumeId {
    Isbn(Isbn13),
    /// A record by its provider's own id.
    Provider(Provider, String),
}

impl AnswerVolumeId {
    /// None for an id that does not come from our answers or cannot be looked up.
    pub fn parse(id: &str) -> Option<Self> {
        let (head, own) = id.split_once('-')?;
        if head == "isbn" {
            return Isbn13::parse(own).ok().map(Self::Isbn);
        }
        let has_prefix = |provider: &Provider| provider.names_and_trust_ranks().id_prefix == head;
        let provider = Provider::ALL.into_iter().find(has_prefix)?;
        is_id_safe(own).then(|| Self::Provider(provider, own.to_owned()))
    }
}

/// The id of a record's item: from its ISBN, else from the provider's own id.
pub fn item_id_of(candidate: &ProviderRecord) -> String {
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
    format!("{}-{own}", candidate.provider.names_and_trust_ranks().id_prefix)
}

/// Whether a provider's id fits into an item's id unchanged.
fn is_id_safe(own: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&own.len()) && own.bytes().all(is_plain)
}
