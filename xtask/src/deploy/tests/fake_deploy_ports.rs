//! An emulated account, wrangler and user, with one failure if a test wants it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::super::deploy_ports::{DeployPorts, PromptInputVisibility, ScriptModules};
use super::super::found_account_resources::{
    ExistingCloudflareQueue, FoundAccountResources, Live, UPLOADS_PREFIX,
};
use crate::dev::HttpResponse;

/// How a call can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployFault {
    Refused,
    TooMany,
    Broken,
    /// The call succeeds, and the answer is a 500.
    DoneThenBroken,
    NoAnswer,
    /// The call succeeds, and the answer is lost.
    DoneThenNoAnswer,
}

impl DeployFault {
    pub const ALL: [Self; 6] = [
        Self::Refused,
        Self::TooMany,
        Self::Broken,
        Self::DoneThenBroken,
        Self::NoAnswer,
        Self::DoneThenNoAnswer,
    ];

    const fn call_takes_effect(self) -> bool {
        matches!(self, Self::DoneThenBroken | Self::DoneThenNoAnswer)
    }

    const fn http_status(self) -> u16 {
        match self {
            Self::Refused => 403,
            Self::TooMany => 429,
            Self::Broken | Self::DoneThenBroken => 500,
            Self::NoAnswer | Self::DoneThenNoAnswer => 0,
        }
    }
}

#[derive(Clone, Default)]
pub struct FakeDeployPorts {
    pub seen: FoundAccountResources,
    /// Values of the Secrets Store, and of plain secrets as `worker/NAME`.
    pub values: BTreeMap<String, String>,
    pub accounts: usize,
    pub variables: BTreeMap<String, String>,
    pub answers: VecDeque<String>,
    pub questions: Vec<String>,
    pub said: Vec<String>,
    /// Calls so far, and the number of the call that fails.
    pub calls: usize,
    pub fault: Option<(usize, DeployFault)>,
    pub writes: Vec<String>,
    /// Modules that wrangler does not send.
    pub lost: BTreeSet<String>,
    /// Answers to `METHOD URL`; the last one is repeated.
    pub web: BTreeMap<String, Vec<HttpResponse>>,
    pub tails: Vec<(String, String)>,
    /// Objects of buckets.
    pub objects: BTreeMap<String, Vec<String>>,
    staged: BTreeMap<String, (Value, ScriptModules)>,
    made: usize,
}

impl FakeDeployPorts {
    pub fn new() -> Self {
        let variables = [("CLOUDFLARE_API_TOKEN".to_owned(), "token".to_owned())];
        let seen = FoundAccountResources {
            subdomain: Some("me".to_owned()),
            ..FoundAccountResources::default()
        };
        Self { seen, accounts: 1, variables: variables.into(), ..Self::default() }
    }

    pub fn printed_text(&self) -> String {
        self.said.join("\n")
    }

    /// The same account for the next run.
    pub fn for_next_run(mut self) -> Self {
        self.calls = 0;
        self.fault = None;
        self.said.clear();
        self.writes.clear();
        self.questions.clear();
        self
    }

    fn failing(&mut self) -> Option<DeployFault> {
        self.calls += 1;
        self.fault.filter(|(at, _)| *at == self.calls).map(|(_, fault)| fault)
    }

    fn id(&mut self) -> String {
        self.made += 1;
        format!("{:032x}", self.made)
    }

