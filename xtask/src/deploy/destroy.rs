//! `cargo xtask destroy`: removes from an account what `deploy` created.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::account;
use super::answers::File;
use super::api::{Api, Refusal};
use super::config::Config;
use super::login;
use super::options::{Choices, Keeping, PRODUCTION, Plan};
use super::runner::{Machine, Runner, Typed};
use super::seen::{Seen, text};
use crate::project::Worker;
use crate::tools::Tools;

/// Cloudflare takes 1,200 calls in five minutes; a bucket may hold more objects.
const PAUSE: Duration = Duration::from_secs(30);
const PAUSES: u32 = 20;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// An environment of the configs.
    #[arg(long, default_value = PRODUCTION)]
    pub env: String,
    /// Remove the KV namespaces and the bucket too, with your library and everything cached.
    #[arg(long)]
    pub data: bool,
    /// Ask nothing.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Worker(String),
    /// A bucket's rule for a queue with this id.
    Announcement(String, String),
    Queue(String, String),
    Namespace(String, String),
    Bucket(String),
}

impl fmt::Display for Part {
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

impl Part {
    fn remove(&self, api: &mut Api<'_>) -> Result<(), Refusal> {
        let path = match self {
            Self::Worker(name) => format!("/workers/services/{name}?force=true"),
            Self::Announcement(bucket, queue) => {
                format!("/event_notifications/r2/{bucket}/configuration/queues/{queue}")
            }
            Self::Queue(_, id) => format!("/queues/{id}"),
            Self::Namespace(_, id) => format!("/storage/kv/namespaces/{id}"),
            Self::Bucket(name) => {
                empty(api, name)?;
                format!("/r2/buckets/{name}")
            }
        };
        delete(api, &path)
    }
}

/// Deletes; a missing resource counts as deleted, and a 429 of Cloudflare is waited for.
fn delete(api: &mut Api<'_>, path: &str) -> Result<(), Refusal> {
    for _ in 0..PAUSES {
        match api.call("DELETE", path, None) {
            Err(refusal) if refusal.status == 429 => api.runner.wait(PAUSE),
            Err(refusal) if !refusal.is_missing() => return Err(refusal),
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    api.call("DELETE", path, None).map(drop)
}

fn empty(api: &mut Api<'_>, bucket: &str) -> Result<(), Refusal> {
    let objects = format!("/r2/buckets/{bucket}/objects");
    loop {
        let found = api.get(&format!("{objects}?per_page=1000"))?;
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        if found.is_empty() {
            return Ok(());
        }
        api.runner.say(&format!("  removing {} files of {bucket}", found.len()));
        for key in found.iter().map(|object| text(object, "key")) {
            delete(api, &format!("{objects}/{}", encoded(&key)))?;
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
fn parts(configs: &[Config], seen: &Seen, data: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let live = configs.iter().rev().filter(|config| seen.workers.contains_key(config.name()));
    parts.extend(live.map(|config| Part::Worker(config.name().to_owned())));
    for (name, bucket) in configs.iter().filter_map(Config::queue) {
        let Some(queue) = seen.queues.get(&name) else { continue };
        if seen.announced.contains(&bucket) {
            parts.push(Part::Announcement(bucket, queue.id.clone()));
        }
        parts.push(Part::Queue(name, queue.id.clone()));
    }
    if data {
        let titles = configs.iter().flat_map(Config::namespaces);
        parts.extend(titles.filter_map(|title| {
            let id = seen.namespaces.get(&title)?.clone();
            Some(Part::Namespace(title, id))
        }));
        for bucket in configs.iter().flat_map(Config::buckets) {
            let part = Part::Bucket(bucket.clone());
            if seen.buckets.contains(&bucket) && !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    parts
}

pub fn destroy(options: &Options) -> Result<()> {
    let mut configs = Vec::new();
    for worker in Worker::ALL {
        configs.push(Config::read(worker, &options.env)?);
    }
    let mut file = File::read()?;
    let account = &mut file.environments.entry(options.env.clone()).or_default().account;
    run(&mut Machine::new(&Tools::ensure()?)?, options, &configs, account)
}

pub fn run(
    runner: &mut dyn Runner,
    options: &Options,
    configs: &[Config],
    account: &mut Option<String>,
) -> Result<()> {
    let mut api = login::open(runner, account, !options.yes)?;
    // The Secrets Store belongs to the account, and is never changed.
    let choices =
        Choices { queue: true, secrets: Keeping::Plain, plan: Plan::Paid, ..Choices::default() };
    let seen = account::look(&mut api, configs, &choices).context("cannot see what there is")?;
    let parts = parts(configs, &seen, options.data);
    api.runner.say(&format!("environment  {}", options.env));
    if parts.is_empty() {
        api.runner.say("Nothing to remove.");
        return Ok(());
    }
    for part in &parts {
        api.runner.say(&format!("  remove  {part}"));
    }
    if !options.data {
        api.runner.say("  keep    KV namespaces and the R2 bucket (--data removes them)");
    }
    api.runner.say(
        "A Worker's Durable Objects are its ledger, the state of its jobs and the count of the quota. \
         Secrets in the Secrets Store stay.",
    );
    if !options.yes {
        let question = format!("Type `{}` to remove this:", options.env);
        if api.runner.ask(&question, Typed::Shown)? != options.env {
            bail!("nothing was removed");
        }
    }
    let mut removed = Vec::new();
    for part in &parts {
        if let Err(refusal) = part.remove(&mut api) {
            let done = if removed.is_empty() { "nothing".to_owned() } else { removed.join("; ") };
            return Err(anyhow!(
                "could not remove {part}: {refusal}\nremoved so far: {done}\nThe same command goes on \
                 from there."
            ));
        }
        api.runner.say(&format!("  removed {part}"));
        removed.push(part.to_string());
    }
    Ok(())
}
