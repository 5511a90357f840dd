//! The names that the Workers read, from the manifests that the Workers are compiled from.

use std::collections::BTreeSet;

use ports::binding_manifest::{ManifestEntry, ManifestEntryKind};

use crate::workspace::Worker;

#[path = "../../../books-api-proxy/core/src/binding_manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod books_api_proxy;
#[path = "../../../cache-warmer/core/src/binding_manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod cache_warmer;
#[path = "../../../shared/runtime/src/binding_manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod every_worker;
#[path = "../../../isbndb-worker/core/src/binding_manifest.rs"]
#[allow(dead_code, reason = "only the list of all is used here")]
mod isbndb_worker;

#[derive(Clone, Copy, Debug)]
pub struct WorkerBindingManifest {
    pub worker: Worker,
    pub own: &'static [ManifestEntry],
    pub common: &'static [ManifestEntry],
}

impl WorkerBindingManifest {
    pub fn all_workers() -> [Self; 3] {
        [
            (Worker::Isbndb, isbndb_worker::ENTRIES),
            (Worker::Proxy, books_api_proxy::ENTRIES),
            (Worker::Warmer, cache_warmer::ENTRIES),
        ]
        .map(|(worker, own)| Self { worker, own, common: every_worker::ENTRIES })
    }

    pub fn manifest_entries(&self) -> impl Iterator<Item = &'static ManifestEntry> + use<> {
        self.own.iter().chain(self.common)
    }

    pub fn manifest_entry(&self, name: &str) -> Option<&'static ManifestEntry> {
        self.manifest_entries().find(|entry| entry.name == name)
    }
}

/// Names that a deployment may leave out.
pub fn optional_names(manifests: &[WorkerBindingManifest]) -> BTreeSet<String> {
    let all = manifests.iter().flat_map(WorkerBindingManifest::manifest_entries);
    all.filter(|entry| !entry.is_required).map(|entry| entry.name.to_owned()).collect()
}

/// The kind of a table of a wrangler config.
pub fn kind_of(table: &str) -> Option<ManifestEntryKind> {
    Some(match table {
        "services" => ManifestEntryKind::Service,
        "kv_namespaces" => ManifestEntryKind::Kv,
        "r2_buckets" => ManifestEntryKind::R2,
        "secrets_store_secrets" => ManifestEntryKind::Secret,
        "ratelimits" => ManifestEntryKind::RateLimit,
        "analytics_engine_datasets" => ManifestEntryKind::Analytics,
        "durable_objects.bindings" => ManifestEntryKind::DurableObject,
        "version_metadata" => ManifestEntryKind::Version,
        _ => return None,
    })
}
