//! Google Books API v1: `volumes` and `volumes/{id}`.

mod emulated_error_replies;
mod field_mask;
mod query_syntax;
mod volume;
mod volume_info;
mod volume_search;

use serde_json::json;

pub(crate) use emulated_error_replies::error_reply;

use crate::emulated_provider_admission::{
    EmulatedAdmissionDecision, EmulatedAdmissionInput, EmulatedProviderLimiters,
};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};
use crate::request_log::EmulatedLimitRefusal;

pub(crate) fn check_limits(
    limits: &mut EmulatedProviderLimiters,
    admission_input: EmulatedAdmissionInput<'_>,
    incoming: &EmulatorRequest,
) -> EmulatedAdmissionDecision {
    let settings = admission_input.settings;
    // Google takes the key in the URL or in a header; the header keeps it out of logs.
    let key = incoming.nonblank_param("key").or_else(|| incoming.header("x-goog-api-key"));
    let Some(key) = key else {
        let reply = emulated_error_replies::keyless(settings);
        return EmulatedAdmissionDecision::over_limit("none", EmulatedLimitRefusal::Quota, reply);
    };
    let Some(label) = admission_input.keys.key_label(Provider::Google, key) else {
        return EmulatedAdmissionDecision::denied_access(
            "unknown",
            emulated_error_replies::bad_key(),
        );
    };
    let (day, _) = admission_input.quota_day(Provider::Google);
    let used = limits.key_use(&label);
    let (left, _) =
        used.minute.requests_left(admission_input.now_ms, 60_000, settings.google_per_minute);
    if settings.pace.google && left == 0 {
        let reply = emulated_error_replies::limit_reply(settings, false);
        return EmulatedAdmissionDecision::over_limit(&label, EmulatedLimitRefusal::Pace, reply);
    }
    let units = u64::from(admission_input.charge);
    if !used.daily.try_charge(day, units, settings.google_daily) {
        let reply = emulated_error_replies::limit_reply(settings, true);
        return EmulatedAdmissionDecision::over_limit(&label, EmulatedLimitRefusal::Quota, reply);
    }
    used.minute.record_accepted(admission_input.now_ms);
    EmulatedAdmissionDecision { key: label, units, ..EmulatedAdmissionDecision::default() }
}

pub(crate) fn google_reply(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    if !incoming.is_get_or_head() {
        return emulated_error_replies::not_found_page();
    }
    let country = incoming.nonblank_param("country").or_else(|| incoming.header("cf-ipcountry"));
    if context.settings.require_country && incoming.nonblank_param("country").is_none() {
        return emulated_error_replies::unknown_location();
    }
    let country = country.filter(|c| c.len() == 2).unwrap_or("US").to_ascii_uppercase();
    let body = match incoming.segments().as_slice() {
        ["volumes"] => volume_search::list_volumes(context, incoming, &country),
        ["volumes", id] => match context.catalogue.by_google_id(id) {
            Some(at) => Ok(volume::detail_json(context, at, &country)),
            // Google answers an unknown id as a backend failure, not as a 404.
            None => Err(error_reply(context.settings, 503, false)),
        },
        _ => Err(emulated_error_replies::not_found_page()),
    };
    let masked = body.and_then(|body| match incoming.nonblank_param("fields") {
        None => Ok(body),
        Some(mask) => field_mask::apply_field_mask(mask, &body)
            .map_err(|field| emulated_error_replies::invalid_field(&field)),
    });
    let reply = match masked {
        Err(refused) => return refused,
        Ok(body) if incoming.param("prettyPrint") == Some("false") => EmulatorReply::ok(&body),
        Ok(body) => EmulatorReply::json_pretty(200, &body),
    };
    reply.with_header("vary", "Origin, X-Origin, Referer")
}

/// No volumes: the answer has no `items`.
pub(crate) fn empty_reply() -> EmulatorReply {
    EmulatorReply::json_pretty(200, &json!({ "kind": "books#volumes", "totalItems": 0 }))
}
