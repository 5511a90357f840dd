//! The config of one Worker for one environment, and the form in which it is deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::deploy_options::{
    CloudflarePlan, DeployChoices, PRODUCTION_ENVIRONMENT, SecretStorageKind,
};
use super::deploy_ports::ScriptModules;
use super::found_account_resources::{FoundAccountResources, text_member_or_empty};
use crate::workspace::{Worker, read_text_file};

/// The var with the user's contact.
pub const CONTACT: &str = "OPEN_LIBRARY_CONTACT";

/// The var of every Worker with the location of its objects.
pub const LOCATION: &str = "LOCATION_HINT";

/// The table of Secrets Store bindings.
const STORED: &str = "secrets_store_secrets";

/// Tables that wrangler does not let an environment inherit.
const NOT_INHERITED: [&str; 11] = [
    "vars",
    "services",
    "kv_namespaces",
    "r2_buckets",
    "durable_objects",
    "queues",
    "ratelimits",
    STORED,
    "version_metadata",
    "analytics_engine_datasets",
    "env",
];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretBinding {
    pub binding: String,
    pub stored: String,
}

/// The config of a Worker for one environment, as the repository has it.
#[derive(Clone, Debug)]
pub struct WranglerEnvironmentConfig {
    pub worker: Worker,
    table: Value,
}

impl WranglerEnvironmentConfig {
    pub fn read(worker: Worker, environment: &str) -> Result<Self> {
        Self::parse(worker, &read_text_file(&worker.config_path())?, environment)
    }

    /// The configs of all Workers, callees first.
    pub fn read_all(environment: &str) -> Result<Vec<Self>> {
        Worker::ALL.into_iter().map(|worker| Self::read(worker, environment)).collect()
    }

    pub fn parse(worker: Worker, text: &str, environment: &str) -> Result<Self> {
        let mut top: Map<String, Value> =
            toml::from_str(text).with_context(|| worker.config_path().display().to_string())?;
        if environment != PRODUCTION_ENVIRONMENT {
            let own = top.get("env").and_then(|env| env.get(environment)).cloned();
            let Some(Value::Object(own)) = own else {
                bail!(
                    "{}.toml has no environment {environment}; it is added as [env.{environment}]",
                    worker.crate_name()
                );
            };
            top.retain(|key, _| !NOT_INHERITED.contains(&key.as_str()));
            top.extend(own);
        }
        top.remove("env");
        Ok(Self { worker, table: Value::Object(top) })
    }