    fn play_api_call(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, (u16, u64)> {
        if method != "GET" {
            self.writes.push(format!("{method} {path}"));
        }
        let path = path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let missing = Err((404, 10007));
        let fresh = |is_new: bool, code| if is_new { Ok(()) } else { Err((409, code)) };
        Ok(match (method, parts.as_slice()) {
            ("GET", ["accounts"]) => {
                let account =
                    |n| json!({ "id": format!("account-{n}"), "name": format!("Name {n}") });
                (0..self.accounts).map(account).collect()
            }
            ("GET", ["workers", "subdomain"]) => match &self.seen.subdomain {
                Some(name) => json!({ "subdomain": name }),
                None => return missing,
            },
            ("PUT", ["workers", "subdomain"]) => {
                self.seen.subdomain = Some(text("subdomain"));
                Value::Null
            }
            ("GET", ["storage", "kv", "namespaces"]) => {
                let entry = |(title, id)| json!({ "title": title, "id": id });
                self.seen.namespaces.iter().map(entry).collect()
            }
            ("POST", ["storage", "kv", "namespaces"]) => {
                fresh(!self.seen.namespaces.contains_key(&text("title")), 10014)?;
                let id = self.id();
                self.seen.namespaces.insert(text("title"), id);
                Value::Null
            }
            ("DELETE", ["storage", "kv", "namespaces", id]) => {
                let before = self.seen.namespaces.len();
                self.seen.namespaces.retain(|_, own| own != id);
                fresh(self.seen.namespaces.len() < before, 10013)?;
                Value::Null
            }
            ("GET", ["r2", "buckets", name]) if self.seen.buckets.contains(*name) => Value::Null,
            ("GET", ["r2", "buckets", name, "objects"]) => {
                let keys = self.objects.get(*name).cloned().unwrap_or_default();
                keys.into_iter().map(|key| json!({ "key": key })).collect()
            }
            ("DELETE", ["r2", "buckets", name, "objects", key]) => {
                let key = key.replace("%2F", "/").replace("%20", " ");
                self.objects.entry((*name).to_owned()).or_default().retain(|own| *own != key);
                Value::Null
            }
            ("POST", ["r2", "buckets"]) => {
                fresh(self.seen.buckets.insert(text("name")), 10004)?;
                Value::Null
            }
            ("DELETE", ["r2", "buckets", name]) => {
                fresh(self.objects.get(*name).is_none_or(Vec::is_empty), 10008)?;
                self.seen.announced.remove(*name);
                if self.seen.buckets.remove(*name) { Value::Null } else { return missing }
            }
            ("GET", ["queues"]) => {
                let entry = |(name, queue): (&String, &ExistingCloudflareQueue)| {
                    let readers: Vec<_> =
                        queue.readers.iter().map(|name| json!({ "script": name })).collect();
                    json!({ "queue_name": name, "queue_id": queue.id, "consumers": readers })
                };
                self.seen.queues.iter().map(entry).collect()
            }
            ("POST", ["queues"]) => {
                fresh(!self.seen.queues.contains_key(&text("queue_name")), 11009)?;
                let queue =
                    ExistingCloudflareQueue { id: self.id(), ..ExistingCloudflareQueue::default() };
                let made = json!({ "queue_id": queue.id });
                self.seen.queues.insert(text("queue_name"), queue);
                made
            }
            ("DELETE", ["queues", id]) => {
                self.seen.queues.retain(|_, queue| queue.id != *id);
                Value::Null
            }
            ("GET", ["event_notifications", "r2", bucket, ..]) => {
                if !self.seen.announced.contains(*bucket) {
                    return Err((404, 11015));
                }
                let rules = json!([{ "prefix": UPLOADS_PREFIX }]);
                let queue = self.seen.queues.values().next().cloned().unwrap_or_default();
                json!({ "queues": [{ "queueId": queue.id, "rules": rules }] })
            }
            ("PUT", ["event_notifications", "r2", bucket, _, _, queue]) => {
                assert!(self.seen.queues.values().any(|own| own.id == **queue), "no queue {queue}");
                fresh(self.seen.announced.insert((*bucket).to_owned()), 11020)?;
                Value::Null
            }
            ("DELETE", ["event_notifications", "r2", bucket, ..]) => {
                self.seen.announced.remove(*bucket);
                Value::Null
            }
            ("GET", ["secrets_store", "stores"]) => {
                self.seen.store.iter().map(|id| json!({ "id": id })).collect()
            }
            ("POST", ["secrets_store", "stores"]) => {
                fresh(self.seen.store.is_none(), 1003)?;
                self.seen.store = Some(self.id());
                json!({ "id": self.seen.store })
            }
            ("GET", ["secrets_store", "stores", _, "secrets"]) => {
                self.seen.stored.iter().map(|name| json!({ "name": name })).collect()
            }
            ("POST", ["secrets_store", "stores", store, "secrets"]) => {
                assert_eq!(self.seen.store.as_deref(), Some(*store));
                let name = body[0]["name"].as_str().unwrap().to_owned();
                fresh(self.seen.stored.insert(name.clone()), 1002)?;
                self.values.insert(name, body[0]["value"].as_str().unwrap().to_owned());
                Value::Null
            }
            ("GET", ["workers", "scripts"]) => {
                let mut scripts: Vec<_> = self.seen.workers.keys().cloned().collect();
                scripts.push("another".to_owned());
                scripts.into_iter().map(|id| json!({ "id": id })).collect()
            }
            ("GET", ["workers", "scripts", "another", "schedules"]) => {
                let crons = (0..self.seen.other_crons).map(|n| json!({ "cron": n.to_string() }));
                json!({ "schedules": crons.collect::<Vec<_>>() })
            }
            ("GET", ["workers", "scripts", name, what, ..]) => {
                let Some(live) = self.seen.workers.get(*name) else { return missing };
                match *what {
                    "deployments" => {
                        let version = json!([{ "version_id": live.version }]);
                        json!({ "deployments": [{ "versions": version }] })
                    }
                    "versions" => json!({ "annotations": { "workers/tag": live.tag } }),
                    "subdomain" => json!({ "enabled": live.is_public }),
                    "secrets" => live.secrets.iter().map(|name| json!({ "name": name })).collect(),
                    "schedules" => {
                        let crons = live.crons.iter().map(|cron| json!({ "cron": cron }));
                        json!({ "schedules": crons.collect::<Vec<_>>() })
                    }
                    _ => return missing,
                }
            }
            ("DELETE", ["workers", "services", name]) => {
                if self.seen.workers.remove(*name).is_none() {
                    return Err((404, 10090));
                }
                for queue in self.seen.queues.values_mut() {
                    queue.readers.remove(*name);
                }
                Value::Null
            }
            _ => return missing,
        })
    }

    fn played_health(&self, name: &str) -> HttpResponse {
        let Some(live) = self.seen.workers.get(name).filter(|live| live.is_public) else {
            return HttpResponse { status: 404, ..HttpResponse::default() };
        };
        let (hash, commit) = live.tag.split_once('-').unwrap();
        let body =
            json!({ "status": "healthy", "version": live.version, "hash": hash, "commit": commit });
        HttpResponse { status: 200, body: body.to_string(), ..HttpResponse::default() }
    }

    /// What wrangler does with a staged config.
    fn play_upload(&mut self, args: &[&str], stdin: &str) {
        let after = |flag| args.iter().skip_while(|arg| **arg != flag).nth(1).copied().unwrap();
        let (config, _) = self.staged.get(after("--config")).unwrap().clone();
        let name = config["name"].as_str().unwrap().to_owned();
        self.writes.push(format!("deploy {name}"));
        let version = self.id();
        for entry in config["kv_namespaces"].as_array().into_iter().flatten() {
            assert!(self.seen.namespaces.values().any(|id| entry["id"] == **id), "{entry}");
        }
        for secret in config["secrets_store_secrets"].as_array().into_iter().flatten() {
            assert!(self.seen.stored.contains(secret["secret_name"].as_str().unwrap()), "{secret}");
            assert_eq!(secret["store_id"].as_str(), self.seen.store.as_deref());
        }
        for consumer in config["queues"]["consumers"].as_array().into_iter().flatten() {
            let queue = self.seen.queues.get_mut(consumer["queue"].as_str().unwrap()).unwrap();
            queue.readers.insert(name.clone());
        }
        let live = self.seen.workers.entry(name.clone()).or_default();
        let given: BTreeMap<String, String> = serde_json::from_str(stdin).unwrap_or_default();
        for (secret, value) in given {
            live.secrets.insert(secret.clone());
            self.values.insert(format!("{name}/{secret}"), value);
        }
        for required in config["secrets"]["required"].as_array().into_iter().flatten() {
            assert!(live.secrets.contains(required.as_str().unwrap()), "{required}");
        }
        let crons = config["triggers"]["crons"].as_array().unwrap();
        *live = Live {
            version,
            tag: after("--tag").to_owned(),
            crons: crons.iter().map(|cron| cron.as_str().unwrap().to_owned()).collect(),
            is_public: config["workers_dev"] == true,
            secrets: live.secrets.clone(),
        };
    }
}

impl DeployPorts for FakeDeployPorts {
    fn send_http(
        &mut self,
        method: &str,
        url: &str,
        _: Value,
        body: Option<String>,
    ) -> HttpResponse {
        let fault = self.failing();
        if let Some(fault) = fault.filter(|fault| !fault.call_takes_effect()) {
            return HttpResponse { status: fault.http_status(), ..HttpResponse::default() };
        }
        if let Some(replies) = self.web.get_mut(&format!("{method} {url}")) {
            return if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() };
        }
        let answer = match url.strip_prefix("https://api.cloudflare.com/client/v4") {
            None => {
                let name = url.strip_prefix("https://").unwrap().split('.').next().unwrap();
                self.played_health(name)
            }
            Some(path) => {
                let path = path.strip_prefix("/accounts/account-0").unwrap_or(path);
                let body =
                    body.map(|body| serde_json::from_str(&body).unwrap()).unwrap_or_default();
                match self.play_api_call(method, path, &body) {
                    Ok(result) => {
                        let body = json!({ "result": result }).to_string();
                        HttpResponse { status: 200, body, ..HttpResponse::default() }
                    }
                    Err((status, code)) => {
                        let body = json!({ "errors": [{ "code": code, "message": "no" }] });
                        HttpResponse { status, body: body.to_string(), ..HttpResponse::default() }
                    }
                }
            }
        };
        fault.map_or(answer, |fault| HttpResponse {
            status: fault.http_status(),
            ..HttpResponse::default()
        })
    }

