//! Proves the wiring of the three Workers from their wrangler configs and their code.
//!
//! Wrangler itself only warns when an environment lacks a binding and then deploys without it, and
//! it knows nothing of what the other configs say or what the code reads.

mod code;
mod graph;
mod model;
mod rules;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};

use crate::project::{Worker, root};
pub use code::Code;
pub use model::Config;

/// Reads the three configs and their code and checks every rule.
///
/// # Errors
/// With one sentence for each broken rule.
pub fn check() -> Result<()> {
    let mut configs = Vec::new();
    for worker in Worker::ALL {
        let path = worker.config();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        configs.push(Config::parse(worker, &text)?);
    }
    let code = Code::read(&root())?;
    let mut broken = rules::check_configs(&configs, &code.optional);
    broken.extend(rules::check_code(&configs, &code));
    let page = std::fs::read_to_string(root().join(rules::PAGE))
        .with_context(|| format!("cannot read {}", rules::PAGE))?;
    broken.extend(rules::check_page(&configs, &code, &page));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

/// The environments of a Worker's config as wrangler names them; none is the top level.
///
/// # Errors
/// When the config cannot be read.
pub fn environments(worker: Worker) -> Result<Vec<Option<String>>> {
    let text = std::fs::read_to_string(worker.config())?;
    let config = Config::parse(worker, &text)?;
    let labels = config.environments.iter().skip(1).map(|e| Some(e.label.clone()));
    Ok(std::iter::once(None).chain(labels).collect())
}
