//! The names that the Workers read, from the manifests that the Workers are compiled from.

use std::collections::BTreeSet;

use ports::binding_manifest::{BindingKind, BindingManifestEntry};

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
    pub own: &'static [BindingManifestEntry],
    pub common: &'static [BindingManifestEntry],
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

    pub fn manifest_entries(&self) -> impl Iterator<Item = &'static BindingManifestEntry> + use<> {
        self.own.iter().chain(self.common)
    }

    pub fn manifest_entry(&self, name: &str) -> Option<&'static BindingManifestEntry> {
        self.manifest_entries().find(|entry| entry.name == name)
    }
}

/// Names that a deployment may leave out.
pub fn optional_names(manifests: &[WorkerBindingManifest]) -> BTreeSet<String> {
    let all = manifests.iter().flat_map(WorkerBindingManifest::manifest_entries);
    all.filter(|entry| !entry.is_required).map(|entry| entry.name.to_owned()).collect()
}

/// The kind of a table of a wrangler config.
pub fn kind_of(table: &str) -> Option<BindingKind> {
    Some(match table {
        "services" => BindingKind::Service,
        "kv_namespaces" => BindingKind::Kv,
        "r2_buckets" => BindingKind::R2,
        "secrets_store_secrets" => BindingKind::Secret,
        "ratelimits" => BindingKind::RateLimit,
        "analytics_engine_datasets" => BindingKind::Analytics,
        "durable_objects.bindings" => BindingKind::DurableObject,
        "version_metadata" => BindingKind::Version,
        _ => return None,
    })
}
