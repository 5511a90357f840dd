//! The types of R2 reads and writes.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    pub key: String,
    pub size_bytes: u64,
    /// R2's version tag of the object, for [`PutCondition::Etag`].
    pub etag: String,
    pub uploaded_at_ms: u64,
    pub metadata: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct ObjectRead<B> {
    pub head: ObjectHead,
    /// The content, or the requested part of it.
    pub body: B,
}

#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub objects: Vec<ObjectHead>,
    /// Where the next page begins; `None` at the end. (A short page need not be the last one.)
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PutCondition {
    #[default]
    Always,
    /// Only if the key does not exist yet.
    IfMissing,
    /// Only if the object still has this tag.
    Etag(String),
    /// Only if the object was stored before this moment (Unix time), or the key does not exist.
    OlderThan(u64),
}

#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    pub condition: PutCondition,
    pub metadata: BTreeMap<String, String>,
    pub content_type: Option<String>,
}
