//! `/health`: both siblings asked, secret and storage read, nothing written.

use platform::kv::Kv;
use platform::r2::Bucket;
use platform::{BindingTransport, JsHost, ObjectTransport, host::within, secrets};
use serde_json::{Map, Value, json};
use shared::http::Reply;
use shared::mesh::port::Clock;
use shared::mesh::{Call, CallContext, Client, OutRequest};
use worker::Env;

use super::{ADMIN_TOKEN, LEDGER, LEDGER_NAME, LIBRARY_DATA, WARMING_CACHE, WORKER};
use crate::engine::outside::Peer;
use crate::settings::Settings;

/// All of it within a second.
const CHECK_MS: u64 = 900;

/// The answer.
pub(crate) async fn reply(env: &Env, context: &CallContext) -> Reply {
    let context = context.within(JsHost.now_ms(), CHECK_MS);
    let (proxy, leaf, storage, secret) = futures::join!(
        sibling(env, &context, Peer::Proxy),
        sibling(env, &context, Peer::Leaf),
        storage(env, &context),
        within(CHECK_MS, secrets::read(env, ADMIN_TOKEN)),
    );
    let settings = Settings::read(&platform::env::vars(env));
    let secret = matches!(secret, Some(Ok(_)));
    let siblings = [("BOOKS_API_PROXY", proxy), ("ISBNDB_WORKER", leaf)];
    let all_up = siblings.iter().all(|(_, (up, _))| *up);
    let stored = storage.iter().all(|(_, (up, _))| *up);
    // Without its ledger, its token or its vars it can do nothing; without a sibling it waits.
    let can_serve = stored && secret && settings.is_ok();
    let status = match (can_serve, all_up) {
        (false, _) => "error",
        (true, false) => "degraded",
        (true, true) => "healthy",
    };
    let member = |list: Vec<(&str, (bool, Value))>| -> Map<String, Value> {
        list.into_iter().map(|(name, (_, shown))| (name.to_owned(), shown)).collect()
    };
    let body = json!({
        "worker": WORKER,
        "status": status,
        "timestamp": JsHost.now_ms(),
        "version": platform::env::version(env),
        "serviceBindings": member(siblings.into()),
        "secrets": { ADMIN_TOKEN: secret },
        "storage": member(storage),
        "config": settings.err().map_or_else(|| "ok".to_owned(), |error| error.to_string()),
    });
    Reply::json(if can_serve { 200 } else { 503 }, &body).with_header("cache-control", "no-store")
}

fn shown(started_ms: u64, error: Option<String>) -> (bool, Value) {
    let response_time = JsHost.now_ms().saturating_sub(started_ms);
    let status = if error.is_none() { "healthy" } else { "error" };
    let mut shown = json!({ "status": status, "responseTime": response_time });
    if let (Some(error), Some(members)) = (&error, shown.as_object_mut()) {
        members.insert("error".to_owned(), json!(error));
    }
    (error.is_none(), shown)
}

async fn sibling(env: &Env, context: &CallContext, peer: Peer) -> (bool, Value) {
    let started_ms = JsHost.now_ms();
    let error = match BindingTransport::new(env, peer.binding()) {
        Err(error) => Some(error.operation),
        Ok(transport) => {
            let client = Client::new(transport, JsHost, platform::mesh());
            let call = Call::binding(peer.binding(), "/health", OutRequest::get("/health"));
            match client.call(context, call).await {
                Ok(response) if response.status == 200 => None,
                Ok(response) => Some(format!("status {}", response.status)),
                Err(failure) => Some(failure.root().to_string()),
            }
        }
    };
    shown(started_ms, error)
}

async fn storage(env: &Env, context: &CallContext) -> Vec<(&'static str, (bool, Value))> {
    let kv = async {
        let started_ms = JsHost.now_ms();
        let read = match Kv::new(env, WARMING_CACHE) {
            Ok(kv) => within(CHECK_MS, kv.get("health")).await.map(|read| read.map(|_| ())),
            Err(error) => Some(Err(error)),
        };
        shown(started_ms, error_of(read))
    };
    let r2 = async {
        let started_ms = JsHost.now_ms();
        let read = match Bucket::new(env, LIBRARY_DATA) {
            Ok(bucket) => {
                within(CHECK_MS, bucket.head("health")).await.map(|read| read.map(|_| ()))
            }
            Err(error) => Some(Err(error)),
        };
        shown(started_ms, error_of(read))
    };
    let ledger = async {
        let started_ms = JsHost.now_ms();
        let error = match ObjectTransport::new(env, LEDGER, LEDGER_NAME) {
            Err(error) => Some(error.operation),
            Ok(transport) => {
                let client = Client::new(transport, JsHost, platform::mesh());
                let call = Call::object(LEDGER, "/status", OutRequest::get("/status"));
                match client.call(context, call).await {
                    Ok(response) if response.status == 200 => None,
                    Ok(response) => Some(format!("status {}", response.status)),
                    Err(failure) => Some(failure.root().to_string()),
                }
            }
        };
        shown(started_ms, error)
    };
    let (kv, r2, ledger) = futures::join!(kv, r2, ledger);
    vec![(WARMING_CACHE, kv), (LIBRARY_DATA, r2), (LEDGER, ledger)]
}

fn error_of(read: Option<Result<(), platform::PlatformError>>) -> Option<String> {
    match read {
        None => Some("timeout".to_owned()),
        Some(Err(error)) => Some(error.operation),
        Some(Ok(())) => None,
    }
}
