//! What an account holds of ours.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The folder of the bucket that is announced to the queue.
pub const UPLOADS: &str = "uploads/";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The part of a workers.dev address that is the account's own.
    pub subdomain: Option<String>,
    pub namespaces: BTreeMap<String, String>,
    pub buckets: BTreeSet<String>,
    /// The id of the Secrets Store, and the names of its secrets.
    pub store: Option<String>,
    pub stored: BTreeSet<String>,
    pub queues: BTreeMap<String, Queue>,
    /// Buckets that announce new files below [`UPLOADS`] to our queue.
    pub announced: BTreeSet<String>,
    pub workers: BTreeMap<String, Live>,
    /// Cron triggers of other Workers, where that matters.
    pub other_crons: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    pub id: String,
    pub readers: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    pub version: String,
    /// `{hash}-{commit}` where this command uploaded it.
    pub tag: String,
    pub crons: BTreeSet<String>,
    pub is_public: bool,
    pub secrets: BTreeSet<String>,
}

impl Live {
    pub fn hash(&self) -> &str {
        self.tag.split('-').next().unwrap_or_default()
    }
}

/// A member that is a text, else an empty one.
pub fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
