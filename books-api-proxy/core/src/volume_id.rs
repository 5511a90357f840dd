//! The id of an item, as an answer of ours gives it out.

use bibliography::isbn::Isbn13;

use crate::provider::Provider;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeId {
    Isbn(Isbn13),
    /// A record that only its provider can give again.
    Provider(Provider, String),
}

impl VolumeId {
    /// Reads an id that an answer of ours gave out, and that can be requested again.
    pub fn parse(id: &str) -> Option<Self> {
        let (head, own) = id.split_once('-')?;
        if head == "isbn" {
            return Isbn13::parse(own).ok().map(Self::Isbn);
        }
        let provider =
            Provider::ALL.into_iter().find(|provider| provider.descriptor().id_prefix == head)?;
        is_plain(own).then(|| Self::Provider(provider, own.to_owned()))
    }
}

/// Whether a provider's id can stand in an id of ours as it is.
pub fn is_plain(own: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&own.len()) && own.bytes().all(is_plain)
}
