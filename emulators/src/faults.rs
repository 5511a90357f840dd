//! Faults that a test switches on: which requests get a fault, and what it does to the answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::emulator_request::Provider;
use crate::hash::hash;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmulatedFault {
    /// No fault; a rule with it only adds latency.
    None,
    /// The status of the rule, with the provider's own body for it.
    Status,
    /// The right answer, 30 s late.
    Timeout,
    Hang,
    Reset,
    /// The body is shorter than its Content-Length.
    CutBody,
    /// A chunked body without its last chunk: no length shows that half is missing.
    CutChunked,
    /// Half of the body arrives, then nothing more, and the connection stays open.
    Stall,
    /// A redirect to another host, to which no key may be sent.
    Redirect,
    BadJson,
    Html,
    WrongBook,
    Empty,
    /// A right answer of more than 8 MB.
    Huge,
    /// The route is gone: 404 unless the rule has another status.
    Moved,
    /// In every second record one value has a wrong type.
    OddField,
    /// Every second record is null.
    OddRecord,
}

impl EmulatedFault {
    /// True for faults of the connection, which apply before a limit refuses.
    pub(crate) const fn is_of_connection(self) -> bool {
        matches!(self, Self::Timeout | Self::Hang | Self::Reset)
    }
}

/// The name in the control API.
impl fmt::Display for EmulatedFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FaultRule {
    pub(crate) provider: String,
    pub(crate) fault: EmulatedFault,
    pub(crate) status: Option<u16>,
    /// For status 429: `minute` (the default) or `day`.
    pub(crate) scope: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Option<String>,
    /// Only requests whose `METHOD path?query` contains this.
    pub(crate) path: Option<String>,
    /// The rule ends after this many requests.
    pub(crate) times: Option<u64>,
    /// The fault is for every n-th matching request only.
    pub(crate) every: Option<u64>,
    /// The fault is for this share of the matching requests, chosen alike in every run.
    pub(crate) percent: Option<u64>,
    #[serde(default)]
    pub(crate) latency_ms: u64,
    #[serde(skip)]
    seen: u64,
}

impl FaultRule {
    fn is_for(&self, provider: Provider, path: &str) -> bool {
        (self.provider == "all" || self.provider == provider.name())
            && self.path.as_ref().is_none_or(|part| path.contains(part))
    }
}

#[derive(Debug, Default)]
pub(crate) struct FaultRules(Vec<FaultRule>);

