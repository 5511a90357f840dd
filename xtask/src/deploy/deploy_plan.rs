//! The choices that a deployment needs, and its plan.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use super::account_resources::FREE_CRONS;
use super::config::{self, CONTACT, LOCATION, SecretBinding, WranglerEnvironmentConfig};
use super::deploy_options::{CloudflarePlan, DeployChoices, DeployOptions, SecretStorageKind};
use super::deploy_ports::{PromptInputVisibility, ScriptModules};
use super::deploy_run::{ADMIN_TOKEN_NAME, DeployRun};
use super::deploy_steps::AccountResourceStep;
use super::location_hint;
use super::user_answers::SavedDeployAnswers;

/// The Workers refuse a shorter ADMIN_TOKEN.
const SHORTEST_TOKEN: usize = 16;

impl DeployRun<'_, '_> {
    /// Choices beside resources: from the options, else from earlier answers, else asked once.
    pub(super) fn complete_answers(
        &mut self,
        answers: &mut SavedDeployAnswers,
        may_ask: bool,
    ) -> Result<()> {
        let options = &self.job.options;
        if let Some(contact) = self.api.runner.env_var(CONTACT) {
            answers.contact = Some(contact);
        }
        if answers.contact.is_none() && may_ask {
            let question = "Open Library allows three calls a second in place of one to those who can \
                            be reached. An e-mail address or a page (empty: none):";
            answers.contact = Some(self.api.runner.prompt(question, PromptInputVisibility::Shown)?);
        }
        answers.plan = options.plan.or(answers.plan);
        if answers.plan.is_none() && may_ask {
            let answer = self
                .api
                .runner
                .prompt("Cloudflare plan, free or paid? [free]", PromptInputVisibility::Shown)?;
            answers.plan =
                Some(if answer == "paid" { CloudflarePlan::Paid } else { CloudflarePlan::Free });
        }
        if let Some(location) = self.api.runner.env_var(LOCATION) {
            answers.location = Some(location);
        }
        if answers.location.is_none() && may_ask {
            let near = location_hint::of_zone(&self.api.runner.time_zone());
            let question = format!(
                "Where shall Durable Objects be created? They stay there. {} [{near}]",
                location_hint::LOCATION_HINTS.join(", ")
            );
            let answer = self.api.runner.prompt(&question, PromptInputVisibility::Shown)?;
            answers.location = Some(if answer.is_empty() { near.to_owned() } else { answer });
        }
        if let Some(location) = &answers.location
            && !location_hint::LOCATION_HINTS.contains(&location.as_str())
        {
            bail!("{location} is no location: one of {}", location_hint::LOCATION_HINTS.join(", "));
        }
        answers.secrets = options.secrets.or(answers.secrets);
        self.choices = DeployChoices {
            plan: answers.plan.unwrap_or_default(),
            secrets: answers.secrets.unwrap_or_default(),
            queue: !options.no_queue,
            contact: answers.contact.clone().filter(|contact| !contact.is_empty()),
            location: answers.location.clone(),
        };
        Ok(())
    }

    /// The subdomain to register if the account has no address yet.
    pub(super) fn subdomain_to_register(&mut self, may_ask: bool) -> Result<Option<String>> {
        if self.seen.subdomain.is_some() {
            return Ok(None);
        }
        if may_ask {
            let question = "The account has no workers.dev address yet. Which name shall it have? \
                            (NAME.workers.dev)";
            let name = self.api.runner.prompt(question, PromptInputVisibility::Shown)?;
            if !name.is_empty() {
                return Ok(Some(name));
            }
        }
        bail!(
            "the account has no workers.dev address: register one at \
             https://dash.cloudflare.com/{}/workers/onboarding, then run this again",
            self.api.account
        )
    }

    pub(super) fn has_secret(
        &self,
        config: &WranglerEnvironmentConfig,
        secret: &SecretBinding,
    ) -> bool {
        let is_kept = match self.choices.secrets {
            SecretStorageKind::Store => self.seen.stored.contains(&secret.stored),
            SecretStorageKind::Plain => {
                let live = self.seen.workers.get(config.worker_name());
                live.is_some_and(|live| live.secrets.contains(&secret.binding))
            }
        };
        is_kept || self.values.contains_key(&secret.stored)
    }

