//! Every request received, with its time: tests count requests and measure times with it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;
use serde_json::{Value, json};

use crate::emulator_request::Provider;
use crate::faults::EmulatedFault;

/// More entries than any test makes; the oldest are dropped first.
const LOG_LIMIT: usize = 300_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggedRequest {
    /// Set on arrival.
    pub(crate) seq: u64,
    pub(crate) provider: Provider,
    pub(crate) at_ms: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) status: Option<u16>,
    pub(crate) units: u64,
    pub(crate) key: String,
    pub(crate) user_agent: String,
    pub(crate) traceparent: bool,
    pub(crate) body: Option<Value>,
    pub(crate) fault: Option<EmulatedFault>,
}

/// Why a request was refused by the emulated provider's own limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmulatedLimitRefusal {
    Pace,
    Quota,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    requests: u64,
    units: u64,
    refused_pace: u64,
    refused_quota: u64,
    over_policy: u64,
    by_status: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<LoggedRequest>,
    /// Sequence number of the oldest entry; numbers start at 1 and are never reused.
    first_seq: u64,
    counts: HashMap<Provider, Counts>,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self { first_seq: 1, ..Self::default() }
    }

    fn counts_of(&mut self, provider: Provider) -> &mut Counts {
        self.counts.entry(provider).or_default()
    }

    /// Adds an entry on arrival; [`RequestLog::set_reply_status`] sets its status.
    pub(crate) fn arrive(&mut self, mut entry: LoggedRequest) -> u64 {
        self.counts_of(entry.provider).requests += 1;
        if self.entries.len() == LOG_LIMIT {
            self.entries.pop_front();
            self.first_seq += 1;
        }
        entry.seq = self.first_seq + self.entries.len() as u64;
        let seq = entry.seq;
        self.entries.push_back(entry);
        seq
    }

    fn logged_request(&mut self, seq: u64) -> Option<&mut LoggedRequest> {
        let index = usize::try_from(seq.checked_sub(self.first_seq)?).ok()?;
        self.entries.get_mut(index)
    }

    /// Sets the units of a request and the limit that refused it.
    pub(crate) fn record_cost(
        &mut self,
        seq: u64,
        units: u64,
        key: &str,
        refusal: Option<EmulatedLimitRefusal>,
    ) {
        let Some(entry) = self.logged_request(seq) else { return };
        entry.units = units;
        key.clone_into(&mut entry.key);
        let provider = entry.provider;
        let counts = self.counts_of(provider);
        counts.units += units;
        match refusal {
            Some(EmulatedLimitRefusal::Pace) => counts.refused_pace += 1,
            Some(EmulatedLimitRefusal::Quota) => counts.refused_quota += 1,
            None => {}
        }
    }

    /// Counts a request over the provider's published policy that was answered all the same.
    pub(crate) fn over_policy(&mut self, provider: Provider) {
        self.counts_of(provider).over_policy += 1;
    }

    pub(crate) fn record_fault(&mut self, seq: u64, fault: EmulatedFault) {
        if let Some(entry) = self.logged_request(seq) {
            entry.fault = Some(fault);
        }
    }

    /// Sets the status; 0 is a connection that was reset.
    pub(crate) fn set_reply_status(&mut self, seq: u64, status: u16) {
        let Some(entry) = self.logged_request(seq) else { return };
        entry.status = Some(status);
        let provider = entry.provider;
        let name = if status == 0 { "reset".to_owned() } else { status.to_string() };
        *self.counts_of(provider).by_status.entry(name).or_default() += 1;
    }

    /// Removes entries and counts; numbering continues.
    pub(crate) fn clear(&mut self) {
        self.first_seq += self.entries.len() as u64;
        self.entries.clear();
        self.counts.clear();
    }

    /// The entries after a sequence number, as the control API shows them.
    pub(crate) fn entries_after(&self, seq: u64) -> Value {
        let requests: Vec<&LoggedRequest> =
            self.entries.iter().filter(|entry| entry.seq > seq).collect();
        json!({ "seq": self.first_seq + self.entries.len() as u64 - 1, "requests": requests })
    }

    /// Per provider: numbers of requests and units, and how requests ended.
    pub(crate) fn counts_by_provider(&self) -> Value {
        let none = Counts::default();
        let counts = |provider: Provider| {
            (provider.name(), json!(self.counts.get(&provider).unwrap_or(&none)))
        };
        Provider::ALL.into_iter().map(counts).collect()
    }
}
