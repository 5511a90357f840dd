//! Checks the dependencies between the modules of the workspace, from their source.
//!
//! The compiler already ensures that a crate names only crates of its manifest. The checks here are
//! those that no compiler makes: no circle of modules in any crate, no edge between modules that
//! `rules` forbids, and no static memory in the crates that `rules` calls cores.

mod crate_source;
mod import_rules;
mod module_graph;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::workspace::project_root;
use crate_source::CrateModules;
use module_graph::ModuleGraph;

/// Reads every crate of the workspace and checks every rule.
pub fn check_module_edges() -> Result<()> {
    let mut broken = Vec::new();
    let mut modules = BTreeSet::new();
    for member in workspace_members()? {
        let krate = CrateModules::read(&project_root().join(&member))
            .with_context(|| format!("cannot read the modules of {member}"))?;
        let graph = ModuleGraph::of(&krate);
        broken.extend(import_rules::check_crate(&krate, &graph));
        modules.extend(krate.modules.keys().map(|path| import_rules::module_path(&krate, path)));
    }
    broken.extend(import_rules::rules_without_module(&modules));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

fn workspace_members() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(project_root().join("Cargo.toml"))?;
    let manifest: toml::Table = text.parse().context("cannot read Cargo.toml")?;
    let members = manifest.get("workspace").and_then(|w| w.get("members"));
    let members = members.and_then(toml::Value::as_array).context("Cargo.toml has no members")?;
    Ok(members.iter().filter_map(|m| m.as_str().map(str::to_owned)).collect())
}
