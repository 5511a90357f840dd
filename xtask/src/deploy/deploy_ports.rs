//! The interface of a deployment to HTTP, wrangler, its files, and the user.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use console::Term;
use serde_json::{Value, json};

use crate::build_tools::BuildTools;
use crate::dev::{HttpResponse, NodeProcess};
use crate::workspace::project_root;

/// The folder of answers and staged uploads: the project's, or another one in parallel tests.
pub fn deploy_dir() -> PathBuf {
    std::env::var_os("DEPLOY_HOME").map_or_else(project_root, PathBuf::from)
}

pub type ScriptModules = BTreeMap<String, Vec<u8>>;

/// Whether the terminal shows the user's typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptInputVisibility {
    Shown,
    Hidden,
}

/// Tests implement it too, so that they can cause every failure.
pub trait DeployPorts {
    fn send_http(
        &mut self,
        method: &str,
        url: &str,
        headers: Value,
        body: Option<String>,
    ) -> HttpResponse;
    /// Runs wrangler for an account; the error is wrangler's output.
    fn call_wrangler(
        &mut self,
        account: &str,
        args: &[&str],
        stdin: &str,
    ) -> Result<String, String>;
    /// Writes the modules of a Worker with its config beside them; returns the config's path.
    fn write_bundle(
        &mut self,
        folder: &str,
        config: &Value,
        modules: &ScriptModules,
    ) -> Result<PathBuf>;
    /// The names of the modules that wrangler would send for a config; the error is its output.
    fn files_sent(&mut self, account: &str, config: &str) -> Result<BTreeSet<String>, String>;
    /// Starts `wrangler tail` for these Workers.
    fn start_tail(&mut self, account: &str, workers: &[String]);
    /// Ends `wrangler tail`; returns each Worker with the output.
    fn stop_watching(&mut self) -> Vec<(String, String)>;
    /// The user's answer; an empty one means the default.
    fn prompt(&mut self, question: &str, typed: PromptInputVisibility) -> Result<String>;
    fn print_line(&mut self, line: &str);
    fn pause_for(&mut self, time: Duration);
    fn random_hex(&mut self) -> Result<String>;
    fn env_var(&self, name: &str) -> Option<String>;
    /// The machine's time zone, such as `Europe/Berlin`; empty if unknown.
    fn time_zone(&self) -> String;
}

/// `wrangler tail` needs seconds to connect, which only its log shows.
const OPENING_PAUSE: Duration = Duration::from_millis(250);
const OPENING_TRIES: u32 = 80;

/// Whether wrangler's log has the answer to its request for a tail.
fn is_tail_open(log: &str) -> bool {
    log.rsplit_once("/tails").is_some_and(|(_, after)| after.contains("CF API RESPONSE: OK"))
}

pub struct SystemDeployPorts<'t> {
    tools: &'t BuildTools,
    http: NodeProcess,
    tails: Vec<(String, PathBuf, Child)>,
}

impl Drop for SystemDeployPorts<'_> {
    fn drop(&mut self) {
        self.stop_watching();
    }
}

impl<'t> SystemDeployPorts<'t> {
    pub fn new(tools: &'t BuildTools) -> Result<Self> {
        let http = NodeProcess::start_process(tools, "xtask/src/deploy/http.mjs")?;
        Ok(Self { tools, http, tails: Vec::new() })
    }

    /// Runs wrangler; returns standard output and standard error.
    fn run_wrangler(
        &self,
        account: &str,
        args: &[&str],
        stdin: &str,
    ) -> Result<(String, String), String> {
        let mut wrangler = self.tools.command_with_tools("wrangler");
        let logs = deploy_dir().join("target/deploy/logs");
        wrangler.args(args).env("CI", "1").env("NO_COLOR", "1").env("WRANGLER_LOG_PATH", logs);
        if !account.is_empty() {
            wrangler.env("CLOUDFLARE_ACCOUNT_ID", account);
        }
        wrangler.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = || -> Result<_> {
            let mut child = wrangler.spawn().context("cannot start wrangler")?;
            if let Some(mut pipe) = child.stdin.take() {
                // wrangler may have ended without reading; then its exit code is the error.
                let _ = pipe.write_all(stdin.as_bytes());
            }
            Ok(child.wait_with_output()?)
        };
        let output = run().map_err(|error| format!("{error:#}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let printed = (text(&output.stdout), text(&output.stderr));
        if output.status.success() { Ok(printed) } else { Err(printed.0 + &printed.1) }
    }
}

impl DeployPorts for SystemDeployPorts<'_> {
    fn send_http(
        &mut self,
        method: &str,
        url: &str,
        headers: Value,
        body: Option<String>,
    ) -> HttpResponse {
        let request = json!({ "method": method, "url": url, "headers": headers, "body": body });
        let reply = self.http.send_node_command("http", request);
        reply.and_then(|value| Ok(serde_json::from_value(value)?)).unwrap_or_else(|error| {
            HttpResponse { body: format!("{error:#}"), ..HttpResponse::default() }
        })
    }

    fn call_wrangler(
        &mut self,
        account: &str,
        args: &[&str],
        stdin: &str,
    ) -> Result<String, String> {
        self.run_wrangler(account, args, stdin).map(|(stdout, _)| stdout)
    }

    fn write_bundle(
        &mut self,
        folder: &str,
        config: &Value,
        modules: &ScriptModules,
    ) -> Result<PathBuf> {
        let dir = deploy_dir().join("target/deploy").join(folder);
        let assets = config.pointer("/assets/directory").and_then(Value::as_str);
        for old in assets.map(|name| dir.join(name)).iter().chain([&dir]) {
            if old.exists() {
                std::fs::remove_dir_all(old)?;
            }
        }
        for (name, bytes) in modules {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&dir))?;
            std::fs::write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let path = dir.join("wrangler.json");
        std::fs::write(&path, serde_json::to_string_pretty(config)?)?;
        Ok(path)
    }

