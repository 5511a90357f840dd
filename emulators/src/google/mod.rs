//! Google Books API v1: `volumes` and `volumes/{id}`.

mod errors;
mod fields;
mod info;
mod query;
mod search;
mod volume;

use serde_json::json;

pub(crate) use errors::error_reply;

use crate::context::Context;
use crate::limits::{Admission, AdmissionInput, Limits};
use crate::log::Refusal;
use crate::reply::Reply;
use crate::request::{Incoming, Provider};

pub(crate) fn admit(
    limits: &mut Limits,
    admission_input: AdmissionInput<'_>,
    incoming: &Incoming,
) -> Admission {
    let settings = admission_input.settings;
    // Google takes the key in the URL or in a header; the header keeps it out of logs.
    let key = incoming.filled("key").or_else(|| incoming.header("x-goog-api-key"));
    let Some(key) = key else {
        let refusal = Some(Refusal::Quota);
        return Admission { refusal, ..Admission::denied("none", errors::keyless(settings)) };
    };
    let Some(label) = admission_input.keys.label(Provider::Google, key) else {
        return Admission::denied("unknown", errors::bad_key());
    };
    let (day, _) = admission_input.day(Provider::Google);
    let used = limits.key(&label);
    let (left, _) = used.minute.state(admission_input.now_ms, 60_000, settings.google_per_minute);
    if settings.pace.google && left == 0 {
        let reply = errors::limit_reply(settings, false);
        return Admission { refusal: Some(Refusal::Pace), ..Admission::denied(&label, reply) };
    }
    let units = u64::from(admission_input.charge);
    if !used.daily.charge(day, units, settings.google_daily) {
        let reply = errors::limit_reply(settings, true);
        return Admission { refusal: Some(Refusal::Quota), ..Admission::denied(&label, reply) };
    }
    used.minute.accept(admission_input.now_ms);
    Admission { key: label, units, ..Admission::default() }
}

pub(crate) fn answer(context: &Context<'_>, incoming: &Incoming) -> Reply {
    if incoming.method != "GET" && incoming.method != "HEAD" {
        return Reply::html(404, "<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n");
    }
    let country = incoming.filled("country").or_else(|| incoming.header("cf-ipcountry"));
    if context.settings.require_country && incoming.filled("country").is_none() {
        return errors::unknown_location();
    }
    let country = country.filter(|c| c.len() == 2).unwrap_or("US").to_ascii_uppercase();
    let body = match incoming.segments().as_slice() {
        ["volumes"] => search::list(context, incoming, &country),
        ["volumes", id] => match context.catalogue.by_google_id(id) {
            Some(at) => Ok(volume::detail(context, at, &country)),
            // Google answers an unknown id as a backend failure, not as a 404.
            None => return error_reply(context.settings, 503, false),
        },
        _ => return Reply::html(404, "<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n"),
    };
    let body = match body {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let masked = match incoming.filled("fields") {
        None => body,
        Some(mask) => match fields::apply(mask, &body) {
            Ok(masked) => masked,
            Err(field) => return errors::invalid_field(&field),
        },
    };
    if incoming.param("prettyPrint") == Some("false") {
        Reply::json(200, &masked).with("vary", "Origin, X-Origin, Referer")
    } else {
        Reply::json_pretty(200, &masked).with("vary", "Origin, X-Origin, Referer")
    }
}

/// No volumes: the answer has no `items`.
pub(crate) fn empty_reply() -> Reply {
    Reply::json_pretty(200, &json!({ "kind": "books#volumes", "totalItems": 0 }))
}
