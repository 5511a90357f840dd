//! `cargo xtask deploy`: creates what is missing in an account and deploys the three Workers.

mod account_resources;
mod cloudflare_api;
mod cloudflare_login;
mod config;
mod deploy_options;
mod deploy_plan;
mod deploy_ports;
mod deploy_run;
mod deploy_steps;
pub mod deployment_verification;
pub mod destroy;
mod found_account_resources;
mod health;
mod location_hint;
mod measure;
#[cfg(test)]
mod tests;
mod user_answers;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::build;
use crate::build_tools::BuildTools;
use crate::subprocess;
use crate::wiring;
use crate::workspace::{BuildProfile, Worker, project_root};
use config::WranglerEnvironmentConfig;
pub use deploy_options::DeployOptions;
use deploy_options::{CloudflarePlan, DeployChoices, PRODUCTION_ENVIRONMENT};
use deploy_ports::{DeployPorts, ScriptModules, SystemDeployPorts, deploy_dir};
use deploy_run::{DeployInput, Deployed};
use found_account_resources::FoundAccountResources;
use user_answers::AnswersFile;

pub fn run_deploy(options: &DeployOptions) -> Result<()> {
    wiring::check_wiring()?;
    let configs = WranglerEnvironmentConfig::read_all(&options.env)?;
    let tools = BuildTools::ensure_installed()?;
    if options.no_build {
        for worker in Worker::ALL {
            build::check_form(worker, BuildProfile::Release)?;
        }
    } else if options.same_as.is_none() {
        build::build_workers(&tools, &Worker::ALL, BuildProfile::Release)?.enforce()?;
    }
    let wrangler = wrangler_version()?;
    let (mut workers, mut same_as) = (Vec::new(), Vec::new());
    for config in configs {
        let modules = match &options.same_as {
            None => built(&config)?,
            Some(other) => {
                let (modules, hash) = staged(other, config.worker, &wrangler)?;
                let name =
                    WranglerEnvironmentConfig::read(config.worker, other)?.worker_name().to_owned();
                same_as.push((name, hash));
                modules
            }
        };
        workers.push((config, modules));
    }
    let git = |args: &[&str]| {
        subprocess::captured_output(Command::new("git").current_dir(project_root()).args(args))
    };
    let job = DeployInput {
        options: options.clone(),
        workers,
        commit: git(&["rev-parse", "--short=7", "HEAD"]).unwrap_or_else(|_| "unknown".to_owned()),
        is_changed: git(&["status", "--porcelain"]).is_ok_and(|changes| !changes.is_empty()),
        wrangler,
        same_as,
    };
    let mut file = AnswersFile::read()?;
    let answers = file.environments.entry(options.env.clone()).or_default();
    let before = answers.clone();
    let deployed = deploy_run::apply_configs(&mut SystemDeployPorts::new(&tools)?, &job, answers);
    if *answers != before && !options.dry_run {
        file.write()?;
    }
    let deployed = deployed?;
    print_deployed(&deployed);
    offer_to_verify(&tools, options, &deployed)
}

/// Verifies the deployment, if the user wants it.
fn offer_to_verify(tools: &BuildTools, options: &DeployOptions, deployed: &Deployed) -> Result<()> {
    let address = |worker: Worker| {
        let mut own = deployed.addresses.iter().filter(|(name, _)| name == worker.crate_name());
        own.next().map(|(_, address)| address.clone())
    };
    let addresses = address(Worker::Proxy).zip(address(Worker::Warmer));
    let Some((proxy, warmer)) = addresses.filter(|_| !options.yes && deployed.changes > 0) else {
        return Ok(());
    };
    println!("\nverify (the same as `cargo xtask verify`):");
    let verified =
        deployment_verification::VerifyOptions { env: options.env.clone(), url: None, yes: false };
    let (account, names) = (Some(deployed.account.clone()), deployed.names.clone());
    let target = deployment_verification::DeployedWorkers { proxy, warmer, account, names };
    deployment_verification::verify_deployment(
        &mut SystemDeployPorts::new(tools)?,
        &verified,
        &target,
        deployed.admin_token.clone(),
    )
}

