//! The resources that were found in an account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The folder of the bucket whose files are announced to the queue.
pub const UPLOADS_PREFIX: &str = "uploads/";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundAccountResources {
    /// The account's own part of a workers.dev address.
    pub subdomain: Option<String>,
    pub namespaces: BTreeMap<String, String>,
    pub buckets: BTreeSet<String>,
    /// The id of the Secrets Store, and the names of its secrets.
    pub store: Option<String>,
    pub stored: BTreeSet<String>,
    pub queues: BTreeMap<String, ExistingCloudflareQueue>,
    /// Buckets that announce new files below [`UPLOADS_PREFIX`] to our queue.
    pub announced: BTreeSet<String>,
    pub workers: BTreeMap<String, Live>,
    /// Cron triggers of other Workers, if their number matters.
    pub other_crons: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingCloudflareQueue {
    pub id: String,
    pub readers: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    pub version: String,
    /// `{hash}-{commit}` if this command uploaded the version.
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

/// A member that is a text; empty for any other.
pub fn text_member_or_empty(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
