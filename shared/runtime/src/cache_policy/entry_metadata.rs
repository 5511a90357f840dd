//! The facts that are stored with an answer.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::lenient::is_default;

/// The schema version that is written. Older versions must stay readable; a newer one is a miss,
/// because a rolled-back version cannot know its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Most bytes of encoded metadata: KV allows 1,024 bytes of metadata.
pub const MAX_METADATA_BYTES: usize = 1_000;

/// Whether the answer has books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerBookPresence {
    Found,
    /// No book: confirmed by every provider, or (with `partial`) only by those that answered.
    None,
}

/// Facts about a stored answer. Member names are short: they share 1,024 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryMetadata {
    #[serde(rename = "v")]
    pub schema: u32,
    /// When the providers gave the answer, Unix time.
    #[serde(rename = "at")]
    pub stored_at_ms: u64,
    /// Until when the entry is served without a provider call.
    #[serde(rename = "fresh")]
    pub fresh_until_ms: u64,
    /// Until when the entry may be served during or after a failed refresh.
    #[serde(rename = "stale")]
    pub stale_until_ms: u64,
    #[serde(rename = "o")]
    pub outcome: AnswerBookPresence,
    /// Books in the whole answer.
    #[serde(rename = "n")]
    pub count: u32,
    /// True if a queried provider gave no answer.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// How often in a row the absence was confirmed: the negative's life grows with it.
    #[serde(rename = "neg", default, skip_serializing_if = "is_default")]
    pub confirmed: u32,
    /// True if a batch, so a known caller, stored the entry. Batches do not accept an absence
    /// without it: an anonymous client may have made the query up.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    pub warmed: bool,
    /// True for the answer to another spelling, one with `+` or `#`: served until this spelling
    /// itself is queried.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub lent: bool,
    /// True for the answer to a wider query, because no provider answered this one: it confirms no
    /// book of a library.
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    pub widened: bool,
    /// The entity tag of the stored bytes, without quotes.
    #[serde(rename = "e")]
    pub etag: String,
    #[serde(rename = "by", default)]
    pub providers: Vec<String>,
}

impl EntryMetadata {
    /// The text that is stored beside the bytes.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the metadata of an entry; `None`, so a miss, if it cannot be read.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_METADATA_BYTES {
            return None;
        }
        let metadata: Self = serde_json::from_slice(text.as_bytes()).ok()?;
        (metadata.schema <= SCHEMA_VERSION).then_some(metadata)
    }

    /// True for an absence, and for an answer that lacks a provider.
    pub(super) fn is_poor(&self) -> bool {
        self.partial || self.outcome == AnswerBookPresence::None
    }

    /// Whole seconds since the providers gave the answer.
    pub fn age_secs(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.stored_at_ms) / 1_000
    }
}

/// The entity tag of bytes, without quotes: 96 bits of SHA-256 distinguish the versions of one
/// resource.
pub fn etag_of(bytes: &[u8]) -> String {
    format!("{:.24x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_entry_metadata() -> EntryMetadata {
        EntryMetadata {
            schema: SCHEMA_VERSION,
            stored_at_ms: 1_800_000_000_000,
            fresh_until_ms: 1_800_604_800_000,
            stale_until_ms: 1_807_776_000_000,
            outcome: AnswerBookPresence::Found,
            count: 17,
            partial: false,
            confirmed: 0,
            warmed: false,
            lent: false,
            widened: false,
            etag: etag_of(b"x"),
            providers: vec!["isbndb".into(), "open-library".into(), "google-books".into()],
        }
    }

    #[test]
    fn entry_metadata_survives_the_store_and_fits() {
        let text = sample_entry_metadata().encode();
        assert!(text.len() < 300, "{}", text.len());
        assert_eq!(EntryMetadata::decode(&text), Some(sample_entry_metadata()));
    }

    #[test]
    fn version_one_stays_readable() {
        let old = r#"{"v":1,"at":1,"fresh":2,"stale":3,"o":"none","n":0,"e":"ab"}"#;
        let metadata = EntryMetadata::decode(old).unwrap();
        assert_eq!(metadata.outcome, AnswerBookPresence::None);
        assert_eq!((metadata.partial, metadata.confirmed), (false, 0));
        assert_eq!((metadata.warmed, metadata.lent), (false, false));
        assert!(metadata.providers.is_empty());
    }

    #[test]
    fn metadata_that_cannot_be_read_is_a_miss() {
        for text in [
            "",
            "null",
            "{}",
            r#"{"v":2,"at":1,"fresh":2,"stale":3,"o":"found","n":1,"e":"ab"}"#,
            r#"{"v":1,"at":-1,"fresh":2,"stale":3,"o":"found","n":1,"e":"ab"}"#,
            r#"{"v":1,"at":1,"fresh":2,"stale":3,"o":"maybe","n":1,"e":"ab"}"#,
        ] {
            assert_eq!(EntryMetadata::decode(text), None, "{text}");
        }
        assert_eq!(EntryMetadata::decode(&" ".repeat(2_000)), None);
    }

    #[test]
    fn equal_bytes_have_equal_tags_and_others_do_not() {
        assert_eq!(etag_of(b"a"), etag_of(b"a"));
        assert_ne!(etag_of(b"a"), etag_of(b"b"));
        assert_eq!(etag_of(b"").len(), 24);
    }
}
