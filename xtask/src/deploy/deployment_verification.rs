//! `cargo xtask verify`: whether a deployment works for its clients.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::cloudflare_login;
use super::config::WranglerEnvironmentConfig;
use super::deploy_options::PRODUCTION_ENVIRONMENT;
use super::deploy_ports::{DeployPorts, PromptInputVisibility, SystemDeployPorts};
use super::deploy_run::ADMIN_TOKEN_NAME;
use super::found_account_resources::text_member_or_empty;
use super::health::complaints;
use super::measure::{error_text, measure_searches, print_searches, report_watched};
use super::user_answers::AnswersFile;
use crate::build_tools::BuildTools;
use crate::workspace::{Worker, project_root};

/// Ten books by two authors: two author pages, and at most ten ISBNs that are not on them.
const LIBRARY: &str = "xtask/sample/verify.csv";
const MOST_UNITS: u32 = 12;

const POLLS: u32 = 150;
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, clap::Args)]
pub struct VerifyOptions {
    /// An environment of the configs.
    #[arg(long, default_value = PRODUCTION_ENVIRONMENT)]
    pub env: String,
    /// The addresses of proxy and warmer, separated by a comma, or one with `{name}` for a Worker's
    /// name; by default those at workers.dev.
    #[arg(long, value_name = "URLS")]
    pub url: Option<String>,
    /// Ask nothing; the token comes from the variable ADMIN_TOKEN.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedWorkers {
    pub proxy: String,
    pub warmer: String,
    /// The account, if there is a login: its Workers' invocations are logged.
    pub account: Option<String>,
    /// The names of the Workers in the account, callees first.
    pub names: Vec<String>,
}

pub fn verify_with_options(options: &VerifyOptions) -> Result<()> {
    let tools = BuildTools::ensure_installed()?;
    let mut machine = SystemDeployPorts::new(&tools)?;
    let configs = WranglerEnvironmentConfig::read_all(&options.env)?;
    let names = configs.iter().map(|config| config.worker_name().to_owned()).collect();
    let mut target = DeployedWorkers { names, ..DeployedWorkers::default() };
    let mut subdomain = String::new();
    if options.url.is_none() || machine.env_var("CLOUDFLARE_API_TOKEN").is_some() {
        let mut file = AnswersFile::read()?;
        let account = &mut file.environments.entry(options.env.clone()).or_default().account;
        let mut api = cloudflare_login::log_in(&mut machine, account, !options.yes)?;
        let found = api
            .get_if_exists("/workers/subdomain")
            .context("cannot read the account's workers.dev address")?;
        subdomain =
            found.map(|found| text_member_or_empty(&found, "subdomain")).unwrap_or_default();
        target.account = Some(api.account);
    }
    let form = options.url.as_deref();
    if let Some((proxy, warmer)) = form.and_then(|form| form.split_once(',')) {
        (target.proxy, target.warmer) = (proxy.to_owned(), warmer.to_owned());
    } else if let [_, proxy, warmer] = target.names.as_slice() {
        if form.is_some_and(|form| !form.contains("{name}")) {
            bail!(
                "--url takes the proxy's and the warmer's address with a comma, or one with {{name}}"
            );
        }
        if form.is_none() && subdomain.is_empty() {
            bail!("the account has no workers.dev address: deploy first");
        }
        let at = |name: &str| cloudflare_login::worker_url(form, &subdomain, name);
        (target.proxy, target.warmer) = (at(proxy), at(warmer));
    }
    verify_deployment(&mut machine, options, &target, None)
}