    /// Values of missing secrets: from the environment, generated, or asked for once.
    pub(super) fn collect_secrets(
        &mut self,
        answers: &mut SavedDeployAnswers,
        may_ask: bool,
    ) -> Result<()> {
        for config in self.deploy_configs() {
            for secret in config.secret_bindings() {
                if self.has_secret(&config, &secret) {
                    continue;
                }
                let name = &secret.stored;
                let given = self.api.runner.env_var(name);
                let value = if let Some(value) = given {
                    value
                } else if secret.binding == ADMIN_TOKEN_NAME {
                    self.api.runner.random_hex()?
                } else if may_ask && !answers.skipped.contains(name) {
                    let question = format!("{name} (empty: go without it):");
                    self.api.runner.prompt(&question, PromptInputVisibility::Hidden)?
                } else {
                    continue;
                };
                if let Some(why) = secret_defect(secret.binding == ADMIN_TOKEN_NAME, &value) {
                    bail!("{name} is not usable: {why}");
                }
                if value.is_empty() {
                    answers.skipped.insert(name.clone());
                } else {
                    self.values.insert(name.clone(), value);
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_crons(&self) -> Result<()> {
        let ours: usize =
            self.job.workers.iter().map(|(config, _)| config.cron_expressions().len()).sum();
        if self.choices.plan == CloudflarePlan::Free && ours + self.seen.other_crons > FREE_CRONS {
            bail!(
                "the free plan has {FREE_CRONS} cron triggers; other Workers of the account use {}, \
                 and these need {ours}: remove one of the others, or deploy with --plan paid",
                self.seen.other_crons
            );
        }
        Ok(())
    }

    /// The config and hash of a Worker, once everything that it needs is there.
    pub(super) fn resolved_config(
        &self,
        config: &WranglerEnvironmentConfig,
        modules: &ScriptModules,
    ) -> Option<(Value, String)> {
        let has = |secret: &SecretBinding| self.has_secret(config, secret);
        let resolved = config.resolve_ids(&self.seen, &self.choices, has)?;
        let hash = config::hash(&resolved, modules, &self.job.wrangler);
        Some((resolved, hash))
    }

    /// The reason to upload a Worker; `None` if its deployment is current.
    pub(super) fn upload_reason(
        &self,
        config: &WranglerEnvironmentConfig,
        modules: &ScriptModules,
    ) -> Option<String> {
        let Some(live) = self.seen.workers.get(config.worker_name()) else {
            return Some("new".to_owned());
        };
        let hash = self.resolved_config(config, modules).map(|(_, hash)| hash);
        let reads_queue = config.upload_queue().is_none_or(|(queue, _)| {
            let queue = self.seen.queues.get(&queue);
            queue.is_some_and(|queue| queue.readers.contains(config.worker_name()))
        });
        match hash {
            None => Some("a resource that it needs is new".to_owned()),
            Some(hash) if hash != live.hash() && live.tag.is_empty() => {
                Some(format!("{hash} in place of a version that this command did not deploy"))
            }
            Some(hash) if hash != live.hash() => Some(format!("{hash} in place of {}", live.tag)),
            Some(_) if live.crons != config.cron_expressions() => {
                Some("its cron triggers differ".to_owned())
            }
            Some(_) if live.is_public != config.has_workers_dev() => {
                Some("its address differs".to_owned())
            }
            Some(_) if self.choices.queue && !reads_queue => {
                Some("it does not read its queue yet".to_owned())
            }
            Some(_) if !self.secrets_of(config).is_empty() => Some("its secrets".to_owned()),
            Some(_) => None,
        }
    }

    pub(super) fn secrets_of(
        &self,
        config: &WranglerEnvironmentConfig,
    ) -> BTreeMap<String, String> {
        if self.choices.secrets == SecretStorageKind::Store {
            return BTreeMap::new();
        }
        let value = |secret: SecretBinding| {
            Some((secret.binding, self.values.get(&secret.stored)?.clone()))
        };
        config.secret_bindings().into_iter().filter_map(value).collect()
    }

    /// Prints the plan; returns how many Workers are uploaded.
    pub(super) fn print_plan(
        &mut self,
        done: &[AccountResourceStep],
        open: &[AccountResourceStep],
    ) -> usize {
        let DeployOptions { env, .. } = &self.job.options;
        let plan = if self.choices.plan == CloudflarePlan::Free { "free" } else { "paid" };
        self.print_line(&format!("environment  {env}, {plan} plan"));
        for step in done.iter().filter(|step| !matches!(step, AccountResourceStep::Secret(..))) {
            self.print_line(&format!("  have    {step}"));
        }
        for step in open {
            self.print_line(&format!("  create  {step}"));
        }
        let mut uploads = 0;
        for (config, modules) in &self.job.workers {
            let line = match self.upload_reason(config, modules) {
                Some(why) => {
                    uploads += 1;
                    format!("  upload  {} ({why})", config.worker_name())
                }
                None => format!("  have    {}, unchanged", config.worker_name()),
            };
            self.print_line(&line);
            let mut without = config.secret_bindings();
            without.retain(|secret| !self.has_secret(config, secret));
            for secret in without {
                self.print_line(&format!("          without {}", secret.binding));
            }
        }
        uploads
    }
}

/// Why a Worker would refuse a secret: no header could carry it, or it could be guessed.
fn secret_defect(is_token: bool, value: &str) -> Option<&'static str> {
    if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Some("it has a character that is not printable ASCII, perhaps an invisible one");
    }
    (is_token && value.len() < SHORTEST_TOKEN).then_some("it needs at least 16 characters")
}