    /// The name of the deployed Worker.
    pub fn worker_name(&self) -> &str {
        self.table.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn has_workers_dev(&self) -> bool {
        self.table.get("workers_dev").and_then(Value::as_bool).unwrap_or_default()
    }

    pub fn cron_expressions(&self) -> BTreeSet<String> {
        let crons = self.table.pointer("/triggers/crons").and_then(Value::as_array);
        crons.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn config_tables(&self, list: &str) -> impl Iterator<Item = &Value> + use<'_> {
        self.table.pointer(list).and_then(Value::as_array).into_iter().flatten()
    }

    /// Titles of the Worker's KV namespaces, without those that the config names by id.
    pub fn namespace_titles(&self) -> impl Iterator<Item = String> {
        self.config_tables("/kv_namespaces")
            .map(|entry| text_member_or_empty(entry, "id"))
            .filter(|id| !is_id(id))
    }

    pub fn bucket_names(&self) -> impl Iterator<Item = String> {
        self.config_tables("/r2_buckets").map(|entry| text_member_or_empty(entry, "bucket_name"))
    }

    /// The queue that the Worker reads, with the bucket that announces its files there.
    pub fn upload_queue(&self) -> Option<(String, String)> {
        let queue = self
            .config_tables("/queues/consumers")
            .map(|entry| text_member_or_empty(entry, "queue"))
            .next();
        queue.zip(self.bucket_names().next())
    }

    /// The folder of the static assets, if there are any.
    pub fn assets_dir(&self) -> Option<PathBuf> {
        let directory = self.table.pointer("/assets/directory").and_then(Value::as_str)?;
        Some(self.worker.config_path().with_file_name(directory))
    }

    pub fn secret_bindings(&self) -> Vec<SecretBinding> {
        let secret = |entry| SecretBinding {
            binding: text_member_or_empty(entry, "binding"),
            stored: text_member_or_empty(entry, "secret_name"),
        };
        self.config_tables("/secrets_store_secrets").map(secret).collect()
    }

    /// The deployed form: every id filled in, and only existing secrets (`has`) bound. Returns
    /// `None` while a resource is missing.
    pub fn resolve_ids(
        &self,
        seen: &FoundAccountResources,
        choices: &DeployChoices,
        has: impl Fn(&SecretBinding) -> bool,
    ) -> Option<Value> {
        let mut config = self.table.clone();
        let top = config.as_object_mut()?;
        for entry in
            top.get_mut("kv_namespaces").and_then(Value::as_array_mut).into_iter().flatten()
        {
            let title = entry.get("id").and_then(Value::as_str).unwrap_or_default();
            if !is_id(title) {
                let id = seen.namespaces.get(title)?.clone();
                entry.as_object_mut()?.insert("id".into(), id.into());
            }
        }
        if let Some(vars) = top.get_mut("vars").and_then(Value::as_object_mut)
            && vars.remove(CONTACT).is_some()
            && let Some(contact) = &choices.contact
        {
            vars.insert(CONTACT.into(), contact.clone().into());
        }
        if let Some(location) = &choices.location
            && let Some(vars) = top.get_mut("vars").and_then(Value::as_object_mut)
        {
            vars.insert(LOCATION.into(), location.clone().into());
        }
        if choices.plan == CloudflarePlan::Free {
            top.remove("limits");
        }
        if !choices.queue {
            top.remove("queues");
        }
        // Without the table the old crons would stay.
        top.entry("triggers").or_insert_with(|| json!({ "crons": [] }));
        let bound: Vec<SecretBinding> = self.secret_bindings().into_iter().filter(has).collect();
        top.remove(STORED);
        match choices.secrets {
            SecretStorageKind::Store if !bound.is_empty() => {
                let store = seen.store.clone()?;
                let entry = |secret: &SecretBinding| {
                    let SecretBinding { binding, stored } = secret;
                    json!({ "binding": binding, "store_id": store, "secret_name": stored })
                };
                top.insert(STORED.into(), bound.iter().map(entry).collect());
            }
            SecretStorageKind::Plain if !bound.is_empty() => {
                let names: Vec<_> = bound.iter().map(|secret| secret.binding.as_str()).collect();
                top.insert("secrets".into(), json!({ "required": names }));
            }
            SecretStorageKind::Store | SecretStorageKind::Plain => {}
        }
        if let Some(directory) =
            top.get_mut("assets").and_then(|assets| assets.get_mut("directory"))
        {
            *directory = assets_folder(self.worker).into();
        }
        // All files of the build, unchanged: without the rule wrangler leaves out JavaScript beside
        // the entry.
        top.extend([
            ("main".to_owned(), json!("index.js")),
            ("find_additional_modules".to_owned(), json!(true)),
            ("base_dir".to_owned(), json!(".")),
            (
                "rules".to_owned(),
                json!([{ "type": "ESModule", "globs": ["**/*.js"], "fallthrough": false }]),
            ),
        ]);
        Some(config)
    }
}

/// The folder for a Worker's static assets: beside its modules, because wrangler would send
/// files among the modules as modules.
pub fn assets_folder(worker: Worker) -> String {
    format!("../{}-assets", worker.crate_name())
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Twelve hex digits of a hash over the content of an upload.
pub fn hash(config: &Value, modules: &ScriptModules, wrangler: &str) -> String {
    let mut hasher = Sha256::new();
    let parts = modules.iter().map(|(name, bytes)| (name.as_bytes(), bytes.as_slice()));
    let config = config.to_string();
    for (name, bytes) in parts.chain([(wrangler.as_bytes(), config.as_bytes())]) {
        for part in [name, bytes] {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a build and the files that it imports; no other file is uploaded.
pub fn modules_to_upload(read: impl Fn(&str) -> Result<Vec<u8>>) -> Result<ScriptModules> {
    let mut found = BTreeMap::new();
    let mut open = vec!["index.js".to_owned()];
    while let Some(name) = open.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let bytes = read(&name)?;
        if name.ends_with(".js") {
            let folder = name.rfind('/').map_or("", |slash| name.get(..=slash).unwrap_or_default());
            let text = std::str::from_utf8(&bytes).with_context(|| name.clone())?;
            open.extend(imported_files(text).into_iter().map(|import| format!("{folder}{import}")));
        }
        found.insert(name, bytes);
    }
    Ok(found)
}

/// The files below the module's own folder that `import` or `from` names.
fn imported_files(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for quote in ['"', '\''] {
        let mut before = "";
        for part in text.split(quote) {
            let keyword = before.trim_end().trim_end_matches('(').trim_end();
            if let Some(file) = part.strip_prefix("./")
                && (keyword.ends_with("from") || keyword.ends_with("import"))
            {
                found.push(file);
            }
            before = part;
        }
    }
    found
}
