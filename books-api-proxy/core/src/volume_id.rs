//! The id of an item in our answers.

use bibliography::isbn::Isbn13;

use crate::provider::Provider;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeId {
    Isbn(Isbn13),
    /// A record by its provider's own id.
    Provider(Provider, String),
}

impl VolumeId {
    /// None for an id that does not come from our answers or cannot be looked up.
    pub fn parse(id: &str) -> Option<Self> {
        let (head, own) = id.split_once('-')?;
        if head == "isbn" {
            return Isbn13::parse(own).ok().map(Self::Isbn);
        }
        let provider =
            Provider::ALL.into_iter().find(|provider| provider.properties().id_prefix == head)?;
        is_id_safe(own).then(|| Self::Provider(provider, own.to_owned()))
    }
}

/// Whether a provider's id fits into an item's id unchanged.
pub fn is_id_safe(own: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&own.len()) && own.bytes().all(is_plain)
}