/// Checks with wrangler every config in the form that is deployed, and compares the files that it
/// would send with those of the build.
pub fn dry_run_deployment(tools: &BuildTools) -> Result<()> {
    let mut machine = SystemDeployPorts::new(tools)?;
    for worker in Worker::ALL {
        for environment in wiring::configured_environments(worker)? {
            let environment = environment.as_deref().unwrap_or(PRODUCTION_ENVIRONMENT);
            let config = WranglerEnvironmentConfig::read(worker, environment)?;
            let modules = built(&config)?;
            let id = || "0".repeat(32);
            let namespaces = config.namespace_titles().map(|title| (title, id())).collect();
            let seen = FoundAccountResources {
                namespaces,
                store: Some(id()),
                ..FoundAccountResources::default()
            };
            let choices = DeployChoices {
                plan: CloudflarePlan::Paid,
                queue: true,
                ..DeployChoices::default()
            };
            let resolved = config.resolve_ids(&seen, &choices, |_| true);
            let folder = format!("check/{environment}/{}", worker.crate_name());
            let path = machine.write_bundle(&folder, &resolved.context("its ids")?, &modules)?;
            deploy_run::check_modules(
                &mut machine,
                "",
                config.worker_name(),
                &path.display().to_string(),
                &modules,
            )?;
        }
    }
    Ok(())
}

fn print_deployed(deployed: &Deployed) {
    for (worker, address) in &deployed.addresses {
        if worker == Worker::Proxy.crate_name() {
            println!("\nsearch     {address}/search/auto?q=9780547928227");
            println!("  curl -s '{address}/search/auto?q=9780547928227' | head -c 600");
        } else {
            let token = deployed.admin_token.as_ref();
            let fragment = token.map(|token| format!("#token={token}")).unwrap_or_default();
            println!("dashboard  {address}/{fragment}");
        }
    }
}

/// The files of a Worker's build, and its static assets.
fn built(config: &WranglerEnvironmentConfig) -> Result<ScriptModules> {
    let folder = config.worker.crate_dir().join("build");
    let modules = config::modules_to_upload(|name| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    })?;
    with_assets(modules, config.worker, config.assets_dir())
}

/// Modules with the static assets of a folder.
fn with_assets(
    mut modules: ScriptModules,
    worker: Worker,
    folder: Option<PathBuf>,
) -> Result<ScriptModules> {
    let Some(folder) = folder else { return Ok(modules) };
    let cannot_read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(&folder).with_context(cannot_read)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{}/{file}", config::assets_folder(worker));
        modules.insert(name, std::fs::read(&path).with_context(cannot_read)?);
    }
    Ok(modules)
}

/// The files that were last uploaded from here to an environment, and their hash there.
fn staged(environment: &str, worker: Worker, wrangler: &str) -> Result<(ScriptModules, String)> {
    let folder = deploy_dir().join("target/deploy").join(environment).join(worker.crate_name());
    let read = |name: &str| {
        std::fs::read(folder.join(name))
            .with_context(|| format!("{environment} was not deployed from this machine ({name})"))
    };
    let config: Value = serde_json::from_slice(&read("wrangler.json")?)?;
    let assets = config.pointer("/assets/directory").and_then(Value::as_str);
    let assets = assets.map(|name| folder.join(name));
    let modules = with_assets(config::modules_to_upload(read)?, worker, assets)?;
    let hash = config::hash(&config, &modules, wrangler);
    Ok((modules, hash))
}

fn wrangler_version() -> Result<String> {
    let text = std::fs::read_to_string(project_root().join("node_modules/wrangler/package.json"))?;
    let package: Value = serde_json::from_str(&text)?;
    Ok(package.get("version").and_then(Value::as_str).unwrap_or_default().to_owned())
}
