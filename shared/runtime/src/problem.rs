//! Errors as `application/problem+json` (RFC 9457) with the documented members, in one function.
//!
//! ```
//! use runtime::outcome::Failure;
//! use runtime::problem::{Problem, reply};
//!
//! let failure = Failure::RateLimited { retry_after_ms: 1_500, local: true };
//! let answer = reply(&Problem::new("isbndb-worker", &failure, 0).at("/book/9780441172719"));
//! assert_eq!(answer.status, 429);
//! assert_eq!(answer.headers.get("retry-after"), Some("2"));
//! ```

use serde::{Deserialize, Serialize};

use crate::api::volume::ProviderReport;
use crate::outcome::Failure;
use crate::retry_after;
use ports::InResponse;
use ports::http::Reply;

/// Content type of every error.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// What an error answer is made of.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    worker: &'a str,
    failure: &'a Failure,
    now_ms: u64,
    instance: &'a str,
    providers: &'a [ProviderReport],
    routes: &'static str,
}

impl<'a> Problem<'a> {
    /// An error of `worker` (its own name stands in `service`, unless a sibling caused it).
    #[must_use]
    pub fn new(worker: &'a str, failure: &'a Failure, now_ms: u64) -> Self {
        Self {
            worker,
            failure,
            now_ms,
            instance: "",
            providers: &[],
            routes: "Check the address; / lists the routes.",
        }
    }

    /// The path that was asked, without the query.
    #[must_use]
    pub fn at(mut self, path: &'a str) -> Self {
        self.instance = path;
        self
    }

    /// What to do about an unknown address, at a Worker whose `/` does not list the routes.
    #[must_use]
    pub fn unknown_address(mut self, suggestion: &'static str) -> Self {
        self.routes = suggestion;
        self
    }

    /// The outcome of each provider.
    #[must_use]
    pub fn providers(mut self, providers: &'a [ProviderReport]) -> Self {
        self.providers = providers;
        self
    }
}

/// RFC 9457's members, the documented ones, and the failure for a sibling that reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    instance: &'a str,
    error: &'static str,
    error_code: &'static str,
    service: &'a str,
    troubleshooting: Troubleshooting,
    providers: &'a [ProviderReport],
    failure: Failure,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_secs: Option<u64>,
}

#[derive(Serialize)]
struct Troubleshooting {
    suggestion: &'static str,
}

/// The one place where a failure becomes an HTTP answer.
#[must_use]
pub fn reply(problem: &Problem<'_>) -> Reply {
    let failure = problem.failure;
    let status = failure.status();
    let (title, detail) = words(failure.root());
    let service = match failure {
        Failure::Sibling { service, .. } => service.as_str(),
        _ => problem.worker,
    };
    let retry_after_secs = failure.retry_after_ms(problem.now_ms).map(|ms| ms.div_ceil(1_000));
    let mut reply = Reply::json(
        status,
        &ProblemBody {
            kind: format!("urn:book-cache:error:{}", failure.code().to_ascii_lowercase()),
            title,
            status,
            detail,
            instance: problem.instance,
            error: title,
            error_code: failure.code(),
            service,
            troubleshooting: Troubleshooting {
                suggestion: suggestion(failure.root(), problem.routes),
            },
            providers: problem.providers,
            failure: public(failure.root()),
            retry_after_secs,
        },
    );
    reply.headers.set("content-type", CONTENT_TYPE);
    reply.headers.set("cache-control", "no-store");
    if let Some(secs) = retry_after_secs {
        reply.headers.set("retry-after", secs.to_string());
    }
    match failure.root() {
        Failure::MethodNotAllowed { allow } => reply.headers.set("allow", allow.as_str()),
        Failure::Unauthorized => reply.headers.set("www-authenticate", "Bearer"),
        _ => {}
    }
    reply
}

/// The failure as it may be shown: internal text stays in the log.
fn public(failure: &Failure) -> Failure {
    match failure {
        Failure::Internal { .. } => Failure::Internal { detail: String::new() },
        other => other.clone(),
    }
}

/// What a failure is called, the same for every occurrence.
#[must_use]
pub fn title(failure: &Failure) -> &'static str {
    words(failure.root()).0
}

