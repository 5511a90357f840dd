//! `cargo xtask verify`: whether a deployment works, seen from where its clients are.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::answers::File;
use super::config::Config;
use super::flow::ADMIN_TOKEN;
use super::health::complaints;
use super::login;
use super::options::PRODUCTION;
use super::runner::{Machine, Reply, Runner, Typed};
use super::seen::text;
use crate::project::{Worker, root};
use crate::tools::Tools;

/// Ten books by two authors: two author pages, and at most ten ISBNs that are not on them.
const LIBRARY: &str = "xtask/sample/verify.csv";
const MOST_UNITS: u32 = 12;

/// How often each search is made: R2 first, then the copy in KV. An isolate's memory takes no answer
/// that a late provider may still improve, so in a fresh deployment it is seldom seen.
const ROUNDS: usize = 3;

/// How long the warming may take.
const POLLS: u32 = 150;
const PAUSE: Duration = Duration::from_secs(2);

/// `X-Cache` of each tier, the median of `X-Response-Time` that this very run measured in workerd on a
/// busy machine with two cores whose stores answer at once, and what is slow on Cloudflare.
const TIERS: [(&str, &str, u64); 3] =
    [("HIT-MEMORY", "-", 20), ("HIT-KV-HOT", "2", 150), ("HIT-R2-COLD", "7", 300)];

/// What is verified.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// An environment of the configs.
    #[arg(long, default_value = PRODUCTION)]
    pub env: String,
    /// The addresses of proxy and warmer with a comma between them, or one in which `{name}` stands
    /// for a Worker's name; without it those at workers.dev.
    #[arg(long, value_name = "URLS")]
    pub url: Option<String>,
    /// Ask nothing; the token is then in the environment, as ADMIN_TOKEN.
    #[arg(long)]
    pub yes: bool,
}

/// The two Workers that answer the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub proxy: String,
    pub warmer: String,
}

/// Verifies an environment.
///
/// # Errors
/// What does not work, and the next step.
pub fn verify(options: &Options) -> Result<()> {
    let tools = Tools::ensure()?;
    let mut machine = Machine::new(&tools)?;
    let name = |worker| Config::read(worker, &options.env).map(|config| config.name().to_owned());
    let (proxy, warmer) = (name(Worker::Proxy)?, name(Worker::Warmer)?);
    let addresses = match options.url.as_deref().map(|url| (url, url.split_once(','))) {
        Some((_, Some((proxy, warmer)))) => {
            Addresses { proxy: proxy.to_owned(), warmer: warmer.to_owned() }
        }
        Some((url, None)) if !url.contains("{name}") => bail!(
            "--url takes two addresses with a comma between them, {url},https://… for the warmer, or \
             one with {{name}} in it"
        ),
        url => {
            let form = url.map(|(form, _)| form);
            let subdomain = match form {
                Some(_) => String::new(),
                None => subdomain(&mut machine, options)?,
            };
            let at = |name| login::address(form, &subdomain, name);
            Addresses { proxy: at(&proxy), warmer: at(&warmer) }
        }
    };
    run(&mut machine, options, &addresses, None)
}

fn subdomain(machine: &mut Machine<'_>, options: &Options) -> Result<String> {
    let mut file = File::read()?;
    let account = &mut file.environments.entry(options.env.clone()).or_default().account;
    let mut api = login::open(machine, account, !options.yes)?;
    let found = api.find("/workers/subdomain").context("which address the account has")?;
    Ok(text(&found.context("the account has no workers.dev address: deploy first")?, "subdomain"))
}

/// As [`verify`]; the token is asked for where it is not known.
///
/// # Errors
/// What does not work, and the next step.
pub fn run(
    runner: &mut dyn Runner,
    options: &Options,
    addresses: &Addresses,
    token: Option<String>,
) -> Result<()> {
    check_health(runner, addresses)?;
    let csv = std::fs::read_to_string(root().join(LIBRARY)).context(LIBRARY)?;
    if !options.yes {
        let question = format!(
            "Upload ten books and warm them? It takes at most {MOST_UNITS} units of ISBNdb's day. [y/N]"
        );
        if !matches!(runner.ask(&question, Typed::Shown)?.as_str(), "y" | "Y" | "yes") {
            runner.say("Healthy; nothing was uploaded.");
            return Ok(());
        }
    }
    let token = match token.or_else(|| runner.variable(ADMIN_TOKEN)) {
        Some(token) => token,
        None if options.yes => bail!("set {ADMIN_TOKEN} in the environment: --yes asks nothing"),
        None => runner.ask(&format!("{ADMIN_TOKEN}:"), Typed::Hidden)?,
    };
    let job = upload(runner, &addresses.warmer, &token, &csv)?;
    warm(runner, &addresses.warmer, &token, &job)?;
    let seen = search(runner, &addresses.proxy, &csv);
    report(runner, &seen)
}

fn check_health(runner: &mut dyn Runner, addresses: &Addresses) -> Result<()> {
    let mut unwell = Vec::new();
    for address in [&addresses.proxy, &addresses.warmer] {
        let reply = runner.http("GET", &format!("{address}/health"), json!({}), None);
        let report = reply.json();
        if reply.status != 200 {
            unwell.push(format!("{address}/health answers {}", said(&reply)));
            continue;
        }
        runner.say(&format!(
            "{} is {}: version {}, hash {}, commit {}{}",
            text(&report, "worker"),
            text(&report, "status"),
            text(&report, "version"),
            or_none(&text(&report, "hash")),
            or_none(&text(&report, "commit")),
            complaints(&report),
        ));
    }
    if unwell.is_empty() {
        return Ok(());
    }
    bail!("{}\nDeploy again, or go back: docs/DEPLOY.md", unwell.join("\n"))
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none (deployed in another way)" } else { text }
}

