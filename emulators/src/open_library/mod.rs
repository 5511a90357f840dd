//! Open Library: search, records by key, the bulk look-up, and its User-Agent policy.

mod api_books;
mod emulated_error_replies;
mod publish_date;
mod records_by_key;
mod search_endpoints;
mod work_edition_lists;
mod works;

use serde_json::json;

use crate::emulated_provider_admission::{
    EmulatedAdmissionDecision, EmulatedAdmissionInput, EmulatedProviderLimiters,
};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::EmulatorRequest;
use crate::request_log::EmulatedLimitRefusal;

pub(crate) use emulated_error_replies::{error_reply, moved_reply};

/// nginx's zone for `/api/*` and `*.json`.
const PER_MINUTE: u64 = 180;
const BURST: u64 = 25;
const DELAY: u64 = 10;
/// A second of the policy, minus the tolerance for network jitter.
const SECOND_MS: u64 = 900;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UserAgentKind {
    /// Names an application and a contact: 3 requests a second.
    Identified,
    /// No User-Agent, or a browser's: 1 request a second.
    Unidentified,
    /// A library's default, or an application without contact: refused.
    Unwelcome,
}

fn client_kind(user_agent: Option<&str>) -> UserAgentKind {
    let agent = user_agent.unwrap_or_default().trim();
    if agent.is_empty() || agent.starts_with("Mozilla/") {
        return UserAgentKind::Unidentified;
    }
    let has_contact =
        agent.contains('@') || agent.contains("http://") || agent.contains("https://");
    if has_contact { UserAgentKind::Identified } else { UserAgentKind::Unwelcome }
}

/// The policy and the web server's limits.
pub(crate) fn check_limits(
    limits: &mut EmulatedProviderLimiters,
    admission_input: EmulatedAdmissionInput<'_>,
    incoming: &EmulatorRequest,
) -> EmulatedAdmissionDecision {
    let settings = admission_input.settings;
    let now_ms = admission_input.now_ms;
    let mut admission = EmulatedAdmissionDecision {
        key: "none".to_owned(),
        units: 1,
        ..EmulatedAdmissionDecision::default()
    };
    let caller = client_kind(incoming.header("user-agent"));
    if caller == UserAgentKind::Unwelcome {
        return EmulatedAdmissionDecision::denied_access(
            "none",
            emulated_error_replies::forbidden_page(),
        );
    }
    if !settings.pace.open_library {
        return admission;
    }
    let refuse = |admission: EmulatedAdmissionDecision| EmulatedAdmissionDecision {
        units: 0,
        refusal: Some(EmulatedLimitRefusal::Pace),
        refused: Some(emulated_error_replies::too_many()),
        ..admission
    };
    if caller == UserAgentKind::Unidentified {
        let (left, _) = limits.open_library_unidentified.requests_left(now_ms, SECOND_MS, 1);
        if left == 0 {
            return refuse(admission);
        }
        limits.open_library_unidentified.record_accepted(now_ms);
    } else {
        let (left, _) = limits.open_library_policy.requests_left(now_ms, SECOND_MS, 3);
        admission.over_policy = left == 0;
        if left == 0 && settings.open_library_strict {
            return refuse(admission);
        }
        limits.open_library_policy.record_accepted(now_ms);
    }
    match limits.open_library_bucket.admit_request(now_ms, PER_MINUTE, BURST, DELAY) {
        None => refuse(admission),
        Some(delay_ms) => EmulatedAdmissionDecision { delay_ms, ..admission },
    }
}

pub(crate) fn open_library_reply(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    if !incoming.is_get_or_head() {
        return EmulatorReply::with_json_body(405, &json!({ "detail": "Method Not Allowed" }));
    }
    let reply = match incoming.segments().as_slice() {
        ["search.json"] => search_endpoints::work_search_page(context, incoming),
        ["search", "authors.json"] => search_endpoints::author_search_page(context, incoming),
        ["api", "books.json"] => Ok(api_books::api_books_reply(context, incoming)),
        // Gone since September 2026; the web server's 404 has the content type of an API.
        ["api", "books"] => Err(moved_reply(404)),
        ["isbn", isbn] => records_by_key::isbn_redirect(context, isbn),
        ["books", key] => records_by_key::edition_reply(context, key),
        ["works", key] => records_by_key::work_reply(context, key),
        ["works", key, "editions.json"] => {
            work_edition_lists::editions_of_work(context, incoming, key)
        }
        ["authors", key] => records_by_key::author_record_reply(context, key),
        ["authors", key, "works.json"] => {
            work_edition_lists::works_of_author(context, incoming, key)
        }
        _ => Err(emulated_error_replies::not_found_page()),
    };
    reply.unwrap_or_else(|refused| refused)
}

/// An answer of the right shape without books.
pub(crate) fn empty_reply(incoming: &EmulatorRequest) -> EmulatorReply {
    match incoming.segments().as_slice() {
        ["search.json"] => search_endpoints::search_reply(incoming, 0, 0, Vec::new()),
        ["search", "authors.json"] => EmulatorReply::ok(
            &json!({ "numFound": 0, "start": 0, "numFoundExact": true, "docs": [] }),
        ),
        ["api", "books.json"] => EmulatorReply::ok(&json!({})),
        _ => emulated_error_replies::not_found_page(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_are_sorted_by_contact() {
        for (agent, expected) in [
            (None, UserAgentKind::Unidentified),
            (Some(""), UserAgentKind::Unidentified),
            (Some("Mozilla/5.0 (X11; Linux x86_64)"), UserAgentKind::Unidentified),
            (Some("python-requests/2.31"), UserAgentKind::Unwelcome),
            (Some("MyLibrary/1.0"), UserAgentKind::Unwelcome),
            (Some("MyLibrary/1.0 (me@example.org)"), UserAgentKind::Identified),
            (Some("MyLibrary/1.0 (+https://example.org)"), UserAgentKind::Identified),
        ] {
            assert_eq!(client_kind(agent), expected, "{agent:?}");
        }
    }
}
