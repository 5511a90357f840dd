//! Finds our resources in an account. No file on this machine records them: each run finds them
//! again by title or name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::account_state::{AccountState, CloudflareQueue, Live, UPLOADS, text};
use super::cloudflare_api::{ApiError, CloudflareApi};
use super::config::DeployConfig;
use super::options::{CloudflarePlan, DeployChoices, SecretStorage};

/// Cron triggers that an account on the free plan may have.
pub const FREE_CRONS: usize = 5;

/// Events of a bucket that announce a new file.
pub const EVENTS: [&str; 3] = ["PutObject", "CompleteMultipartUpload", "CopyObject"];

pub fn inspect(
    api: &mut CloudflareApi<'_>,
    configs: &[DeployConfig],
    choices: &DeployChoices,
) -> Result<AccountState, ApiError> {
    let mut seen = AccountState::default();
    let subdomain = api.find("/workers/subdomain")?;
    seen.subdomain = subdomain.as_ref().map(|found| text(found, "subdomain"));
    for entry in api.list_all("/storage/kv/namespaces")? {
        seen.namespaces.insert(text(&entry, "title"), text(&entry, "id"));
    }
    let buckets: BTreeSet<String> = configs.iter().flat_map(DeployConfig::buckets).collect();
    for bucket in buckets {
        if api.find(&format!("/r2/buckets/{bucket}"))?.is_some() {
            seen.buckets.insert(bucket);
        }
    }
    if choices.queue {
        for (queue, bucket) in configs.iter().filter_map(DeployConfig::queue) {
            look_at_queue(api, &mut seen, &queue, &bucket)?;
        }
    }
    if choices.secrets == SecretStorage::Store {
        look_at_store(api, &mut seen)?;
    }
    for config in configs {
        if let Some(live) = look_at_worker(api, config.name())? {
            seen.workers.insert(config.name().to_owned(), live);
        }
    }
    let lacks_crons = |config: &&DeployConfig| {
        let crons = config.crons();
        seen.workers.get(config.name()).map_or(!crons.is_empty(), |live| live.crons != crons)
    };
    if choices.plan == CloudflarePlan::Free && configs.iter().any(|config| lacks_crons(&config)) {
        seen.other_crons = count_other_crons(api, configs)?;
    }
    Ok(seen)
}

fn look_at_queue(
    api: &mut CloudflareApi<'_>,
    seen: &mut AccountState,
    name: &str,
    bucket: &str,
) -> Result<(), ApiError> {
    let found = api.get(&format!("/queues?page=1&name={name}"))?;
    let found = entries(&found).iter().find(|queue| text(queue, "queue_name") == name);
    let Some(queue) = found else { return Ok(()) };
    let readers = queue.get("consumers").map(entries).unwrap_or_default();
    let readers = readers.iter().map(|reader| {
        let script = text(reader, "script");
        if script.is_empty() { text(reader, "script_name") } else { script }
    });
    let queue = CloudflareQueue { id: text(queue, "queue_id"), readers: readers.collect() };
    let rules = api.find(&format!("/event_notifications/r2/{bucket}/configuration"))?;
    let rules = rules.as_ref().and_then(|rules| rules.get("queues")).map(entries);
    let mut ours =
        rules.unwrap_or_default().iter().filter(|rules| text(rules, "queueId") == queue.id);
    let announces = |rules: &Value| {
        let rules = rules.get("rules").map(entries).unwrap_or_default();
        rules.iter().any(|rule| text(rule, "prefix") == UPLOADS)
    };
    if ours.any(announces) {
        seen.announced.insert(bucket.to_owned());
    }
    seen.queues.insert(name.to_owned(), queue);
    Ok(())
}

fn look_at_store(api: &mut CloudflareApi<'_>, seen: &mut AccountState) -> Result<(), ApiError> {
    // An account has one store.
    let Some(store) = api.list_all("/secrets_store/stores")?.first().map(|store| text(store, "id"))
    else {
        return Ok(());
    };
    let secrets = api.list_all(&format!("/secrets_store/stores/{store}/secrets"))?;
    seen.stored = secrets.iter().map(|secret| text(secret, "name")).collect();
    seen.store = Some(store);
    Ok(())
}

pub fn look_at_worker(api: &mut CloudflareApi<'_>, name: &str) -> Result<Option<Live>, ApiError> {
    let script = format!("/workers/scripts/{name}");
    let Some(deployments) = api.find(&format!("{script}/deployments"))? else { return Ok(None) };
    let newest = deployments.pointer("/deployments/0/versions").map(entries).unwrap_or_default();
    let mut live = Live::default();
    // In a gradual deployment two versions share the requests: neither of them counts as live.
    if let [version] = newest {
        live.version = text(version, "version_id");
        let version = api.get(&format!("{script}/versions/{}", live.version))?;
        let tag = version.pointer("/annotations/workers~1tag").and_then(Value::as_str);
        live.tag = tag.unwrap_or_default().to_owned();
    }
    live.crons = crons_of(api, name)?;
    let subdomain = api.get(&format!("{script}/subdomain"))?;
    live.is_public = subdomain.get("enabled").and_then(Value::as_bool).unwrap_or_default();
    let secrets = api.get(&format!("{script}/secrets"))?;
    live.secrets = entries(&secrets).iter().map(|secret| text(secret, "name")).collect();
    Ok(Some(live))
}

fn crons_of(api: &mut CloudflareApi<'_>, worker: &str) -> Result<BTreeSet<String>, ApiError> {
    let schedules = api.get(&format!("/workers/scripts/{worker}/schedules"))?;
    let schedules = schedules.get("schedules").map(entries).unwrap_or_default();
    Ok(schedules.iter().map(|schedule| text(schedule, "cron")).collect())
}

fn count_other_crons(
    api: &mut CloudflareApi<'_>,
    configs: &[DeployConfig],
) -> Result<usize, ApiError> {
    let scripts = api.get("/workers/scripts")?;
    let mut count = 0;
    for name in entries(&scripts).iter().map(|script| text(script, "id")) {
        if configs.iter().all(|config| config.name() != name) {
            count += crons_of(api, &name)?.len();
        }
    }
    Ok(count)
}

fn entries(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
