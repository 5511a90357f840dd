//! `cargo xtask deploy`: the three Workers with wrangler, callees before callers.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use toml::{Table, Value};

use crate::build;
use crate::project::{Form, Worker};
use crate::step;
use crate::tools::Tools;
use crate::wiring;

/// How a place to fill in begins.
const PLACEHOLDER: &str = "FILL_IN";

/// The Cloudflare plan of the account that is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plan {
    /// Refuses a config with `limits.cpu_ms`: it is left out.
    Free,
    /// Takes the config as it stands.
    Paid,
}

/// Deploys the Workers of an environment (none: production).
///
/// # Errors
/// When a place in a config is still to be filled in, a check fails, or wrangler does.
pub fn deploy(environment: Option<&str>, plan: Plan) -> Result<()> {
    let mut configs = Vec::new();
    let mut open = Vec::new();
    for worker in Worker::ALL {
        let text = fs::read_to_string(worker.config())?;
        let table: Table = text.parse().with_context(|| worker.config().display().to_string())?;
        let name = format!("{}.toml", worker.crate_name());
        if let Some(environment) = environment
            && !has_environment(&table, environment)
        {
            bail!("{name} has no environment {environment}; it is added as [env.{environment}]");
        }
        open.extend(open_places(&table, environment).into_iter().map(|p| format!("{name}: {p}")));
        configs.push((worker, table));
    }
    if !open.is_empty() {
        bail!(
            "these places in wrangler-configs are still to be filled in:\n  {}",
            open.join("\n  ")
        );
    }
    wiring::check()?;
    let tools = Tools::ensure()?;
    build::build(&tools, &Worker::ALL, Form::Release)?.enforce()?;
    for (worker, table) in configs {
        let config = DeployedConfig::write(worker, table, plan)?;
        let mut wrangler = tools.command("wrangler");
        wrangler.args(["deploy", "--config"]).arg(&config.0);
        wrangler.args(["--env", environment.unwrap_or_default()]);
        println!("deploying {}", worker.crate_name());
        if !step::show(&mut wrangler)? {
            bail!(
                "wrangler could not deploy {}; nothing after it was deployed",
                worker.crate_name()
            );
        }
    }
    Ok(())
}

/// The config as it is deployed: beside the original, because its paths are relative to it, and
/// gone afterwards.
struct DeployedConfig(PathBuf);

impl DeployedConfig {
    fn write(worker: Worker, table: Table, plan: Plan) -> Result<Self> {
        let path = worker.config().with_extension("deployed.toml");
        fs::write(&path, for_plan(table, plan).to_string())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for DeployedConfig {
    fn drop(&mut self) {
        // Left behind it does no harm: the next deployment writes it anew.
        let _ = fs::remove_file(&self.0);
    }
}

fn for_plan(mut table: Table, plan: Plan) -> Table {
    if plan == Plan::Free {
        table.remove("limits");
        if let Some(envs) = table.get_mut("env").and_then(Value::as_table_mut) {
            for (_, env) in envs.iter_mut() {
                if let Some(env) = env.as_table_mut() {
                    env.remove("limits");
                }
            }
        }
    }
    table
}

fn has_environment(table: &Table, name: &str) -> bool {
    table.get("env").and_then(|env| env.get(name)).is_some()
}

/// Places to fill in that the given environment would deploy.
fn open_places(table: &Table, environment: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    match environment {
        None => {
            for (key, value) in table.iter().filter(|(key, _)| *key != "env") {
                find_open(key, value, &mut found);
            }
        }
        Some(name) => {
            if let Some(value) = table.get("env").and_then(|env| env.get(name)) {
                find_open(&format!("env.{name}"), value, &mut found);
            }
        }
    }
    found
}

fn find_open(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with(PLACEHOLDER) => {
            found.push(format!("{path} = {text}"));
        }
        Value::Array(items) => {
            for item in items {
                let name = item.get("binding").and_then(Value::as_str).unwrap_or_default();
                find_open(&format!("{path}[{name}]"), item, found);
            }
        }
        Value::Table(table) => {
            for (key, item) in table {
                find_open(&format!("{path}.{key}"), item, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
name = "w"
[limits]
cpu_ms = 30000
[[kv_namespaces]]
binding = "CACHE"
id = "FILL_IN_KV"
[env.staging]
name = "w-staging"
limits = { cpu_ms = 1 }
[[env.staging.kv_namespaces]]
binding = "CACHE"
id = "0123"
"#;

    #[test]
    fn placeholders_are_named_for_the_deployed_environment() {
        let table: Table = CONFIG.parse().unwrap();
        assert_eq!(open_places(&table, None), ["kv_namespaces[CACHE].id = FILL_IN_KV"]);
        assert_eq!(open_places(&table, Some("staging")), Vec::<String>::new());
        assert!(has_environment(&table, "staging") && !has_environment(&table, "other"));
    }

    #[test]
    fn a_free_plan_gets_no_limits_and_a_paid_one_keeps_them() {
        let table: Table = CONFIG.parse().unwrap();
        assert_eq!(for_plan(table.clone(), Plan::Paid), table);
        let text = for_plan(table, Plan::Free).to_string();
        assert!(!text.contains("cpu_ms") && text.contains("w-staging"), "{text}");
    }
}
