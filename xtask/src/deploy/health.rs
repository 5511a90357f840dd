//! Whether a deployed Worker answers, and with the version that was uploaded.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::deploy_ports::DeployPorts;
use super::found_account_resources::text_member_or_empty;

/// A new workers.dev address may need this long.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(2);

/// Waits until `/health` answers 200 with this hash, and prints its status.
pub fn wait_for_health(
    runner: &mut dyn DeployPorts,
    name: &str,
    address: &str,
    hash: &str,
) -> Result<()> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let reply = runner.send_http("GET", &format!("{address}/health"), json!({}), None);
        let report = reply.body_json();
        let found = text_member_or_empty(&report, "hash");
        last = match reply.status {
            0 => format!("there is no answer ({})", reply.body),
            200 if found == hash => {
                let parts = complaints(&report);
                let status = text_member_or_empty(&report, "status");
                runner.print_line(&format!(
                    "  {name} is {status}: version {}, hash {found}, commit {}{parts}",
                    text_member_or_empty(&report, "version"),
                    text_member_or_empty(&report, "commit"),
                ));
                return Ok(());
            }
            200 => format!("it still answers with the hash `{found}`, not `{hash}`"),
            status => format!("it answers {status}{}", complaints(&report)),
        };
        runner.pause_for(PAUSE);
    }
    bail!(
        "{name} is deployed, but {address}/health is not as it should be: {last}.\nRun this again in a \
         minute; to go back to the version before: npx wrangler rollback --name {name}"
    )
}

/// The parts of a report that are not healthy, with their reasons.
pub fn complaints(report: &Value) -> String {
    let mut found = String::new();
    for group in ["serviceBindings", "storage", "providers"] {
        for (name, part) in report.get(group).and_then(Value::as_object).into_iter().flatten() {
            if let Some(error) = part.get("error").and_then(Value::as_str) {
                found.push_str(&format!("\n    {name}: {error}"));
            }
        }
    }
    for (name, readable) in report.get("secrets").and_then(Value::as_object).into_iter().flatten() {
        if readable == false {
            found.push_str(&format!("\n    {name}: there is none"));
        }
    }
    found
}
