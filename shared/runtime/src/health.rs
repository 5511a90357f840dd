//! `/health`: the status of each part, and of the whole.
//!
//! Pure: the checks themselves are in `workerd::health`.

mod health_cache;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::resilient_client::BreakerState;
use crate::time::iso_utc;
use ports::http_types::{Reply, Request};

pub use health_cache::HealthCache;

/// Requests a health report without the checks of sibling Workers. A check of a sibling uses it, so
/// that checks do not form a circle.
pub const SHALLOW_PARAM: &str = "shallow";
pub const SHALLOW_PATH: &str = "/health?shallow=1";
pub const CHECK_TIMEOUT_MS: u64 = 900;

/// Most characters taken from a sibling's report.
const MAX_CAUSE_CHARS: usize = 600;

/// True if only this Worker's own parts are to be checked.
pub fn is_shallow(request: &Request) -> bool {
    request.param(SHALLOW_PARAM).is_some()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    #[default]
    Healthy,
    Degraded,
    Error,
}

/// How much a failing part affects the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckImportance {
    /// The Worker cannot serve without the part: `error`, 503.
    Required,
    /// The Worker serves less well: `degraded`, 200.
    DegradedWithout,
    /// Reported without effect.
    Optional,
}

/// The result of a check of a binding or a store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckResult {
    pub status: HealthStatus,
    /// How long the check took, in milliseconds.
    pub response_time: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The last real write of this isolate, for a store.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_write: Option<LastWrite>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<SiblingReport>,
}

/// The parts of a sibling's report that its caller's report carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiblingReport {
    #[serde(skip_serializing)]
    config: Option<String>,
    secrets: BTreeMap<String, bool>,
    #[serde(skip_serializing)]
    storage: BTreeMap<String, HealthCheckResult>,
    providers: BTreeMap<String, ProviderHealth>,
}

impl SiblingReport {
    /// The faults in this report; what a person has to change is first.
    fn problem_summary(&self) -> String {
        let providers = self.providers.iter().flat_map(|(name, provider)| {
            let moved = provider.moved_routes.iter();
            let moved = moved.map(move |route| format!("{name} has moved its route {route}"));
            let breaker = (provider.breaker != BreakerState::Closed.as_str())
                .then(|| format!("the breaker of {name} is {}", provider.breaker));
            provider.error.clone().into_iter().chain(moved).chain(breaker)
        });
        let mut faults: Vec<String> = self.config.iter().cloned().chain(providers).collect();
        for (name, _) in self.secrets.iter().filter(|(_, is_readable)| !**is_readable) {
            if !faults.iter().any(|fault| fault.contains(name)) {
                faults.push(format!("{name} is missing or unreadable"));
            }
        }
        let fault_of = |(name, part): (&String, &HealthCheckResult)| {
            Some(format!("{name}: {}", part.error.as_ref()?))
        };
        faults.extend(self.storage.iter().filter_map(fault_of));
        match faults.is_empty() {
            true => "its report names no fault".to_owned(),
            false => faults.join("; ").chars().take(MAX_CAUSE_CHARS).collect(),
        }
    }
}

impl HealthCheckResult {
    pub fn failed_check(error: impl Into<String>) -> Self {
        Self { status: HealthStatus::Error, error: Some(error.into()), ..Self::default() }
    }
}

/// The last write that a request caused; health itself never writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastWrite {
    pub at_ms: u64,
    pub ok: bool,
}

/// The state of a provider, known without a call to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderHealth {
    /// The state of its breaker: `closed`, `half-open`, `open`.
    pub breaker: String,
    /// The units left of its quota, as its rate limiter counts them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quota: Option<serde_json::Value>,
    /// Routes that the provider has moved or removed; its other routes still work.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub moved_routes: Vec<String>,
    /// What a person has to fix: a refused or missing key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

impl ProviderHealth {
    pub fn new(breaker: BreakerState) -> Self {
        Self { breaker: breaker.as_str().to_owned(), ..Self::default() }
    }
}

