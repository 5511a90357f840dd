//! The names that the Workers read, from the manifests that the Workers are compiled from.

use std::collections::BTreeSet;

use ports::manifest::{EntryKind, ManifestEntry};

use crate::project::Worker;

#[path = "../../../books-api-proxy/core/src/manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod books_api_proxy;
#[path = "../../../cache-warmer/core/src/manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod cache_warmer;
#[path = "../../../shared/runtime/src/manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod every_worker;
#[path = "../../../isbndb-worker/core/src/manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod isbndb_worker;

#[derive(Clone, Copy, Debug)]
pub struct Manifest {
    pub worker: Worker,
    pub own: &'static [ManifestEntry],
    pub common: &'static [ManifestEntry],
}

impl Manifest {
    pub fn all() -> [Self; 3] {
        [
            (Worker::Isbndb, isbndb_worker::ENTRIES),
            (Worker::Proxy, books_api_proxy::ENTRIES),
            (Worker::Warmer, cache_warmer::ENTRIES),
        ]
        .map(|(worker, own)| Self { worker, own, common: every_worker::ENTRIES })
    }

    pub fn entries(&self) -> impl Iterator<Item = &'static ManifestEntry> + use<> {
        self.own.iter().chain(self.common)
    }

    pub fn entry(&self, name: &str) -> Option<&'static ManifestEntry> {
        self.entries().find(|entry| entry.name == name)
    }
}

/// Names that a deployment may leave out.
pub fn optional(manifests: &[Manifest]) -> BTreeSet<String> {
    let all = manifests.iter().flat_map(Manifest::entries);
    all.filter(|entry| !entry.is_required).map(|entry| entry.name.to_owned()).collect()
}

/// The kind of a table of a wrangler config.
pub fn kind_of(table: &str) -> Option<EntryKind> {
    Some(match table {
        "services" => EntryKind::Service,
        "kv_namespaces" => EntryKind::Kv,
        "r2_buckets" => EntryKind::R2,
        "secrets_store_secrets" => EntryKind::Secret,
        "ratelimits" => EntryKind::RateLimit,
        "analytics_engine_datasets" => EntryKind::Analytics,
        "durable_objects.bindings" => EntryKind::DurableObject,
        "version_metadata" => EntryKind::Version,
        _ => return None,
    })
}
