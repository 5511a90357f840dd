//! Cloudflare's API for one account, and its errors in plain words.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::deploy_ports::DeployPorts;
use crate::dev::HttpResponse;

const BASE: &str = "https://api.cloudflare.com/client/v4";

/// The status in an error of wrangler.
const BY_WRANGLER: u16 = 1;

/// How often a read is repeated if its answer is lost.
const TRIES: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudflareApiError {
    /// 0 if there was no answer, [`BY_WRANGLER`] if wrangler reported the error.
    pub status: u16,
    pub code: u64,
    pub message: String,
}

/// Codes of Cloudflare (with a part of the message if a code has several meanings), their meaning
/// here, and what to do.
const CODES: [(u64, &str, &str); 21] = [
    (
        10021,
        "authorization",
        "the login may not use the Secrets Store: give the token \"Secrets Store: Edit\", or deploy \
         with --secrets plain",
    ),
    (10021, "", "Cloudflare could not start the Worker: the build is at fault, not the account"),
    (10027, "", "the Worker is larger than this plan allows: see `cargo xtask build`"),
    (
        10042,
        "R2",
        "R2 is not switched on: open R2 once in Cloudflare's dashboard, which asks for a way to pay",
    ),
    (10042, "", "a KV namespace is gone: the next run creates it"),
    (10057, "", "a plain secret is missing: the next run asks for it"),
    (10061, "", "a class of Durable Objects has no migration: add it in wrangler-configs"),
    (10070, "", "a migration names a class that the build does not export"),
    (
        10072,
        "",
        "the account has too many cron triggers (five on the free plan): remove one of another \
         Worker, or use a paid plan",
    ),
    (10074, "", "a migration of Durable Objects was refused: see wrangler-configs"),
    (10079, "", "the migrations that are live are not those in wrangler-configs"),
    (10085, "", "the R2 bucket is gone: the next run creates it"),
    (10097, "", "the free plan takes Durable Objects with SQLite only: see wrangler-configs"),
    (10143, "", "a Worker that is called is not there yet: the next run deploys it first"),
    (10182, "", "a secret is not in the Secrets Store: the next run creates it"),
    (100_328, "", "the free plan takes no CPU limit: deploy with --plan free"),
    (10220, "", "secrets changed since that version: deploy again instead of rolling back"),
    (1002, "", "a secret of this name exists: the next run uses it"),
    (1003, "", "the account has a Secrets Store already: the next run uses it"),
    (10000, "", "the login was refused: `npx wrangler login`, or set CLOUDFLARE_API_TOKEN"),
    (9109, "", "the token may not see this: it needs Workers, KV, R2, Queues and account rights"),
];

impl CloudflareApiError {
    fn of(reply: &HttpResponse) -> Self {
        let body = reply.body_json();
        let code = body.pointer("/errors/0/code").and_then(Value::as_u64).unwrap_or_default();
        let message = body.pointer("/errors/0/message").and_then(Value::as_str);
        Self { status: reply.status, code, message: message.unwrap_or(&reply.body).to_owned() }
    }

    pub fn of_output(output: &str) -> Self {
        let code = output.split("[code: ").nth(1).and_then(|rest| rest.split(']').next());
        let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
        let from = lines
            .iter()
            .position(|line| ["ERROR", "WARNING"].iter().any(|word| line.contains(word)));
        let from = from.unwrap_or_default();
        let message = lines.get(from..).unwrap_or_default().iter().take(12).copied();
        Self {
            status: BY_WRANGLER,
            code: code.and_then(|code| code.parse().ok()).unwrap_or_default(),
            message: message.collect::<Vec<_>>().join("\n"),
        }
    }

    pub const fn is_missing(&self) -> bool {
        self.status == 404 && self.code != 7003
    }

    fn remedy(&self) -> Option<&'static str> {
        let known = |(code, part, _): &&(u64, &str, &str)| {
            *code == self.code && self.message.contains(part)
        };
        let by_status = match self.status {
            0 => Some("there was no answer: see the network, then run it again"),
            403 => Some("the token has not the rights for this: docs/DEPLOY.md names them"),
            429 => Some("Cloudflare takes 1,200 calls in five minutes: wait, then run it again"),
            500.. => {
                Some("that is Cloudflare's own fault (cloudflarestatus.com): run it again later")
            }
            _ => None,
        };
        CODES.iter().find(known).map(|(_, _, words)| *words).or(by_status)
    }
}

impl fmt::Display for CloudflareApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(advice) = self.remedy() {
            writeln!(out, "{advice}")?;
        }
        write!(out, "  (Cloudflare: {}", self.message.trim())?;
        match (self.status, self.code) {
            (0 | BY_WRANGLER, 0) => write!(out, ")"),
            (0 | BY_WRANGLER, code) => write!(out, ", code {code})"),
            (status, code) => write!(out, ", status {status}, code {code})"),
        }
    }
}

impl std::error::Error for CloudflareApiError {}

/// The API with a token, for one account once it is known.
pub struct CloudflareApiClient<'o> {
    pub runner: &'o mut dyn DeployPorts,
    token: String,
    pub account: String,
}

impl<'o> CloudflareApiClient<'o> {
    pub fn new(runner: &'o mut dyn DeployPorts, token: String) -> Self {
        Self { runner, token, account: String::new() }
    }

    /// One call below the account (below the API's root until it is known); returns `result`.
    pub fn call_api(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, CloudflareApiError> {
        let base = self.runner.env_var("CLOUDFLARE_API_BASE_URL").unwrap_or(BASE.to_owned());
        let account = if self.account.is_empty() { "" } else { "/accounts/" };
        let url = format!("{base}{account}{}{path}", self.account);
        let headers = json!({
            "authorization": format!("Bearer {}", self.token),
            "content-type": "application/json",
        });
        let reply = self.runner.send_http(method, &url, headers, body.map(Value::to_string));
        if (200..300).contains(&reply.status) {
            return Ok(reply.body_json().get("result").cloned().unwrap_or_default());
        }
        Err(CloudflareApiError::of(&reply))
    }

    /// A read, repeated if Cloudflare or the network failed.
    pub fn get(&mut self, path: &str) -> Result<Value, CloudflareApiError> {
        let mut tries = 1;
        loop {
            match self.call_api("GET", path, None) {
                Err(refusal) if tries < TRIES && matches!(refusal.status, 0 | 429 | 500..) => {
                    self.runner.pause_for(Duration::from_secs(u64::from(tries)));
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    pub fn get_if_exists(&mut self, path: &str) -> Result<Option<Value>, CloudflareApiError> {
        match self.get(path) {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.is_missing() => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Every entry of a list that comes in pages.
    pub fn list_all(&mut self, path: &str) -> Result<Vec<Value>, CloudflareApiError> {
        let mut found = Vec::new();
        for page in 1.. {
            let entries = self.get(&format!("{path}?per_page=100&page={page}"))?;
            let entries = entries.as_array().cloned().unwrap_or_default();
            let is_last = entries.len() < 100;
            found.extend(entries);
            if is_last {
                break;
            }
        }
        Ok(found)
    }
}
