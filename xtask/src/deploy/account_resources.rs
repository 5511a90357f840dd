//! Finds our resources in an account. No file on this machine records them: each run finds them
//! again by title or name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cloudflare_api::{CloudflareApiClient, CloudflareApiError};
use super::config::WranglerEnvironmentConfig;
use super::deploy_options::{CloudflarePlan, DeployChoices, SecretStorageKind};
use super::found_account_resources::{
    ExistingCloudflareQueue, FoundAccountResources, Live, UPLOADS_PREFIX, text_member_or_empty,
};

/// Cron triggers that an account on the free plan may have.
pub const FREE_CRONS: usize = 5;

/// Events of a bucket that announce a new file.
pub const EVENTS: [&str; 3] = ["PutObject", "CompleteMultipartUpload", "CopyObject"];

pub fn inspect(
    api: &mut CloudflareApiClient<'_>,
    configs: &[WranglerEnvironmentConfig],
    choices: &DeployChoices,
) -> Result<FoundAccountResources, CloudflareApiError> {
    let mut seen = FoundAccountResources::default();
    let subdomain = api.get_if_exists("/workers/subdomain")?;
    seen.subdomain = subdomain.as_ref().map(|found| text_member_or_empty(found, "subdomain"));
    for entry in api.list_all("/storage/kv/namespaces")? {
        seen.namespaces
            .insert(text_member_or_empty(&entry, "title"), text_member_or_empty(&entry, "id"));
    }
    let buckets: BTreeSet<String> =
        configs.iter().flat_map(WranglerEnvironmentConfig::bucket_names).collect();
    for bucket in buckets {
        if api.get_if_exists(&format!("/r2/buckets/{bucket}"))?.is_some() {
            seen.buckets.insert(bucket);
        }
    }
    if choices.queue {
        for (queue, bucket) in configs.iter().filter_map(WranglerEnvironmentConfig::upload_queue) {
            look_at_queue(api, &mut seen, &queue, &bucket)?;
        }
    }
    if choices.secrets == SecretStorageKind::Store {
        look_at_store(api, &mut seen)?;
    }
    for config in configs {
        if let Some(live) = look_at_worker(api, config.worker_name())? {
            seen.workers.insert(config.worker_name().to_owned(), live);
        }
    }
    let lacks_crons = |config: &&WranglerEnvironmentConfig| {
        let crons = config.cron_expressions();
        seen.workers.get(config.worker_name()).map_or(!crons.is_empty(), |live| live.crons != crons)
    };
    if choices.plan == CloudflarePlan::Free && configs.iter().any(|config| lacks_crons(&config)) {
        seen.other_crons = count_other_crons(api, configs)?;
    }
    Ok(seen)
}

fn look_at_queue(
    api: &mut CloudflareApiClient<'_>,
    seen: &mut FoundAccountResources,
    name: &str,
    bucket: &str,
) -> Result<(), CloudflareApiError> {
    let found = api.get(&format!("/queues?page=1&name={name}"))?;
    let found =
        array_items(&found).iter().find(|queue| text_member_or_empty(queue, "queue_name") == name);
    let Some(queue) = found else { return Ok(()) };
    let readers = queue.get("consumers").map(array_items).unwrap_or_default();
    let readers = readers.iter().map(|reader| {
        let script = text_member_or_empty(reader, "script");
        if script.is_empty() { text_member_or_empty(reader, "script_name") } else { script }
    });
    let queue = ExistingCloudflareQueue {
        id: text_member_or_empty(queue, "queue_id"),
        readers: readers.collect(),
    };
    let rules = api.get_if_exists(&format!("/event_notifications/r2/{bucket}/configuration"))?;
    let rules = rules.as_ref().and_then(|rules| rules.get("queues")).map(array_items);
    let mut ours = rules
        .unwrap_or_default()
        .iter()
        .filter(|rules| text_member_or_empty(rules, "queueId") == queue.id);
    let announces = |rules: &Value| {
        let rules = rules.get("rules").map(array_items).unwrap_or_default();
        rules.iter().any(|rule| text_member_or_empty(rule, "prefix") == UPLOADS_PREFIX)
    };
    if ours.any(announces) {
        seen.announced.insert(bucket.to_owned());
    }
    seen.queues.insert(name.to_owned(), queue);
    Ok(())
}

fn look_at_store(
    api: &mut CloudflareApiClient<'_>,
    seen: &mut FoundAccountResources,
) -> Result<(), CloudflareApiError> {
    // An account has one store.
    let Some(store) = api
        .list_all("/secrets_store/stores")?
        .first()
        .map(|store| text_member_or_empty(store, "id"))
    else {
        return Ok(());
    };
    let secrets = api.list_all(&format!("/secrets_store/stores/{store}/secrets"))?;
    seen.stored = secrets.iter().map(|secret| text_member_or_empty(secret, "name")).collect();
    seen.store = Some(store);
    Ok(())
}

pub fn look_at_worker(
    api: &mut CloudflareApiClient<'_>,
    name: &str,
) -> Result<Option<Live>, CloudflareApiError> {
    let script = format!("/workers/scripts/{name}");
    let Some(deployments) = api.get_if_exists(&format!("{script}/deployments"))? else {
        return Ok(None);
    };
    let newest =
        deployments.pointer("/deployments/0/versions").map(array_items).unwrap_or_default();
    let mut live = Live::default();
    // In a gradual deployment two versions share the requests: neither of them counts as live.
    if let [version] = newest {
        live.version = text_member_or_empty(version, "version_id");
        let version = api.get(&format!("{script}/versions/{}", live.version))?;
        let tag = version.pointer("/annotations/workers~1tag").and_then(Value::as_str);
        live.tag = tag.unwrap_or_default().to_owned();
    }
    live.crons = crons_of(api, name)?;
    let subdomain = api.get(&format!("{script}/subdomain"))?;
    live.is_public = subdomain.get("enabled").and_then(Value::as_bool).unwrap_or_default();
    let secrets = api.get(&format!("{script}/secrets"))?;
    live.secrets =
        array_items(&secrets).iter().map(|secret| text_member_or_empty(secret, "name")).collect();
    Ok(Some(live))
}

fn crons_of(
    api: &mut CloudflareApiClient<'_>,
    worker: &str,
) -> Result<BTreeSet<String>, CloudflareApiError> {
    let schedules = api.get(&format!("/workers/scripts/{worker}/schedules"))?;
    let schedules = schedules.get("schedules").map(array_items).unwrap_or_default();
    Ok(schedules.iter().map(|schedule| text_member_or_empty(schedule, "cron")).collect())
}

fn count_other_crons(
    api: &mut CloudflareApiClient<'_>,
    configs: &[WranglerEnvironmentConfig],
) -> Result<usize, CloudflareApiError> {
    let scripts = api.get("/workers/scripts")?;
    let mut count = 0;
    for name in array_items(&scripts).iter().map(|script| text_member_or_empty(script, "id")) {
        if configs.iter().all(|config| config.worker_name() != name) {
            count += crons_of(api, &name)?.len();
        }
    }
    Ok(count)
}

fn array_items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