    fn call_wrangler(
        &mut self,
        account: &str,
        args: &[&str],
        stdin: &str,
    ) -> Result<String, String> {
        if account.is_empty() {
            return Err("not logged in".to_owned());
        }
        let fault = self.failing();
        if fault.is_none_or(DeployFault::call_takes_effect) {
            self.play_upload(args, stdin);
        }
        match fault {
            None => Ok(String::new()),
            Some(fault) => Err(format!("X [ERROR] no {stdin} [code: 10{}]", fault.http_status())),
        }
    }

    fn write_bundle(
        &mut self,
        folder: &str,
        config: &Value,
        modules: &ScriptModules,
    ) -> Result<PathBuf> {
        self.staged.insert(folder.to_owned(), (config.clone(), modules.clone()));
        Ok(PathBuf::from(folder))
    }

    fn files_sent(&mut self, _: &str, config: &str) -> Result<BTreeSet<String>, String> {
        if self.failing().is_some() {
            return Err("X [ERROR] no".to_owned());
        }
        let modules = self.staged.get(config).unwrap().1.keys().cloned();
        Ok(modules.filter(|name| !self.lost.contains(name)).collect())
    }

    fn start_tail(&mut self, account: &str, workers: &[String]) {
        for worker in workers {
            self.tails.push((worker.clone(), format!("{account} of the test")));
        }
    }

    fn stop_watching(&mut self) -> Vec<(String, String)> {
        let event = |cpu, outcome, status| {
            let event = json!({ "response": { "status": status } });
            json!({ "cpuTime": cpu, "outcome": outcome, "event": event }).to_string()
        };
        let printed =
            [event(3, "ok", 200), event(90, "exceededCpu", 503), event(4, "ok", 429)].join("\n");
        let tails = std::mem::take(&mut self.tails);
        let printed = |worker: &str| match worker {
            "isbndb" => String::new(),
            _ => format!("{printed}\nno JSON"),
        };
        tails.into_iter().map(|(worker, _)| (worker.clone(), printed(&worker))).collect()
    }

    fn prompt(&mut self, question: &str, _: PromptInputVisibility) -> Result<String> {
        self.questions.push(question.to_owned());
        self.answers.pop_front().ok_or_else(|| anyhow!("not expected: {question}"))
    }

    fn print_line(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    fn pause_for(&mut self, _: Duration) {}

    fn random_hex(&mut self) -> Result<String> {
        Ok(format!("made-{}", self.id()))
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn time_zone(&self) -> String {
        "America/New_York".to_owned()
    }
}
