//! The Worker's events: authorisation, uploads, health. Other requests go to the ledger's object.

use ports::http_types::{Reply, Request};
use ports::{Clock, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::http_edge::auth::Caller;
use runtime::http_edge::reply_and_outcome;
use runtime::http_edge::router::{UnmatchedRoute, find_route, matched_route_template};
use runtime::resilient_client::{RequestContext, ResilientCall, ServedRequestTracker};
use warmer_core::binding_manifest::{ADMIN_TOKEN, LIBRARY_DATA};
use warmer_core::metrics::set_gauges;
use warmer_core::object_call::OBJECT_BUDGET_MS;
use warmer_core::routes::{self, Endpoint, ROUTES};
use warmer_core::upload::{UploadRequest, empty_file};
use worker::{Context, Env, Response, ScheduleContext};
use workerd::auth_service::refusal_reply;
use workerd::r2::{R2Bucket, R2PutOptions};
use workerd::{EnvPorts, JsSystemPorts, PlatformErrorKind};

use crate::adapters::health;
use crate::adapters::ledger_object::{
    background_context, call_ledger_object, log_alert, wake_ledger, worker_identity,
};
use crate::adapters::workerd_ports::ask_sibling;

pub(crate) async fn handle_fetch(
    mut request: worker::Request,
    env: &Env,
    context: &Context,
) -> worker::Result<Response> {
    let (plain, read) = workerd::platform_request_reader::read_without_body(&request);
    let sibling = workerd::env::caller_name(context);
    let known = sibling.is_some();
    let (headers, secrets) = (&plain.headers, EnvPorts(env));
    let caller =
        Caller::identify(sibling, headers, &secrets, &JsSystemPorts, ADMIN_TOKEN, None).await;
    let trusted = caller.is_trusted();
    let served_request_tracker = ServedRequestTracker::begin_request(
        worker_identity(env),
        &plain,
        caller.name(),
        trusted,
        OBJECT_BUDGET_MS,
        &JsSystemPorts,
    );
    let found = match &read {
        Ok(()) => find_route(ROUTES, plain.method, &plain.path),
        Err(_) => Err(UnmatchedRoute::Path),
    };
    let template = matched_route_template(&found);
    let request_context = served_request_tracker.request_context();
    let refused = refusal_reply(env, request.inner(), &plain, known, request_context).await;
    let configured = workerd::apply_env_settings(env);
    let is_open = found.as_ref().is_ok_and(|route| !route.is_restricted);
    let allowed = if is_open { Ok(()) } else { caller.require_trusted() };
    let answered = match (refused, read.and(allowed), found) {
        (Some(reply), ..) => Ok(reply),
        (None, Err(failure), _) => Err(failure),
        (None, Ok(()), Err(unrouted)) => unrouted.into_result(),
        (None, Ok(()), Ok(route)) => match (route.endpoint, configured) {
            (Endpoint::Health, _) => {
                Ok(health::health_reply(env, &plain, request_context, trusted).await)
            }
            (_, Err(error)) => Err(Failure::internal(error)),
            (Endpoint::Metrics, Ok(())) => metrics_reply(env, request_context).await,
            (Endpoint::Upload, Ok(())) => {
                receive_upload(&mut request, &plain, env, &served_request_tracker).await
            }
            (endpoint, Ok(())) => {
                forward(&mut request, env, &served_request_tracker, template, endpoint).await
            }
        },
    };
    let (reply, outcome) =
        reply_and_outcome(answered, request_context, template, &plain.path, &JsSystemPorts);
    let reply = workerd::finish_fetch_event(
        env,
        context,
        &served_request_tracker,
        reply,
        template,
        &outcome,
    );
    workerd::platform_response::into_worker(reply)
}

/// This isolate's counters, with the gauges of the ledger.
async fn metrics_reply(env: &Env, context: &RequestContext) -> Result<Reply, Failure> {
    let request = OutgoingRequest::get("/status");
    let status = call_ledger_object(env, context, "/status", request, OBJECT_BUDGET_MS).await?;
    let (client_state, now_ms) = (workerd::client_state(), JsSystemPorts.now_ms());
    set_gauges(client_state.metrics(), &status.body, now_ms);
    Ok(client_state.exposition(&context.identity, now_ms))
}

/// Streams the CSV to R2, then wakes the ledger to scan for it.
async fn receive_upload(
    request: &mut worker::Request,
    plain: &Request,
    env: &Env,
    served_request_tracker: &ServedRequestTracker,
) -> Result<Reply, Failure> {
    let upload =
        UploadRequest::read(plain, workerd::platform_request_reader::content_length(plain))?;
    let body = workerd::platform_request_reader::body_stream(request).ok_or_else(empty_file)?;
    let options =
        R2PutOptions { content_type: Some("text/csv".to_owned()), ..R2PutOptions::default() };
    let bucket = R2Bucket::new(env, LIBRARY_DATA)?;
    bucket.put(&upload.key, body, options).await.map_err(|error| match error.kind {
        // The connection ended, or the body was shorter than announced.
        PlatformErrorKind::ConnectionLost => Failure::bad_request("the upload was aborted"),
        _ => error.into(),
    })?;
    call_ledger_object(
        env,
        served_request_tracker.request_context(),
        "/warm",
        upload.warm_request,
        OBJECT_BUDGET_MS,
    )
    .await
}

/// Runs a cron by waking the object, which does the work.
pub(crate) async fn scheduled(cron: &str, env: &Env, event: &ScheduleContext) {
    let (context, started_at_ms) = (background_context(env), JsSystemPorts.now_ms());
    if let Err(failure) = wake_ledger(env, &context, cron).await {
        // The platform does not report a failed cron.
        log_alert(&context, &format!("the heartbeat {cron} failed"), &failure);
    }
    if let Some(span) = workerd::report_event(env, &context, started_at_ms) {
        event.wait_until(span);
    }
}

/// Forwards a request to the object, or to the sibling whose route it is.
async fn forward(
    request: &mut worker::Request,
    env: &Env,
    served_request_tracker: &ServedRequestTracker,
    template: &'static str,
    endpoint: Endpoint,
) -> Result<Reply, Failure> {
    let max_body_bytes = routes::max_body_bytes(endpoint);
    let plain = workerd::platform_request_reader::from_worker(request, max_body_bytes).await?;
    let context = served_request_tracker.request_context();
    match endpoint {
        // The crons and the health check send these to the object; clients may not.
        Endpoint::Cron | Endpoint::Alive => Err(Failure::not_found(plain.path)),
        Endpoint::Sibling(sibling, path) => {
            let request = routes::sibling_request(&plain, path);
            let call =
                ResilientCall::for_service_binding(sibling.binding_name(), template, request);
            ask_sibling(env, context, call, routes::sibling_reply).await
        }
        _ => {
            let request = routes::forwarded(plain);
            call_ledger_object(env, context, template, request, OBJECT_BUDGET_MS).await
        }
    }
}
