//! What is read from a bucket and written to it.

use std::collections::BTreeMap;

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    pub key: String,
    pub size_bytes: u64,
    /// The store's own version tag, for [`PutIf::Etag`].
    pub etag: String,
    /// When it was stored, Unix time.
    pub uploaded_at_ms: u64,
    pub metadata: BTreeMap<String, String>,
}

/// An object that was read.
#[derive(Clone, Debug)]
pub struct ObjectRead<B> {
    /// What is known of it.
    pub head: ObjectHead,
    /// Its content, or the part requested.
    pub body: B,
}

/// A page of a listing.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Objects in the order of their keys.
    pub objects: Vec<ObjectHead>,
    /// Where to go on; `None` at the end. (A page may be short and yet not the last.)
    pub cursor: Option<String>,
}

/// When a write takes place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PutIf {
    #[default]
    Always,
    /// Only where the key is not there yet.
    Absent,
    /// Only where the object is still the one with this tag.
    Etag(String),
    /// Only where the object was stored before this moment (Unix time), or the key is not there.
    OlderThan(u64),
}

/// What is written beside the bytes.
#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    /// When the write takes place.
    pub condition: PutIf,
    pub metadata: BTreeMap<String, String>,
    /// `Content-Type` of the object.
    pub content_type: Option<String>,
}