/// The effect of a part's status on the whole.
fn weigh(part: HealthStatus, importance: CheckImportance) -> HealthStatus {
    match importance {
        CheckImportance::Required => part,
        CheckImportance::DegradedWithout => part.min(HealthStatus::Degraded),
        CheckImportance::Optional => HealthStatus::Healthy,
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthReport {
    pub worker: String,
    pub status: HealthStatus,
    /// The status without the bindings to siblings.
    #[serde(skip)]
    own_status: HealthStatus,
    /// When it was checked, ISO 8601 in UTC.
    pub timestamp: String,
    pub version: String,
    /// Hash and commit of the uploaded files, from the version's tag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    pub service_bindings: BTreeMap<String, HealthCheckResult>,
    /// True only for a secret that could be read.
    pub secrets: BTreeMap<String, bool>,
    pub storage: BTreeMap<String, HealthCheckResult>,
    pub providers: BTreeMap<String, ProviderHealth>,
    /// The variable that is invalid, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config: Option<String>,
}

impl HealthReport {
    /// A report without parts: healthy. `version` is an id, or `{id}+{hash}-{commit}`.
    pub fn new(worker: &str, version: &str, now_ms: u64) -> Self {
        let (version, tag) = version.split_once('+').unwrap_or((version, ""));
        let (hash, commit) = tag.split_once('-').unzip();
        Self {
            worker: worker.to_owned(),
            timestamp: iso_utc(now_ms),
            version: version.to_owned(),
            hash: hash.map(str::to_owned),
            commit: commit.map(str::to_owned),
            ..Self::default()
        }
    }

    pub fn add_binding(
        &mut self,
        name: &str,
        checked: HealthCheckResult,
        importance: CheckImportance,
    ) {
        self.status = self.status.max(weigh(checked.status, importance));
        self.service_bindings.insert(name.to_owned(), checked);
    }

    /// The report on this Worker alone, as a shallow check gives it.
    pub fn without_bindings(&self) -> Self {
        Self { status: self.own_status, service_bindings: BTreeMap::new(), ..self.clone() }
    }

    pub fn add_store(
        &mut self,
        name: &str,
        checked: HealthCheckResult,
        importance: CheckImportance,
    ) {
        self.apply(checked.status, importance);
        self.storage.insert(name.to_owned(), checked);
    }

    pub fn add_secret(&mut self, name: &str, readable: bool, importance: CheckImportance) {
        self.apply(if readable { HealthStatus::Healthy } else { HealthStatus::Error }, importance);
        self.secrets.insert(name.to_owned(), readable);
    }

    /// Adds a provider. An open or half-open breaker, or an error to fix, weighs as its importance;
    /// a moved route degrades.
    pub fn add_provider(
        &mut self,
        name: &str,
        provider: ProviderHealth,
        importance: CheckImportance,
    ) {
        let broken = provider.breaker != BreakerState::Closed.as_str() || provider.error.is_some();
        let status = match (broken, provider.moved_routes.is_empty()) {
            (true, _) => HealthStatus::Error,
            (false, false) => HealthStatus::Degraded,
            (false, true) => HealthStatus::Healthy,
        };
        self.apply(status, importance);
        self.providers.insert(name.to_owned(), provider);
    }

    /// Adds an invalid variable: the Worker uses no default instead, so it cannot serve.
    pub fn add_config_error(&mut self, error: &ConfigError) {
        (self.status, self.own_status) = (HealthStatus::Error, HealthStatus::Error);
        self.config = Some(error.to_string());
    }

    fn apply(&mut self, part: HealthStatus, importance: CheckImportance) {
        let whole = weigh(part, importance);
        (self.status, self.own_status) = (self.status.max(whole), self.own_status.max(whole));
    }

    /// The HTTP answer: 200 while the Worker can serve, else 503.
    pub fn http_reply(&self) -> Reply {
        let status = if self.status == HealthStatus::Error { 503 } else { 200 };
        Reply::with_json_body(status, self).with_header("cache-control", "no-store")
    }
}

/// Reads a sibling's health answer; a body that is no report is an error by itself.
pub fn read_sibling(status: u16, body: &[u8]) -> HealthCheckResult {
    #[derive(Deserialize)]
    struct StatusField {
        status: HealthStatus,
    }
    match (status, serde_json::from_slice::<StatusField>(body)) {
        (200 | 503, Ok(StatusField { status })) => {
            let report: SiblingReport = serde_json::from_slice(body).unwrap_or_default();
            let error = (status != HealthStatus::Healthy).then(|| report.problem_summary());
            HealthCheckResult {
                status,
                error,
                report: Some(report),
                ..HealthCheckResult::default()
            }
        }
        (200 | 503, Err(_)) => HealthCheckResult::failed_check("its answer is no health report"),
        (status, _) => HealthCheckResult::failed_check(format!("it answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with_status(status: HealthStatus) -> HealthCheckResult {
        HealthCheckResult { status, ..HealthCheckResult::default() }
    }

    #[test]
    fn the_worst_part_decides_the_whole() {
        use HealthStatus::{Degraded, Error, Healthy};
        for (status, importance, whole, code) in [
            (Healthy, CheckImportance::Required, Healthy, 200),
            (Degraded, CheckImportance::Required, Degraded, 200),
            (Error, CheckImportance::Required, Error, 503),
            (Degraded, CheckImportance::DegradedWithout, Degraded, 200),
            (Error, CheckImportance::DegradedWithout, Degraded, 200),
            (Error, CheckImportance::Optional, Healthy, 200),
        ] {
            let mut report = HealthReport::new("w", "v", 0);
            report.add_store("OK", check_with_status(Healthy), CheckImportance::Required);
            report.add_binding("B", check_with_status(status), importance);
            report.add_store("LATER", check_with_status(Healthy), CheckImportance::Required);
            assert_eq!(
                (report.status, report.http_reply().status),
                (whole, code),
                "{status:?} {importance:?}"
            );
        }
    }

    #[test]
    fn secrets_and_providers_count_too() {
        let mut report = HealthReport::new("w", "v", 0);
        report.add_secret("OPTIONAL_KEY", false, CheckImportance::Optional);
        assert_eq!(report.status, HealthStatus::Healthy);
        for state in [BreakerState::Open, BreakerState::HalfOpen] {
            let mut report = HealthReport::new("w", "v", 0);
            report.add_provider(
                "isbndb",
                ProviderHealth::new(state),
                CheckImportance::DegradedWithout,
            );
            assert_eq!(report.status, HealthStatus::Degraded, "{state:?}");
        }
        report.add_secret("KEY", false, CheckImportance::Required);
        assert_eq!(report.status, HealthStatus::Error);
        let mut report = HealthReport::new("w", "v", 0);
        report.add_config_error(&ConfigError::new(
            ports::binding_manifest::Var("PARTIAL_TTL"),
            "no number",
        ));
        assert_eq!(
            (report.status, report.config.as_deref()),
            (HealthStatus::Error, Some("PARTIAL_TTL: no number"))
        );
    }

    #[test]
    fn the_documented_members_are_there() {
        let mut report =
            HealthReport::new("books-api-proxy", "v1+0123456789ab-c0ffee1", 1_795_250_880_123);
        report.add_binding(
            "ISBNDB_WORKER",
            HealthCheckResult {
                status: HealthStatus::Error,
                response_time: 900,
                error: Some("timeout".to_owned()),
                ..HealthCheckResult::default()
            },
            CheckImportance::DegradedWithout,
        );
        report.add_secret("ADMIN_TOKEN", true, CheckImportance::DegradedWithout);
        report.add_provider(
            "open-library",
            ProviderHealth::new(BreakerState::Closed),
            CheckImportance::DegradedWithout,
        );
        let text = String::from_utf8(report.http_reply().body).unwrap();
        assert_eq!(
            text,
            r#"{"worker":"books-api-proxy","status":"degraded","timestamp":"2026-11-21T08:48:00.123Z","version":"v1","hash":"0123456789ab","commit":"c0ffee1","serviceBindings":{"ISBNDB_WORKER":{"status":"error","responseTime":900,"error":"timeout"}},"secrets":{"ADMIN_TOKEN":true},"storage":{},"providers":{"open-library":{"breaker":"closed"}}}"#
        );
    }

    #[test]
    fn a_sibling_s_answer_is_checked() {
        for (status, body, expected) in [
            (200, r#"{"status":"healthy","worker":"x"}"#, HealthStatus::Healthy),
            (200, r#"{"status":"degraded"}"#, HealthStatus::Degraded),
            (503, r#"{"status":"error"}"#, HealthStatus::Error),
            (200, "garbage", HealthStatus::Error),
            (200, r#"{"status":"fine"}"#, HealthStatus::Error),
            (500, r#"{"status":"healthy"}"#, HealthStatus::Error),
            (404, "", HealthStatus::Error),
        ] {
            let checked = read_sibling(status, body.as_bytes());
            assert_eq!(checked.status, expected, "{status} {body}");
            assert_eq!(checked.error.is_none(), expected == HealthStatus::Healthy);
        }
    }

    #[test]
    fn the_cause_in_a_sibling_report_is_passed_on() {
        let mut report = HealthReport::new("isbndb-worker", "v", 0);
        let error = Some("ISBNDB_PLAN is enterprise: set ISBNDB_PLAN=basic".to_owned());
        let provider = ProviderHealth { error, ..ProviderHealth::new(BreakerState::Closed) };
        report.add_provider("isbndb", provider, CheckImportance::DegradedWithout);
        let checked = read_sibling(200, &report.http_reply().body);
        let said = "ISBNDB_PLAN is enterprise: set ISBNDB_PLAN=basic";
        assert_eq!(
            (checked.status, checked.error.as_deref()),
            (HealthStatus::Degraded, Some(said))
        );
        report.add_config_error(&ConfigError::new(
            ports::binding_manifest::Var("PACE_SHARE"),
            "is no number",
        ));
        let error = read_sibling(503, &report.http_reply().body).error.unwrap();
        assert!(error.contains("PACE_SHARE: is no number; ISBNDB_PLAN"), "{error}");
    }

    #[test]
    fn a_sibling_s_secrets_and_providers_are_carried() {
        let mut report = HealthReport::new("isbndb-worker", "v", 0);
        report.add_secret("ISBNDB_API_KEY", false, CheckImportance::DegradedWithout);
        let quota = Some(serde_json::json!({ "left": 7 }));
        let provider = ProviderHealth { quota, ..ProviderHealth::new(BreakerState::Open) };
        report.add_provider("isbndb", provider, CheckImportance::DegradedWithout);
        let object = HealthCheckResult {
            error: Some("timeout".to_owned()),
            ..check_with_status(HealthStatus::Error)
        };
        report.add_store("ISBNDB_OBJECT", object, CheckImportance::DegradedWithout);
        let checked = read_sibling(200, &report.http_reply().body);
        assert_eq!(
            checked.error.as_deref(),
            Some(
                "the breaker of isbndb is open; ISBNDB_API_KEY is missing or unreadable; \
                 ISBNDB_OBJECT: timeout"
            )
        );
        let carried = serde_json::to_value(&checked).unwrap()["report"].clone();
        let expected = serde_json::json!({
            "secrets": { "ISBNDB_API_KEY": false },
            "providers": { "isbndb": { "breaker": "open", "quota": { "left": 7 } } },
        });
        assert_eq!(carried, expected);
        let silent = read_sibling(200, br#"{"status":"degraded","secrets":7}"#);
        assert_eq!(silent.error.as_deref(), Some("its report names no fault"));
    }
}
