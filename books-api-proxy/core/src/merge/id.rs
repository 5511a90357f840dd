//! The ids of items: stable for the same edition, and fit for a URL as they are.

use bibliography::isbn::Isbn13;
use bibliography::text::fold;

use crate::candidate::Candidate;
use crate::search::provider_rules::Provider;

/// What an id of ours names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeId {
    /// An edition with an ISBN.
    Isbn(Isbn13),
    /// A record that only its provider can give again.
    Provider(Provider, String),
}

impl VolumeId {
    /// Reads an id that an answer of ours gave out, and that can be requested again.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let (head, own) = id.split_once('-')?;
        if head == "isbn" {
            return Isbn13::parse(own).ok().map(Self::Isbn);
        }
        let provider = Provider::ALL.into_iter().find(|provider| prefix(*provider) == head)?;
        is_plain(own).then(|| Self::Provider(provider, own.to_owned()))
    }
}

/// The id of an edition with an ISBN.
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
        format!("x{:016x}", hash(&text))
    };
    format!("{}-{own}", prefix(candidate.provider))
}

/// Whether a provider's id can stand in an id of ours as it is.
fn is_plain(own: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&own.len()) && own.bytes().all(is_plain)
}

/// What stands before a provider's id.
pub(super) fn prefix(provider: Provider) -> &'static str {
    match provider {
        Provider::Isbndb => "db",
        Provider::GoogleBooks => "g",
        Provider::OpenLibrary => "ol",
    }
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
