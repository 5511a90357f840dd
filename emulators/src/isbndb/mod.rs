//! ISBNdb API v2, in both of its generations.

mod emulated_error_replies;
mod endpoints;
mod isbndb_book_record;
mod list_endpoints;
mod messy_values;

use serde_json::json;

pub(crate) use emulated_error_replies::error_reply;
pub(crate) use endpoints::asked_isbns;
#[cfg(test)]
pub(crate) use list_endpoints::page_slice;

use crate::emulated_provider_admission::{
    EmulatedAdmissionDecision, EmulatedAdmissionInput, EmulatedProviderLimiters,
};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};
use crate::request_log::EmulatedLimitRefusal;
use crate::settings::{EmulatorSettings, IsbndbPlan};

/// The pace counts 900 ms as a second: the time in which a request arrives varies,
/// which is not the caller's fault.
const SECOND_MS: u64 = 900;
const MINUTE_MS: u64 = 60_000;

pub(crate) fn check_limits(
    limits: &mut EmulatedProviderLimiters,
    admission_input: EmulatedAdmissionInput<'_>,
    incoming: &EmulatorRequest,
) -> EmulatedAdmissionDecision {
    let settings = admission_input.settings;
    let key = incoming.header("authorization").unwrap_or_default();
    let Some(label) = admission_input.keys.key_label(Provider::Isbndb, key) else {
        let label = if key.is_empty() { "none" } else { "unknown" };
        return EmulatedAdmissionDecision::denied_access(
            label,
            emulated_error_replies::unauthenticated(settings),
        );
    };
    let host = incoming.host_plan.as_deref().map(IsbndbPlan::host_of);
    if host.is_some_and(|host| host != Some(settings.plan.hostname())) {
        return EmulatedAdmissionDecision::denied_access(
            &label,
            emulated_error_replies::forbidden_reply(),
        );
    }
    let per_second = settings.isbndb_rate();
    let (now_ms, day) = (admission_input.now_ms, admission_input.quota_day(Provider::Isbndb));
    let per_day = settings.isbndb_per_day();
    let used = limits.key_use(&label);
    let (left_in_second, second_wait_ms) = used.second.requests_left(now_ms, SECOND_MS, per_second);
    let (left_in_minute, _) = used.minute.requests_left(now_ms, MINUTE_MS, per_second * 60);
    let bulk = asked_isbns(incoming).map_or(1, |isbns| isbns.len().max(1) as u64);
    let units = if admission_input.charge { bulk } else { 0 };
    let refusal = if settings.pace.isbndb && (left_in_second == 0 || left_in_minute == 0) {
        Some(EmulatedLimitRefusal::Pace)
    } else if !used.daily.try_charge(day.0, units, per_day) {
        Some(EmulatedLimitRefusal::Quota)
    } else {
        used.second.record_accepted(now_ms);
        used.minute.record_accepted(now_ms);
        None
    };
    let headers = if settings.generation == 1 {
        Vec::new()
    } else {
        let (left, wait_ms) = match used.minute.requests_left(now_ms, MINUTE_MS, per_second * 60) {
            // Refused by the second's window: the reset is that of the second, not of the minute.
            (1.., _) if refusal == Some(EmulatedLimitRefusal::Pace) => (0, second_wait_ms),
            state => state,
        };
        let left_today = per_day.saturating_sub(used.daily.spent_units(day.0));
        let (rate_secs, day_secs) = (wait_ms.div_ceil(1000), day.1.div_ceil(1000));
        let mut headers = vec![(
            "ratelimit",
            format!("\"rate\";r={left};t={rate_secs}, \"daily\";r={left_today};t={day_secs}"),
        )];
        // No policy header if the pace is switched off.
        if settings.pace.isbndb {
            headers.push(("ratelimit-policy", format!("\"rate\";q={};w=60", per_second * 60)));
        }
        headers
    };
    let refused = refusal.map(|refusal| {
        emulated_error_replies::limit_reply(settings, refusal == EmulatedLimitRefusal::Quota)
    });
    let units = if refusal.is_some() { 0 } else { units };
    EmulatedAdmissionDecision {
        key: label,
        units,
        refusal,
        refused,
        headers,
        ..EmulatedAdmissionDecision::default()
    }
}

pub(crate) fn isbndb_reply(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    let reply = endpoints::dispatch(context, incoming);
    // ISBNdb's gateway refuses answers of more than 6 MB.
    if reply.body.len() > 6 * 1024 * 1024 {
        return error_reply(context.settings, 500, false);
    }
    reply
}

/// An answer of the right shape without books.
pub(crate) fn empty_reply(
    settings: &EmulatorSettings,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    let body = match incoming.segments().as_slice() {
        ["books"] | ["search", ..] => json!({ "total": 0, "requested": 0, "data": [] }),
        ["books", _] if settings.generation == 1 => json!({ "total": 0, "books": [] }),
        ["books", _] => json!({ "total": 0, "data": [] }),
        ["author", name] => json!({ "author": name, "books": [] }),
        ["authors", _] => json!({ "total": 0, "authors": [] }),
        _ => json!({}),
    };
    EmulatorReply::ok(&body)
}
