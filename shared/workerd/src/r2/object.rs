//! What is read from a bucket and written to it.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    pub key: String,
    pub size_bytes: u64,
    /// The store's own version tag, for [`PutCondition::Etag`].
    pub etag: String,
    pub uploaded_at_ms: u64,
    pub metadata: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct ObjectRead<B> {
    pub head: ObjectHead,
    /// Its content, or the part requested.
    pub body: B,
}

#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub objects: Vec<ObjectHead>,
    /// Where to go on; `None` at the end. (A page may be short and yet not the last.)
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PutCondition {
    #[default]
    Always,
    /// Only where the key is not there yet.
    IfMissing,
    /// Only where the object is still the one with this tag.
    Etag(String),
    /// Only where the object was stored before this moment (Unix time), or the key is not there.
    OlderThan(u64),
}

#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    pub condition: PutCondition,
    pub metadata: BTreeMap<String, String>,
    pub content_type: Option<String>,
}
