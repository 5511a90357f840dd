//! The deployment: finds the resources, shows a plan, carries it out, waits for health.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;

use super::account_resources;
use super::cloudflare_api::{CloudflareApiClient, CloudflareApiError};
use super::config::WranglerEnvironmentConfig;
use super::deploy_options::{DeployChoices, DeployOptions};
use super::deploy_ports::{DeployPorts, PromptInputVisibility, ScriptModules};
use super::deploy_steps::{self, AccountResourceStep};
use super::found_account_resources::FoundAccountResources;
use super::user_answers::SavedDeployAnswers;
use super::{cloudflare_login, health};

/// The secret that this command generates.
pub const ADMIN_TOKEN_NAME: &str = "ADMIN_TOKEN";

#[derive(Debug)]
pub struct DeployInput {
    pub options: DeployOptions,
    /// Callees first, each with its build.
    pub workers: Vec<(WranglerEnvironmentConfig, ScriptModules)>,
    /// Seven hex digits; `is_changed` if files differ from the commit.
    pub commit: String,
    pub is_changed: bool,
    /// wrangler's version, which is a part of the hash.
    pub wrangler: String,
    /// With `--same-as`: the names of that environment's Workers with the hashes that these files
    /// had there.
    pub same_as: Vec<(String, String)>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    pub account: String,
    pub names: Vec<String>,
    /// Addresses of the public Workers, callees first.
    pub addresses: Vec<(String, String)>,
    /// Known only if this run generated or received it.
    pub admin_token: Option<String>,
    pub changes: usize,
}

pub(super) struct DeployRun<'r, 'o> {
    pub(super) api: CloudflareApiClient<'o>,
    pub(super) job: &'r DeployInput,
    pub(super) choices: DeployChoices,
    /// Secrets that this run generated or received, by their names in the store.
    pub(super) values: BTreeMap<String, String>,
    pub(super) seen: FoundAccountResources,
    pub(super) done: Vec<String>,
}

/// Changes an account into what the configs describe.
pub fn apply_configs(
    runner: &mut dyn DeployPorts,
    job: &DeployInput,
    answers: &mut SavedDeployAnswers,
) -> Result<Deployed> {
    let options = &job.options;
    let may_ask = !options.yes && !options.dry_run;
    let api = cloudflare_login::log_in(runner, &mut answers.account, may_ask)?;
    let mut run = DeployRun {
        api,
        job,
        choices: DeployChoices::default(),
        values: BTreeMap::new(),
        seen: FoundAccountResources::default(),
        done: Vec::new(),
    };
    run.check_same()?;
    run.complete_answers(answers, may_ask)?;
    run.inspect_account()?;
    let subdomain = run.subdomain_to_register(may_ask)?;
    run.collect_secrets(answers, may_ask)?;
    let configs = run.deploy_configs();
    let mut steps = deploy_steps::required_steps(&configs, &run.choices, &run.values, subdomain);
    let (done, open): (Vec<_>, Vec<_>) = steps.drain(..).partition(|step| step.is_done(&run.seen));
    run.check_crons()?;
    let uploads = run.print_plan(&done, &open);
    if open.is_empty() && uploads == 0 {
        run.print_line("Nothing to change: the account has all of it.");
        return run.await_deployed_versions();
    }
    if options.dry_run {
        run.print_line("A dry run: nothing was changed.");
        return Ok(Deployed::default());
    }
    if may_ask {
        let answer = run.api.runner.prompt("Do this? [y/N]", PromptInputVisibility::Shown)?;
        if !matches!(answer.as_str(), "y" | "Y" | "yes") {
            bail!("nothing was changed");
        }
    }
    run.execute_steps(open)
        .and_then(|()| run.await_deployed_versions())
        .map_err(|error| run.stopped(&error))
}

impl DeployRun<'_, '_> {
    pub(super) fn print_line(&mut self, line: &str) {
        self.api.runner.print_line(line);
    }

    pub(super) fn deploy_configs(&self) -> Vec<WranglerEnvironmentConfig> {
        self.job.workers.iter().map(|(config, _)| config.clone()).collect()
    }

    pub(super) fn inspect_account(&mut self) -> Result<()> {
        let configs = self.deploy_configs();
        self.seen = account_resources::inspect(&mut self.api, &configs, &self.choices)
            .context("cannot see what the account holds")?;
        Ok(())
    }

    /// Refuses files that the other environment does not run.
    fn check_same(&mut self) -> Result<()> {
        for (name, hash) in &self.job.same_as {
            let live = account_resources::look_at_worker(&mut self.api, name)?.unwrap_or_default();
            if live.hash() != hash {
                bail!(
                    "{name} runs `{}`, and the files of that are not on this machine (`{hash}` is): \
                     deploy it from here first",
                    live.tag
                );
            }
        }
        Ok(())
    }

    fn execute_steps(&mut self, open: Vec<AccountResourceStep>) -> Result<()> {
        for step in open {
            self.create(&step)?;
        }
        self.inspect_account()?;
        let job = self.job;
        let mut uploads = Vec::new();
        for (config, modules) in &job.workers {
            let reason = self.upload_reason(config, modules);
            let Some((resolved, hash)) =
                self.resolved_config(config, modules).filter(|_| reason.is_some())
            else {
                continue;
            };
            let folder = format!("{}/{}", job.options.env, config.worker.crate_name());
            let staged = self.api.runner.write_bundle(&folder, &resolved, modules)?;
            uploads.push((config, modules, staged.display().to_string(), hash));
        }
        for (config, modules, path, _) in &uploads {
            check_modules(self.api.runner, &self.api.account, config.worker_name(), path, modules)?;
        }
        for (config, modules, path, hash) in &uploads {
            self.upload_worker(config, modules, path, hash)?;
        }
        Ok(())
    }

