//! The steps that turn the found resources of an account into those of the configs.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::account_resources::EVENTS;
use super::cloudflare_api::{CloudflareApiClient, CloudflareApiError};
use super::config::WranglerEnvironmentConfig;
use super::deploy_options::{DeployChoices, SecretStorageKind};
use super::found_account_resources::{
    ExistingCloudflareQueue, FoundAccountResources, UPLOADS_PREFIX, text_member_or_empty,
};

/// The title of a created Secrets Store; an existing store is used under any title.
const STORE_TITLE: &str = "default_secrets_store";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountResourceStep {
    Subdomain(String),
    Namespace(String),
    Bucket(String),
    Store,
    /// A secret of the Secrets Store: its name there and its value.
    Secret(String, String),
    Queue(String),
    /// A bucket announces its uploads to a queue.
    Announcement(String, String),
}

impl fmt::Display for AccountResourceStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subdomain(name) => write!(out, "the address {name}.workers.dev"),
            Self::Namespace(title) => write!(out, "KV namespace {title}"),
            Self::Bucket(name) => write!(out, "R2 bucket {name}"),
            Self::Store => write!(out, "Secrets Store"),
            Self::Secret(name, _) => write!(out, "secret {name}"),
            Self::Queue(name) => write!(out, "queue {name}"),
            Self::Announcement(bucket, queue) => {
                write!(out, "event notification of {bucket} ({UPLOADS_PREFIX}) to {queue}")
            }
        }
    }
}

impl AccountResourceStep {
    pub fn is_done(&self, seen: &FoundAccountResources) -> bool {
        match self {
            Self::Subdomain(_) => seen.subdomain.is_some(),
            Self::Namespace(title) => seen.namespaces.contains_key(title),
            Self::Bucket(name) => seen.buckets.contains(name),
            Self::Store => seen.store.is_some(),
            Self::Secret(name, _) => seen.stored.contains(name),
            Self::Queue(name) => seen.queues.contains_key(name),
            Self::Announcement(bucket, _) => seen.announced.contains(bucket),
        }
    }

    /// Carries out the step; `seen` has the results of earlier steps.
    pub fn carry_out(
        &self,
        api: &mut CloudflareApiClient<'_>,
        seen: &FoundAccountResources,
    ) -> Result<Value, CloudflareApiError> {
        let queue_id =
            |name| seen.queues.get(name).map(|queue| queue.id.clone()).unwrap_or_default();
        let (method, path, body) = match self {
            Self::Subdomain(name) => {
                ("PUT", "/workers/subdomain".to_owned(), json!({ "subdomain": name }))
            }
            Self::Namespace(title) => {
                ("POST", "/storage/kv/namespaces".to_owned(), json!({ "title": title }))
            }
            Self::Bucket(name) => ("POST", "/r2/buckets".to_owned(), json!({ "name": name })),
            Self::Store => {
                ("POST", "/secrets_store/stores".to_owned(), json!({ "name": STORE_TITLE }))
            }
            Self::Secret(name, value) => {
                let store = seen.store.clone().unwrap_or_default();
                let secret = json!({ "name": name, "value": value, "scopes": ["workers"] });
                ("POST", format!("/secrets_store/stores/{store}/secrets"), json!([secret]))
            }
            Self::Queue(name) => ("POST", "/queues".to_owned(), json!({ "queue_name": name })),
            Self::Announcement(bucket, queue) => (
                "PUT",
                format!(
                    "/event_notifications/r2/{bucket}/configuration/queues/{}",
                    queue_id(queue)
                ),
                json!({ "rules": [{ "prefix": UPLOADS_PREFIX, "actions": EVENTS }] }),
            ),
        };
        api.call_api(method, &path, Some(&body))
    }

    /// Records the id that a later step needs.
    pub fn record_id(&self, made: &Value, seen: &mut FoundAccountResources) {
        match self {
            Self::Store => {
                seen.store = Some(text_member_or_empty(made.get(0).unwrap_or(made), "id"))
            }
            Self::Queue(name) => {
                let queue = ExistingCloudflareQueue {
                    id: text_member_or_empty(made, "queue_id"),
                    ..ExistingCloudflareQueue::default()
                };
                seen.queues.insert(name.clone(), queue);
            }
            _ => {}
        }
    }
}

/// All resources of the configs beside the Workers, in the order of their creation, including
/// existing ones.
pub fn required_steps(
    configs: &[WranglerEnvironmentConfig],
    choices: &DeployChoices,
    values: &BTreeMap<String, String>,
    subdomain: Option<String>,
) -> Vec<AccountResourceStep> {
    let mut steps: Vec<AccountResourceStep> =
        subdomain.map(AccountResourceStep::Subdomain).into_iter().collect();
    let mut add = |step| {
        if !steps.contains(&step) {
            steps.push(step);
        }
    };
    for config in configs {
        config.namespace_titles().for_each(|title| add(AccountResourceStep::Namespace(title)));
        config.bucket_names().for_each(|name| add(AccountResourceStep::Bucket(name)));
        if choices.queue
            && let Some((queue, bucket)) = config.upload_queue()
        {
            add(AccountResourceStep::Queue(queue.clone()));
            add(AccountResourceStep::Announcement(bucket, queue));
        }
    }
    if choices.secrets == SecretStorageKind::Store {
        add(AccountResourceStep::Store);
        for (name, value) in values {
            add(AccountResourceStep::Secret(name.clone(), value.clone()));
        }
    }
    steps
}