/// Title (the same for every occurrence) and detail.
fn words(failure: &Failure) -> (&'static str, String) {
    let plain = |text: &'static str| (text, text.to_owned());
    match failure {
        Failure::RateLimited { local: true, .. } => plain("Our own rate limit is reached"),
        Failure::RateLimited { local: false, .. } => plain("The provider's rate limit is reached"),
        Failure::QuotaSpent { .. } => plain("The provider's quota for the day is spent"),
        Failure::Timeout => plain("No answer in time"),
        Failure::Unreachable => plain("The other side cannot be reached"),
        Failure::Upstream { status, .. } => {
            ("The other side answered with an error", format!("It answered {status}"))
        }
        Failure::Rejected { status } => {
            ("The provider does not take this question", format!("It answered {status}"))
        }
        Failure::UnknownOrDown { .. } => {
            plain("The provider does not know it or is down: it answers the same in either case")
        }
        Failure::Malformed { detail } => ("The other side's answer cannot be read", detail.clone()),
        Failure::Moved { route } => {
            ("The provider has moved this route", format!("Its route {route} is gone"))
        }
        Failure::Refused { detail } => {
            ("The provider refuses us", format!("It refuses the {detail}"))
        }
        Failure::WrongBook => plain("Another book came back than the one asked for"),
        Failure::CircuitOpen { .. } => plain("Not asked: it failed too often just now"),
        Failure::NotConfigured => plain("The provider is not configured"),
        Failure::DeadlineExceeded => plain("The time of this request is over"),
        Failure::AllFailed { .. } => plain("No provider could answer"),
        Failure::Unavailable { detail, .. } => ("A part that is needed is out", detail.clone()),
        Failure::BadRequest { detail } => ("The request cannot be served", detail.clone()),
        Failure::Unauthorized => plain("A token is needed"),
        Failure::Forbidden { detail } => ("Not allowed", detail.clone()),
        Failure::NotFound { detail } => ("Not found", detail.clone()),
        Failure::MethodNotAllowed { allow } => {
            ("Method not allowed", format!("This path answers {allow}"))
        }
        Failure::TooLarge { limit } => ("Too large", format!("At most {limit}")),
        Failure::Internal { .. } | Failure::Sibling { .. } => plain("Something broke on our side"),
    }
}

/// What a person can do about it.
fn suggestion(failure: &Failure, routes: &'static str) -> &'static str {
    match failure {
        Failure::RateLimited { .. } => "Ask again after the time in Retry-After.",
        Failure::QuotaSpent { .. } => {
            "Wait for the provider's new day, or raise the plan. Cached answers still work."
        }
        Failure::Refused { .. } => {
            "Check the provider's key, plan and host in the secrets and vars; /health says which."
        }
        Failure::Moved { .. } => {
            "Look for an update of this software; /health names the routes that have moved."
        }
        Failure::NotConfigured => "Set the provider's key; /health says which one is missing.",
        Failure::CircuitOpen { .. } => "Wait: one probe goes out after the cool-down.",
        Failure::BadRequest { .. } | Failure::TooLarge { .. } => "Change the request as said.",
        Failure::Unauthorized => "Send the admin token as `Authorization: Bearer …`.",
        Failure::Forbidden { .. } => "Ask with a token or from a caller that may.",
        Failure::NotFound { .. } => routes,
        Failure::MethodNotAllowed { .. } => "Use a method that Allow names.",
        Failure::WrongBook => "Check the ISBN against title and author.",
        Failure::Internal { .. } | Failure::Sibling { .. } => {
            "Ask again; if it stays, look for this request id in the logs."
        }
        _ => "Ask again in a while; /health says what is down.",
    }
}

/// The members of a sibling's problem that are read back.
#[derive(Deserialize)]
struct ForeignProblem {
    service: String,
    failure: Failure,
}

/// Reads the error a sibling Worker answered. One that does not speak our form (a page of the
/// platform, garbage) is judged by its status alone.
#[must_use]
pub fn from_sibling(response: &InResponse) -> Failure {
    let typed = response
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with(CONTENT_TYPE))
        .then(|| serde_json::from_slice::<ForeignProblem>(&response.body).ok())
        .flatten();
    match typed {
        // A failure whose status is not the one it came with is not to be believed.
        Some(foreign) if foreign.failure.status() == response.status => Failure::Sibling {
            service: foreign.service.chars().take(64).collect(),
            failure: Box::new(foreign.failure),
        },
        _ => from_status(response),
    }
}

/// Whether an answer says that a whole route has moved or is gone, where its status is not also the
/// provider's word for a single missing thing.
#[must_use]
pub fn is_of_a_moved_route(status: u16) -> bool {
    matches!(status, 301 | 308 | 404 | 405 | 410)
}

/// Judges an error by its status and Retry-After alone.
#[must_use]
pub fn from_status(response: &InResponse) -> Failure {
    let retry_after_ms = retry_after::from_headers(&response.headers);
    match response.status {
        429 => {
            Failure::RateLimited { retry_after_ms: retry_after_ms.unwrap_or(1_000), local: false }
        }
        status => Failure::of_status(status, retry_after_ms),
    }
}
