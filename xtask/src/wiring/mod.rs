//! Checks the wiring of the three Workers from their wrangler configs and their manifests.
//!
//! If an environment lacks a binding, wrangler only warns and deploys without it, and it knows
//! neither the other configs nor the names that the code reads.

mod graph;
mod manifests;
mod model;
mod rules;
#[cfg(test)]
mod tests;
mod urls;

use anyhow::{Context, Result, bail};

use crate::project::{Worker, root};
use manifests::Manifest;
pub use model::Config;

/// Reads the three configs and checks every rule.
pub fn check() -> Result<()> {
    let mut configs = Vec::new();
    for worker in Worker::ALL {
        let path = worker.config();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        configs.push(Config::parse(worker, &text)?);
    }
    let manifests = Manifest::all();
    let mut broken = rules::check_configs(&configs, &manifests::optional(&manifests));
    broken.extend(rules::check_manifests(&configs, &manifests));
    broken.extend(urls::check()?);
    let page = std::fs::read_to_string(root().join(rules::PAGE))
        .with_context(|| format!("cannot read {}", rules::PAGE))?;
    broken.extend(rules::check_page(&manifests, &page));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

/// The environments in a Worker's config; `None` is the top level.
pub fn environments(worker: Worker) -> Result<Vec<Option<String>>> {
    let text = std::fs::read_to_string(worker.config())?;
    let config = Config::parse(worker, &text)?;
    let labels = config.environments.iter().skip(1).map(|e| Some(e.label.clone()));
    Ok(std::iter::once(None).chain(labels).collect())
}