    fn files_sent(&mut self, account: &str, config: &str) -> Result<BTreeSet<String>, String> {
        let form = format!("{config}.form");
        let dry = ["deploy", "--dry-run", "--no-bundle", "--config", config, "--outfile", &form];
        let (printed, warnings) = self.run_wrangler(account, &dry, "")?;
        // If a binding is missing, wrangler only warns and deploys.
        if warnings.contains("WARNING") || printed.contains("No bindings found") {
            return Err(printed + &warnings);
        }
        let bytes = std::fs::read(&form).map_err(|error| format!("{form}: {error}"))?;
        let text = String::from_utf8_lossy(&bytes);
        let parts = text.split("form-data; name=\"").skip(1);
        Ok(parts.filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect())
    }

    fn start_tail(&mut self, account: &str, workers: &[String]) {
        let folder = deploy_dir().join("target/deploy");
        let file = |worker: &str, end: &str| folder.join(format!("{worker}.tail.{end}"));
        let start = |worker: &str| -> Result<Child> {
            std::fs::create_dir_all(&folder)?;
            let log = file(worker, "log");
            std::fs::write(&log, "")?;
            let mut tail = self.tools.command_with_tools("wrangler");
            tail.args(["tail", worker, "--format", "json"]).env("CLOUDFLARE_ACCOUNT_ID", account);
            tail.env("WRANGLER_LOG_PATH", log);
            let output = std::fs::File::create(file(worker, "json"))?;
            Ok(tail.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn()?)
        };
        for worker in workers {
            match start(worker) {
                Ok(child) => self.tails.push((worker.clone(), file(worker, "json"), child)),
                Err(error) => println!("{worker} cannot be watched: {error:#}"),
            }
        }
        for (worker, _, child) in &mut self.tails {
            let log = file(worker, "log");
            for _ in 0..OPENING_TRIES {
                let is_open = std::fs::read_to_string(&log).is_ok_and(|log| is_tail_open(&log));
                if is_open || child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
                std::thread::sleep(OPENING_PAUSE);
            }
        }
        // The last answer names the WebSocket, which wrangler opens next.
        std::thread::sleep(2 * OPENING_PAUSE);
    }

    fn stop_watching(&mut self) -> Vec<(String, String)> {
        let mut watched = Vec::new();
        for (worker, path, mut child) in self.tails.drain(..) {
            // wrangler runs another program, and ends it only if it gets the signal itself.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
            watched.push((worker, std::fs::read_to_string(path).unwrap_or_default()));
        }
        watched
    }

    fn prompt(&mut self, question: &str, typed: PromptInputVisibility) -> Result<String> {
        if !std::io::stdin().is_terminal() {
            bail!(
                "there is no terminal to ask at: {question} (with --yes nothing is asked, and \
                 answers come from the environment: docs/DEPLOY.md)"
            );
        }
        let terminal = Term::stdout();
        terminal.write_str(&format!("{question} "))?;
        let line = match typed {
            PromptInputVisibility::Shown => terminal.read_line()?,
            PromptInputVisibility::Hidden => terminal.read_secure_line()?,
        };
        Ok(line.trim().to_owned())
    }

    fn print_line(&mut self, line: &str) {
        println!("{line}");
    }

    fn pause_for(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn random_hex(&mut self) -> Result<String> {
        use std::io::Read;
        let mut bytes = [0_u8; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn env_var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn time_zone(&self) -> String {
        let link = || std::fs::read_link("/etc/localtime").ok();
        let of_link = |path: PathBuf| {
            let path = path.display().to_string();
            path.split_once("zoneinfo/").map(|(_, zone)| zone.to_owned())
        };
        self.env_var("TZ").or_else(|| link().and_then(of_link)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_open_once_its_request_is_answered() {
        let before = "-- START CF API REQUEST: GET /user\n-- START CF API RESPONSE: OK 200\n";
        let sent = format!("{before}-- START CF API REQUEST: POST /workers/scripts/a/tails\n");
        let refused = format!("{sent}-- START CF API RESPONSE: Forbidden 403\n");
        let answered = format!("{sent}-- START CF API RESPONSE: OK 200\n");
        assert!(![before, &sent, &refused].into_iter().any(is_tail_open));
        assert!(is_tail_open(&answered));
    }
}
