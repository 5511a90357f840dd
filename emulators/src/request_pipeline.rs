//! The order in which a request is handled: log, limits, latency, fault, answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use serde_json::json;

use crate::catalogue::BookCatalogue;
use crate::clock::EmulatorClock;
use crate::emulated_provider_admission::{
    EmulatedAdmissionInput, EmulatedProviderApiKeys, EmulatedProviderLimiters,
};
use crate::emulator_reply::{EmulatorReply, build_response};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider, parse_query_string};
use crate::fault_effects::{answer_with_fault, decide_admission, is_uncounted, truncated_response};
use crate::faults::{EmulatedFault, FaultRule, FaultRules};
use crate::in_process_providers::TIMEOUT_FAULT_MS;
use crate::isbndb;
use crate::loopback_listener::ConnectionResetHandle;
use crate::request_log::{LoggedRequest, RequestLog};
use crate::settings::EmulatorSettings;

/// More than a bulk request of 1,000 ISBNs needs.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct EmulatorApp {
    pub(crate) clock: EmulatorClock,
    pub(crate) catalogue: BookCatalogue,
    pub(crate) keys: EmulatedProviderApiKeys,
    /// The settings at the start, for `restoreAll`.
    pub(crate) initial: EmulatorSettings,
    pub(crate) settings: Mutex<EmulatorSettings>,
    pub(crate) faults: Mutex<FaultRules>,
    pub(crate) limits: Mutex<EmulatedProviderLimiters>,
    pub(crate) log: Mutex<RequestLog>,
}

/// Locks, also after a panic of another holder: the state has counters and switches only.
pub(crate) fn lock_ignoring_poison<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EmulatorApp {
    pub(crate) async fn handle_request(
        &self,
        connection: &ConnectionResetHandle,
        request: Request<Body>,
    ) -> Response<Body> {
        let Some((provider, incoming)) = read_provider_request(request).await else {
            let error = json!({ "error": "no such provider" });
            return EmulatorReply::with_json_body(404, &error).into_response();
        };
        let settings = lock_ignoring_poison(&self.settings).clone();
        let seq = lock_ignoring_poison(&self.log).arrive(self.new_log_entry(provider, &incoming));
        let asked =
            format!("{} {}?{}", incoming.method, incoming.path, shown_query(&incoming, &self.keys));
        let rule = lock_ignoring_poison(&self.faults).matching_rule(provider, &asked);
        let fault = rule.as_ref().map_or(EmulatedFault::None, |rule| rule.fault);
        if fault == EmulatedFault::Reset {
            self.consume_fault(rule.as_ref(), seq);
            lock_ignoring_poison(&self.log).set_reply_status(seq, 0);
            connection.reset_connection();
            return build_response(500, &[], Body::empty());
        }

        let now_ms = self.clock.unix_ms();
        let charge = !rule.as_ref().is_some_and(is_uncounted);
        let admission_input =
            EmulatedAdmissionInput { settings: &settings, keys: &self.keys, now_ms, charge };
        let mut admission = {
            let mut limits = lock_ignoring_poison(&self.limits);
            decide_admission(provider, &mut limits, admission_input, &incoming)
        };
        {
            let mut log = lock_ignoring_poison(&self.log);
            log.record_cost(seq, admission.units, &admission.key, admission.refusal);
            if admission.over_policy {
                log.over_policy(provider);
            }
        }
        let meets_fault = admission.refused.is_none() || fault.is_of_connection();
        let rule = rule.filter(|_| meets_fault);
        self.consume_fault(rule.as_ref(), seq);
        let added_ms = rule.as_ref().map_or(0, |rule| rule.latency_ms);
        sleep_ms(settings.latency_ms.of(provider) + admission.delay_ms + added_ms).await;

        let fault = rule.as_ref().map_or(EmulatedFault::None, |rule| rule.fault);
        match fault {
            EmulatedFault::Hang => std::future::pending::<()>().await,
            EmulatedFault::Timeout => sleep_ms(TIMEOUT_FAULT_MS).await,
            _ => {}
        }
        let mut reply = match admission.refused.take() {
            Some(refused) => refused,
            None => {
                let (day, _) = admission_input.quota_day(provider);
                let mut limits = lock_ignoring_poison(&self.limits);
                let spent = limits.key_use(&admission.key).daily.spent_units(day);
                drop(limits);
                let context = EmulatorReplyContext {
                    catalogue: &self.catalogue,
                    settings: &settings,
                    nonce: seq,
                    wrong_book: fault == EmulatedFault::WrongBook,
                    spent,
                };
                answer_with_fault(provider, &context, &incoming, rule.as_ref())
            }
        };
        reply.headers.append(&mut admission.headers);
        lock_ignoring_poison(&self.log).set_reply_status(seq, reply.status);
        match fault {
            EmulatedFault::CutBody | EmulatedFault::CutChunked | EmulatedFault::Stall => {
                truncated_response(reply, fault)
            }
            _ => reply.into_response(),
        }
    }

    fn consume_fault(&self, rule: Option<&FaultRule>, seq: u64) {
        let Some(rule) = rule else { return };
        lock_ignoring_poison(&self.faults).consume(rule);
        if rule.fault != EmulatedFault::None {
            lock_ignoring_poison(&self.log).record_fault(seq, rule.fault);
        }
    }

    fn new_log_entry(&self, provider: Provider, incoming: &EmulatorRequest) -> LoggedRequest {
        LoggedRequest {
            seq: 0,
            provider,
            at_ms: self.clock.real_unix_ms(),
            method: incoming.method.clone(),
            path: format!("/{}", incoming.path),
            query: shown_query(incoming, &self.keys),
            status: None,
            units: 0,
            key: String::new(),
            user_agent: incoming.header("user-agent").unwrap_or_default().to_owned(),
            traceparent: incoming.header("traceparent").is_some(),
            body: isbndb::asked_isbns(incoming)
                .map(|isbns| json!({ "count": isbns.len(), "isbns": isbns })),
            fault: None,
        }
    }
}

async fn sleep_ms(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// The query, with the key's label in place of the key.
fn shown_query(incoming: &EmulatorRequest, keys: &EmulatedProviderApiKeys) -> String {
    incoming
        .query
        .iter()
        .map(|(name, value)| {
            if name == "key" {
                let label = keys.key_label(Provider::Google, value);
                format!("key={}", label.as_deref().unwrap_or("unknown"))
            } else {
                format!("{name}={value}")
            }
        })
        .collect::<Vec<_>>()
        .join("&")
}

async fn read_provider_request(request: Request<Body>) -> Option<(Provider, EmulatorRequest)> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (provider, rest, host_plan) = if let Some(rest) = path.strip_prefix("/google/books/v1/") {
        (Provider::Google, rest, None)
    } else if let Some(rest) = path.strip_prefix("/openlibrary/") {
        (Provider::OpenLibrary, rest, None)
    } else if let Some(rest) = path.strip_prefix("/isbndb/") {
        (Provider::Isbndb, rest, None)
    } else {
        let (plan, rest) = path.strip_prefix("/isbndb-host/")?.split_once('/')?;
        (Provider::Isbndb, rest, Some(plan.to_owned()))
    };
    // A body over the limit is read as empty, which every provider refuses.
    let body = axum::body::to_bytes(body, BODY_LIMIT_BYTES).await.unwrap_or_default();
    let incoming = EmulatorRequest {
        method: parts.method.as_str().to_owned(),
        path: rest.to_owned(),
        host_plan,
        query: parse_query_string(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body: body.to_vec(),
    };
    Some((provider, incoming))
}