/// A failed answer in words.
fn said(reply: &Reply) -> String {
    let problem = reply.json();
    let detail = ["detail", "title"].map(|key| text(&problem, key));
    let detail = detail
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| reply.body.chars().take(200).collect());
    let parts = complaints(&problem);
    match reply.status {
        0 => format!("nothing ({detail})"),
        status if reply.body.contains("1102") => {
            format!("{status}: the Worker used more CPU time than the plan allows (1102)")
        }
        status if parts.is_empty() => format!("{status}: {detail}"),
        status => format!("{status}{parts}"),
    }
}

fn upload(runner: &mut dyn Runner, warmer: &str, token: &str, csv: &str) -> Result<String> {
    let headers = json!({ "authorization": format!("Bearer {token}"), "content-type": "text/csv" });
    let url = format!("{warmer}/upload?name=verify.csv");
    let reply = runner.http("POST", &url, headers, Some(csv.to_owned()));
    match reply.status {
        200..300 => {
            let body = reply.json();
            let id = body.pointer("/jobs/0/id").and_then(Value::as_str);
            id.map(str::to_owned)
                .context("the warmer took the file and names no job: see its /status")
        }
        401 | 403 => bail!("the warmer does not accept this {ADMIN_TOKEN}: {}", said(&reply)),
        _ => bail!("the warmer did not take the file: it answers {}", said(&reply)),
    }
}

/// Follows the job to its end.
fn warm(runner: &mut dyn Runner, warmer: &str, token: &str, job: &str) -> Result<()> {
    let headers = json!({ "authorization": format!("Bearer {token}") });
    let mut last = String::new();
    for _ in 0..POLLS {
        let reply = runner.http("GET", &format!("{warmer}/jobs/{job}"), headers.clone(), None);
        let view = reply.json();
        let state = text(&view, "state");
        let count = |key: &str| view.pointer(&format!("/items/{key}")).and_then(Value::as_u64);
        let (done, total) = (count("done").unwrap_or_default(), count("total").unwrap_or_default());
        let now = if reply.status == 200 {
            format!("  {state}: {done} of {total} books and authors")
        } else {
            format!("  /jobs/{job} answers {}", said(&reply))
        };
        if now != last {
            runner.say(&now);
            last = now;
        }
        match state.as_str() {
            "done" if done == total => return Ok(()),
            "done" | "failed" | "cancelled" | "superseded" => bail!(
                "the library ended as {state} with {done} of {total} warm{}: see {warmer}/ for the \
                 reason of each",
                view.get("error")
                    .and_then(Value::as_str)
                    .map(|e| format!(" ({e})"))
                    .unwrap_or_default()
            ),
            _ => runner.wait(PAUSE),
        }
    }
    bail!("the warming is not over after five minutes ({}): see {warmer}/", last.trim())
}

/// What the searches met.
#[derive(Debug, Default)]
struct Searches {
    /// Times that the Worker and the client measured, by `X-Cache`.
    tiers: BTreeMap<String, Vec<(u64, u64)>>,
    refused: Vec<String>,
    /// Queries that were not answered from cache at the last.
    missed: Vec<String>,
}

fn search(runner: &mut dyn Runner, proxy: &str, csv: &str) -> Searches {
    let mut seen = Searches::default();
    let rows = csv.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let mut queries: Vec<String> = rows
        .flat_map(|cells| {
            cells.into_iter().skip(1).map(|cell| cell.replace(' ', "%20")).collect::<Vec<_>>()
        })
        .collect();
    queries.sort();
    queries.dedup();
    for round in 1..=ROUNDS {
        for query in &queries {
            let reply =
                runner.http("GET", &format!("{proxy}/search/auto?q={query}"), json!({}), None);
            if reply.status != 200 {
                seen.refused.push(format!("{query}: {}", said(&reply)));
                continue;
            }
            let header = |name: &str| reply.headers.get(name).cloned().unwrap_or_default();
            let tier = header("x-cache");
            if round == ROUNDS && !tier.starts_with("HIT") {
                seen.missed.push(query.clone());
            }
            let worker_ms = header("x-response-time").parse().unwrap_or_default();
            seen.tiers.entry(tier).or_default().push((worker_ms, reply.ms));
        }
    }
    seen
}

fn report(runner: &mut dyn Runner, seen: &Searches) -> Result<()> {
    runner.say("\nsearches       answers  Worker ms (median, most)  here ms (median)  lab ms");
    for (tier, times) in &seen.tiers {
        let (worker, most) = spread(times.iter().map(|time| time.0));
        let (here, _) = spread(times.iter().map(|time| time.1));
        let known = TIERS.iter().find(|(name, ..)| name == tier);
        let lab = known.map_or("-", |(_, lab, _)| lab);
        let slow = known.is_some_and(|(_, _, slow)| worker > *slow);
        let note = if slow { "  slower than expected" } else { "" };
        runner.say(&format!(
            "{tier:<14} {:>7}  {worker:>13}, {most:<9}  {here:>16}  {lab:>6}{note}",
            times.len()
        ));
    }
    if !seen.refused.is_empty() {
        bail!(
            "{} searches were refused:\n  {}\nA 429 ends after a minute; 1102 means that the plan's CPU \
             time is too short (docs/COSTS.md)",
            seen.refused.len(),
            seen.refused.join("\n  ")
        );
    }
    if !seen.missed.is_empty() {
        bail!(
            "these were warmed and are not answered from cache: {}\nSee the job in the dashboard; a \
             provider may have no such book",
            seen.missed.join(", ")
        );
    }
    runner.say("Everything that was warmed is answered from cache.");
    Ok(())
}

/// The median and the greatest.
fn spread(times: impl Iterator<Item = u64>) -> (u64, u64) {
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}