/// As [`verify_with_options`]; asks for the token if it is unknown.
pub fn verify_deployment(
    runner: &mut dyn DeployPorts,
    options: &VerifyOptions,
    target: &DeployedWorkers,
    token: Option<String>,
) -> Result<()> {
    check_health(runner, target)?;
    let csv = std::fs::read_to_string(project_root().join(LIBRARY)).context(LIBRARY)?;
    if !options.yes {
        let question = format!(
            "Upload ten books and warm them? It takes at most {MOST_UNITS} units of ISBNdb's day. [y/N]"
        );
        if !matches!(
            runner.prompt(&question, PromptInputVisibility::Shown)?.as_str(),
            "y" | "Y" | "yes"
        ) {
            runner.print_line("Healthy; nothing was uploaded.");
            return Ok(());
        }
    }
    let token = match token.or_else(|| runner.env_var(ADMIN_TOKEN_NAME)) {
        Some(token) => token,
        None if options.yes => {
            bail!("set {ADMIN_TOKEN_NAME} in the environment: --yes asks nothing")
        }
        None => runner.prompt(&format!("{ADMIN_TOKEN_NAME}:"), PromptInputVisibility::Hidden)?,
    };
    if let Some(account) = &target.account {
        runner.start_tail(account, &target.names);
    }
    let job = upload_library(runner, &target.warmer, &token, &csv)?;
    wait_until_warm(runner, &target.warmer, &token, &job)?;
    let seen = measure_searches(runner, &target.proxy, &csv);
    if target.account.is_some() {
        // Log lines of the last invocations may still arrive.
        runner.pause_for(PAUSE);
        let watched = runner.stop_watching();
        report_watched(runner, &watched);
    }
    print_searches(runner, &seen)
}

fn check_health(runner: &mut dyn DeployPorts, target: &DeployedWorkers) -> Result<()> {
    let mut unwell = Vec::new();
    let public = [(Worker::Proxy, &target.proxy), (Worker::Warmer, &target.warmer)];
    // The first name is the ISBNdb Worker, which has no address.
    for (name, (worker, address)) in target.names.iter().skip(1).zip(public) {
        let reply = runner.send_http("GET", &format!("{address}/health"), json!({}), None);
        let report = reply.body_json();
        if reply.status != 200 {
            unwell.push(format!("{address}/health answers {}", error_text(&reply)));
            continue;
        }
        if text_member_or_empty(&report, "worker") != worker.crate_name() {
            let found = text_member_or_empty(&report, "worker");
            unwell.push(format!("{address}/health is not {name}'s: it names `{found}`"));
            continue;
        }
        runner.print_line(&format!(
            "{name} is {}: version {}, hash {}, commit {}{}",
            text_member_or_empty(&report, "status"),
            text_member_or_empty(&report, "version"),
            or_none(&text_member_or_empty(&report, "hash")),
            or_none(&text_member_or_empty(&report, "commit")),
            complaints(&report),
        ));
    }
    if unwell.is_empty() {
        return Ok(());
    }
    bail!("{}\nDeploy again, or go back: docs/DEPLOY.md", unwell.join("\n"))
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none (not deployed by this command)" } else { text }
}

fn upload_library(
    runner: &mut dyn DeployPorts,
    warmer: &str,
    token: &str,
    csv: &str,
) -> Result<String> {
    let headers = json!({ "authorization": format!("Bearer {token}"), "content-type": "text/csv" });
    let url = format!("{warmer}/upload?name=verify.csv");
    let reply = runner.send_http("POST", &url, headers, Some(csv.to_owned()));
    match reply.status {
        200..300 => {
            let body = reply.body_json();
            let id = body.pointer("/jobs/0/id").and_then(Value::as_str);
            id.map(str::to_owned)
                .context("the warmer took the file and names no job: see its /status")
        }
        401 | 403 => {
            bail!("the warmer does not accept this {ADMIN_TOKEN_NAME}: {}", error_text(&reply))
        }
        _ => bail!("the warmer did not take the file: it answers {}", error_text(&reply)),
    }
}

fn wait_until_warm(
    runner: &mut dyn DeployPorts,
    warmer: &str,
    token: &str,
    job: &str,
) -> Result<()> {
    let headers = json!({ "authorization": format!("Bearer {token}") });
    let mut last = String::new();
    for _ in 0..POLLS {
        let reply = runner.send_http("GET", &format!("{warmer}/jobs/{job}"), headers.clone(), None);
        let view = reply.body_json();
        let state = text_member_or_empty(&view, "state");
        let count = |key: &str| view.pointer(&format!("/items/{key}")).and_then(Value::as_u64);
        let (done, total) = (count("done").unwrap_or_default(), count("total").unwrap_or_default());
        let now = if reply.status == 200 {
            format!("  {state}: {done} of {total} books and authors")
        } else {
            format!("  /jobs/{job} answers {}", error_text(&reply))
        };
        if now != last {
            runner.print_line(&now);
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
            _ => runner.pause_for(PAUSE),
        }
    }
    bail!("the warming is not over after five minutes ({}): see {warmer}/", last.trim())
}
