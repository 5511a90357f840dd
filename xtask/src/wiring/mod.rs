//! Checks the wiring of the three Workers from their wrangler configs and their manifests.
//!
//! If an environment lacks a binding, wrangler only warns and deploys without it, and it knows
//! neither the other configs nor the names that the code reads.

mod call_graph;
#[cfg(test)]
mod tests;
mod url_rules;
mod wiring_rules;
mod worker_manifests;
mod wrangler_environments;

use anyhow::{Result, bail};

use crate::workspace::{Worker, project_root, read_text_file};
use worker_manifests::WorkerBindingManifest;
pub use wrangler_environments::WranglerConfig;

/// Reads the three configs and checks every rule.
pub fn check_wiring() -> Result<()> {
    let mut configs = Vec::new();
    for worker in Worker::ALL {
        configs.push(WranglerConfig::parse(worker, &read_text_file(&worker.config_path())?)?);
    }
    let manifests = WorkerBindingManifest::all_workers();
    let mut broken =
        wiring_rules::check_configs(&configs, &worker_manifests::optional_names(&manifests));
    broken.extend(wiring_rules::check_manifests(&configs, &manifests));
    broken.extend(url_rules::find_public_urls()?);
    let page = read_text_file(&project_root().join(wiring_rules::CONFIGURATION_FILE))?;
    broken.extend(wiring_rules::check_page(&manifests, &page));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

/// The environments in a Worker's config; `None` is the top level.
pub fn configured_environments(worker: Worker) -> Result<Vec<Option<String>>> {
    let config = WranglerConfig::parse(worker, &read_text_file(&worker.config_path())?)?;
    let labels = config.environments.iter().skip(1).map(|e| Some(e.label.clone()));
    Ok(std::iter::once(None).chain(labels).collect())
}