impl FaultRules {
    /// Adds a rule in place of an older one for the same provider and path; a rule without effect
    /// only removes the older one, and for `all` removes every rule.
    pub(crate) fn set_rule(&mut self, rule: FaultRule) {
        let clears_all = rule.provider == "all" && rule.path.is_none();
        self.0.retain(|old| {
            let replaced = clears_all
                || (old.provider == rule.provider
                    && (old.path == rule.path
                        || (rule.path.is_none() && rule.fault == EmulatedFault::None)));
            !replaced
        });
        if rule.fault != EmulatedFault::None || rule.latency_ms > 0 {
            self.0.push(rule);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn fault_rules(&self) -> &[FaultRule] {
        &self.0
    }

    /// The rule for a request, without using it up; a rule with a path comes first.
    pub(crate) fn matching_rule(&self, provider: Provider, path: &str) -> Option<FaultRule> {
        let mut matching: Vec<&FaultRule> =
            self.0.iter().filter(|rule| rule.is_for(provider, path)).collect();
        matching.sort_by_key(|rule| (rule.path.is_none(), rule.provider == "all"));
        let rule = matching.first()?;
        let nth = rule.every.unwrap_or(1).max(1);
        let mut matched_rule = (*rule).clone();
        let in_share = rule
            .percent
            .is_none_or(|percent| hash(&["fault", &rule.seen.to_string()]) % 100 < percent);
        if !(rule.seen + 1).is_multiple_of(nth) || !in_share {
            matched_rule.fault = EmulatedFault::None;
            matched_rule.latency_ms = 0;
        }
        Some(matched_rule)
    }

    pub(crate) fn consume(&mut self, matched_rule: &FaultRule) {
        let found = self
            .0
            .iter_mut()
            .find(|rule| rule.provider == matched_rule.provider && rule.path == matched_rule.path);
        if let Some(rule) = found {
            rule.seen += 1;
            if matched_rule.fault != EmulatedFault::None || matched_rule.latency_ms > 0 {
                rule.times = rule.times.map(|times| times.saturating_sub(1));
            }
        }
        self.0.retain(|rule| rule.times != Some(0));
    }
}

pub(crate) fn first_half(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let middle = text.floor_char_boundary(text.len() / 2);
    text.get(..middle).unwrap_or_default().as_bytes().to_vec()
}

/// The same JSON object, padded to more bytes than a caller should read.
pub(crate) fn inflate(body: &[u8]) -> Vec<u8> {
    const PADDING_BYTES: usize = 9 * 1024 * 1024;
    let padding = "x".repeat(PADDING_BYTES);
    let text = String::from_utf8_lossy(body);
    match text.trim_end().strip_suffix('}') {
        Some(open) => {
            let comma = if open.trim_end().ends_with('{') { "" } else { "," };
            format!("{open}{comma}\"padding\":\"{padding}\"}}").into_bytes()
        }
        None => [body, padding.as_bytes()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_rule_from_json(text: &str) -> FaultRule {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_rule_ends_after_its_times() {
        let mut faults = FaultRules::default();
        faults.set_rule(fault_rule_from_json(
            r#"{"provider":"google","fault":"status","status":503,"times":2}"#,
        ));
        faults.set_rule(fault_rule_from_json(
            r#"{"provider":"google","fault":"html","path":"isbn:"}"#,
        ));
        let narrow = faults.matching_rule(Provider::Google, "volumes?q=isbn:1").unwrap();
        assert_eq!(narrow.fault, EmulatedFault::Html);
        assert!(faults.matching_rule(Provider::Isbndb, "book/1").is_none());
        for _ in 0..2 {
            let matched_rule = faults.matching_rule(Provider::Google, "volumes?q=a").unwrap();
            faults.consume(&matched_rule);
        }
        assert!(faults.matching_rule(Provider::Google, "volumes?q=a").is_none());
        faults.set_rule(fault_rule_from_json(r#"{"provider":"google","fault":"none"}"#));
        assert!(faults.fault_rules().is_empty());
    }

    #[test]
    fn a_rule_replaces_the_one_for_the_same_requests_only() {
        let mut faults = FaultRules::default();
        let set = |faults: &mut FaultRules, text: &str| {
            faults.set_rule(fault_rule_from_json(text));
            let path = |rule: &FaultRule| rule.path.clone().unwrap_or_default();
            let reported = |r: &FaultRule| format!("{} {} {}", r.provider, path(r), r.fault);
            faults.fault_rules().iter().map(reported).collect::<Vec<_>>()
        };
        set(&mut faults, r#"{"provider":"google","fault":"html"}"#);
        set(&mut faults, r#"{"provider":"google","fault":"hang","path":"isbn:"}"#);
        set(&mut faults, r#"{"provider":"isbndb","fault":"reset"}"#);
        assert_eq!(
            set(&mut faults, r#"{"provider":"google","fault":"empty","path":"isbn:"}"#),
            ["google  html", "isbndb  reset", "google isbn: empty"]
        );
        assert_eq!(
            set(&mut faults, r#"{"provider":"google","fault":"none","path":"isbn:"}"#),
            ["google  html", "isbndb  reset"]
        );
        set(&mut faults, r#"{"provider":"google","fault":"hang","path":"isbn:"}"#);
        assert_eq!(set(&mut faults, r#"{"provider":"google","fault":"none"}"#), ["isbndb  reset"]);
        assert_eq!(
            set(&mut faults, r#"{"provider":"all","fault":"none","latencyMs":5}"#),
            ["all  none"]
        );
    }

    #[test]
    fn every_nth_request_gets_the_fault() {
        let mut faults = FaultRules::default();
        faults.set_rule(fault_rule_from_json(r#"{"provider":"all","fault":"reset","every":3}"#));
        let matched_rule: Vec<bool> = (0..6)
            .map(|_| {
                let matched_rule = faults.matching_rule(Provider::Isbndb, "x").unwrap();
                faults.consume(&matched_rule);
                matched_rule.fault == EmulatedFault::Reset
            })
            .collect();
        assert_eq!(matched_rule, [false, false, true, false, false, true]);
    }

    #[test]
    fn a_percentage_of_the_requests_gets_the_fault() {
        let mut faults = FaultRules::default();
        faults.set_rule(fault_rule_from_json(
            r#"{"provider":"google","fault":"status","status":503,"percent":80}"#,
        ));
        let matched_rule: Vec<bool> = (0..1_000)
            .map(|_| {
                let matched_rule = faults.matching_rule(Provider::Google, "volumes").unwrap();
                faults.consume(&matched_rule);
                matched_rule.fault == EmulatedFault::Status
            })
            .collect();
        let failed = matched_rule.iter().filter(|failed| **failed).count();
        assert!((760..840).contains(&failed), "{failed} of 1,000");
        let first_period = matched_rule.iter().take(20).collect::<Vec<_>>();
        assert_ne!(first_period, matched_rule.iter().skip(20).take(20).collect::<Vec<_>>());
    }

    #[test]
    fn half_and_inflated_bodies() {
        assert!(
            serde_json::from_slice::<serde_json::Value>(&first_half("{\"a\":\"é\"}".as_bytes()))
                .is_err()
        );
        let long = inflate(b"{\n}");
        assert!(long.len() > 8_000_000);
        assert!(serde_json::from_slice::<serde_json::Value>(&long).is_ok());
    }
}
