//! `cargo xtask destroy`: removes from an account what `deploy` created.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::account_resources;
use super::cloudflare_api::{CloudflareApiClient, CloudflareApiError};
use super::cloudflare_login;
use super::config::WranglerEnvironmentConfig;
use super::deploy_options::{
    CloudflarePlan, DeployChoices, PRODUCTION_ENVIRONMENT, SecretStorageKind,
};
use super::deploy_ports::{DeployPorts, PromptInputVisibility, SystemDeployPorts};
use super::found_account_resources::{FoundAccountResources, text_member_or_empty};
use super::user_answers::AnswersFile;
use crate::build_tools::BuildTools;

/// Cloudflare takes 1,200 calls in five minutes; a bucket may hold more objects.
const PAUSE: Duration = Duration::from_secs(30);
const PAUSES: u32 = 20;

#[derive(Clone, Debug, clap::Args)]
pub struct DestroyOptions {
    /// An environment of the configs.
    #[arg(long, default_value = PRODUCTION_ENVIRONMENT)]
    pub env: String,
    /// Remove the KV namespaces and the bucket too, with your library and everything cached.
    #[arg(long)]
    pub data: bool,
    /// Ask nothing.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum CloudResource {
    Worker(String),
    /// A bucket's rule for a queue with this id.
    Announcement(String, String),
    Queue(String, String),
    Namespace(String, String),
    Bucket(String),
}

impl fmt::Display for CloudResource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(name) => write!(out, "Worker {name}, with its Durable Objects"),
            Self::Announcement(bucket, _) => write!(out, "event notification of {bucket}"),
            Self::Queue(name, _) => write!(out, "queue {name}"),
            Self::Namespace(title, _) => write!(out, "KV namespace {title}"),
            Self::Bucket(name) => write!(out, "R2 bucket {name}, with every file in it"),
        }
    }
}

impl CloudResource {
    fn delete_from_account(
        &self,
        api: &mut CloudflareApiClient<'_>,
    ) -> Result<(), CloudflareApiError> {
        let path = match self {
            Self::Worker(name) => format!("/workers/services/{name}?force=true"),
            Self::Announcement(bucket, queue) => {
                format!("/event_notifications/r2/{bucket}/configuration/queues/{queue}")
            }
            Self::Queue(_, id) => format!("/queues/{id}"),
            Self::Namespace(_, id) => format!("/storage/kv/namespaces/{id}"),
            Self::Bucket(name) => {
                empty_bucket(api, name)?;
                format!("/r2/buckets/{name}")
            }
        };
        delete_resource(api, &path)
    }
}

/// Deletes; a missing resource counts as deleted, and a 429 of Cloudflare is waited for.
fn delete_resource(
    api: &mut CloudflareApiClient<'_>,
    path: &str,
) -> Result<(), CloudflareApiError> {
    for _ in 0..PAUSES {
        match api.call_api("DELETE", path, None) {
            Err(refusal) if refusal.status == 429 => api.runner.pause_for(PAUSE),
            Err(refusal) if !refusal.is_missing() => return Err(refusal),
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    api.call_api("DELETE", path, None).map(drop)
}

fn empty_bucket(api: &mut CloudflareApiClient<'_>, bucket: &str) -> Result<(), CloudflareApiError> {
    let objects = format!("/r2/buckets/{bucket}/objects");
    loop {
        let found = api.get(&format!("{objects}?per_page=1000"))?;
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        if found.is_empty() {
            return Ok(());
        }
        api.runner.print_line(&format!("  removing {} files of {bucket}", found.len()));
        for key in found.iter().map(|object| text_member_or_empty(object, "key")) {
            delete_resource(api, &format!("{objects}/{}", encoded(&key)))?;
        }
    }
}

/// A key, encoded as a part of a path.
fn encoded(key: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    key.bytes()
        .map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The existing resources with names of the configs, callers first.
fn deletable_parts(
    configs: &[WranglerEnvironmentConfig],
    seen: &FoundAccountResources,
    data: bool,
) -> Vec<CloudResource> {
    let mut parts = Vec::new();
    let live =
        configs.iter().rev().filter(|config| seen.workers.contains_key(config.worker_name()));
    parts.extend(live.map(|config| CloudResource::Worker(config.worker_name().to_owned())));
    for (name, bucket) in configs.iter().filter_map(WranglerEnvironmentConfig::upload_queue) {
        let Some(queue) = seen.queues.get(&name) else { continue };
        if seen.announced.contains(&bucket) {
            parts.push(CloudResource::Announcement(bucket, queue.id.clone()));
        }
        parts.push(CloudResource::Queue(name, queue.id.clone()));
    }
    if data {
        let titles = configs.iter().flat_map(WranglerEnvironmentConfig::namespace_titles);
        parts.extend(titles.filter_map(|title| {
            let id = seen.namespaces.get(&title)?.clone();
            Some(CloudResource::Namespace(title, id))
        }));
        for bucket in configs.iter().flat_map(WranglerEnvironmentConfig::bucket_names) {
            let part = CloudResource::Bucket(bucket.clone());
            if seen.buckets.contains(&bucket) && !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    parts
}

pub fn destroy(options: &DestroyOptions) -> Result<()> {
    let configs = WranglerEnvironmentConfig::read_all(&options.env)?;
    let mut file = AnswersFile::read()?;
    let account = &mut file.environments.entry(options.env.clone()).or_default().account;
    destroy_workers(
        &mut SystemDeployPorts::new(&BuildTools::ensure_installed()?)?,
        options,
        &configs,
        account,
    )
}

pub fn destroy_workers(
    runner: &mut dyn DeployPorts,
    options: &DestroyOptions,
    configs: &[WranglerEnvironmentConfig],
    account: &mut Option<String>,
) -> Result<()> {
    let mut api = cloudflare_login::log_in(runner, account, !options.yes)?;
    // The Secrets Store belongs to the account, and is never changed.
    let choices = DeployChoices {
        queue: true,
        secrets: SecretStorageKind::Plain,
        plan: CloudflarePlan::Paid,
        ..DeployChoices::default()
    };
    let seen = account_resources::inspect(&mut api, configs, &choices)
        .context("cannot see what there is")?;
    let parts = deletable_parts(configs, &seen, options.data);
    api.runner.print_line(&format!("environment  {}", options.env));
    if parts.is_empty() {
        api.runner.print_line("Nothing to remove.");
        return Ok(());
    }
    for part in &parts {
        api.runner.print_line(&format!("  remove  {part}"));
    }
    if !options.data {
        api.runner.print_line("  keep    KV namespaces and the R2 bucket (--data removes them)");
    }
    api.runner.print_line(
        "A Worker's Durable Objects are its ledger, the state of its jobs and the count of the quota. \
         Secrets in the Secrets Store stay.",
    );
    if !options.yes {
        let question = format!("Type `{}` to remove this:", options.env);
        if api.runner.prompt(&question, PromptInputVisibility::Shown)? != options.env {
            bail!("nothing was removed");
        }
    }
    let mut removed = Vec::new();
    for part in &parts {
        if let Err(refusal) = part.delete_from_account(&mut api) {
            let done = if removed.is_empty() { "nothing".to_owned() } else { removed.join("; ") };
            return Err(anyhow!(
                "could not remove {part}: {refusal}\nremoved so far: {done}\nThe same command goes on \
                 from there."
            ));
        }
        api.runner.print_line(&format!("  removed {part}"));
        removed.push(part.to_string());
    }
    Ok(())
}