    fn create(&mut self, step: &AccountResourceStep) -> Result<()> {
        match step.carry_out(&mut self.api, &self.seen) {
            Ok(made) => step.record_id(&made, &mut self.seen),
            Err(refusal) => {
                // The answer may be lost, or another run may have created it.
                self.inspect_account()?;
                if !step.is_done(&self.seen) {
                    return Err(refusal).with_context(|| format!("could not create {step}"));
                }
            }
        }
        self.report_done(format!("created {step}"));
        if let AccountResourceStep::Secret(name, value) = step
            && name.starts_with(ADMIN_TOKEN_NAME)
        {
            self.show_token(name, value);
        }
        Ok(())
    }

    fn report_done(&mut self, what: String) {
        self.print_line(&format!("  {what}"));
        self.done.push(what);
    }

    fn upload_worker(
        &mut self,
        config: &WranglerEnvironmentConfig,
        modules: &ScriptModules,
        path: &str,
        hash: &str,
    ) -> Result<()> {
        let name = config.worker_name().to_owned();
        let before = self.seen.workers.get(&name).cloned();
        let tag = format!("{hash}-{}", self.job.commit);
        let changed = if self.job.is_changed { ", with changes" } else { "" };
        let message = format!("git {}{changed}", self.job.commit);
        let secrets = self.secrets_of(config);
        let mut args = vec!["deploy", "--no-bundle", "--config", path, "--tag", &tag];
        args.extend(["--message", &message]);
        let mut stdin = String::new();
        if !secrets.is_empty() {
            args.extend(["--secrets-file", "/dev/stdin"]);
            stdin = json!(secrets).to_string();
        }
        let account = self.api.account.clone();
        if let Err(output) = self.api.runner.call_wrangler(&account, &args, &stdin) {
            let refusal = CloudflareApiError::of_output(&self.without_secrets(output));
            self.inspect_account()?;
            let live = self.seen.workers.get(&name);
            let is_new =
                live.map(|live| &live.version) != before.as_ref().map(|live| &live.version);
            let only_secrets_are_open = !secrets.is_empty() && is_new;
            if self
                .upload_reason(config, modules)
                .is_some_and(|why| !(only_secrets_are_open && why == "its secrets"))
            {
                return Err(refusal).with_context(|| format!("could not upload {name}"));
            }
        }
        self.report_done(format!("uploaded {name} ({tag})"));
        if config.secret_bindings().iter().any(|secret| secret.binding == ADMIN_TOKEN_NAME)
            && self.job.workers.last().is_some_and(|(last, _)| last.worker_name() == name)
            && let Some((binding, value)) = secrets.get_key_value(ADMIN_TOKEN_NAME)
        {
            self.show_token(binding, value);
        }
        Ok(())
    }

    fn show_token(&mut self, name: &str, value: &str) {
        if self.api.runner.env_var(name).is_none() {
            self.print_line(&format!("\n  {name} = {value}\n  Keep it: only this run shows it.\n"));
        }
    }

    fn without_secrets(&self, mut text: String) -> String {
        for value in self.values.values() {
            text = text.replace(value.as_str(), "…");
        }
        text
    }

    /// A failure in the middle: names the completed steps, and that the next run continues.
    fn stopped(&self, error: &anyhow::Error) -> anyhow::Error {
        let done = match self.done.as_slice() {
            [] => "nothing was changed".to_owned(),
            done => format!("done so far: {}", done.join("; ")),
        };
        anyhow!("{error:#}\n{done}\nThe same command goes on from there.")
    }

    /// Waits until the Workers run the versions of the configs.
    fn await_deployed_versions(&mut self) -> Result<Deployed> {
        let subdomain = self.seen.subdomain.clone().unwrap_or_default();
        let mut deployed = Deployed {
            account: self.api.account.clone(),
            names: self
                .deploy_configs()
                .iter()
                .map(|config| config.worker_name().to_owned())
                .collect(),
            changes: self.done.len(),
            ..Deployed::default()
        };
        let is_token = |(name, _): &(&String, &String)| name.starts_with(ADMIN_TOKEN_NAME);
        deployed.admin_token = self.values.iter().find(is_token).map(|(_, value)| value.clone());
        let job = self.job;
        for (config, modules) in job.workers.iter().filter(|(config, _)| config.has_workers_dev()) {
            let form = job.options.addresses.as_deref();
            let address = cloudflare_login::worker_url(form, &subdomain, config.worker_name());
            let hash =
                self.resolved_config(config, modules).map(|(_, hash)| hash).unwrap_or_default();
            health::wait_for_health(self.api.runner, config.worker_name(), &address, &hash)?;
            deployed.addresses.push((config.worker.crate_name().to_owned(), address));
        }
        Ok(deployed)
    }
}

/// Compares the files that wrangler would send with those of the build.
pub fn check_modules(
    runner: &mut dyn DeployPorts,
    account: &str,
    name: &str,
    config: &str,
    modules: &ScriptModules,
) -> Result<()> {
    let sent = runner
        .files_sent(account, config)
        .map_err(|output| CloudflareApiError::of_output(&output))
        .with_context(|| format!("wrangler refuses the config of {name}"))?;
    // Static assets are sent in requests of their own.
    let expected = modules.keys().filter(|name| !name.starts_with("../"));
    let lost: Vec<_> = expected.filter(|module| !sent.contains(*module)).cloned().collect();
    if !lost.is_empty() {
        bail!("wrangler would not send these files of {name}: {}", lost.join(", "));
    }
    Ok(())
}
