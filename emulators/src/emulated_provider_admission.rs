//! Which requests are admitted: keys, pace and quota of all three providers.

use std::collections::HashMap;

use crate::emulator_reply::EmulatorReply;
use crate::emulator_request::Provider;
use crate::limiter::{DayRule, EmulatedDailyQuota, LeakyBucket, RollingWindow};
use crate::request_log::EmulatedLimitRefusal;
use crate::settings::EmulatorSettings;

#[derive(Clone, Debug)]
pub(crate) struct EmulatedProviderApiKeys {
    pub(crate) google: Vec<String>,
    pub(crate) isbndb: Vec<String>,
}

impl EmulatedProviderApiKeys {
    /// A key's name in the log, `google-1` for the first; `None` for a key that is not accepted.
    pub(crate) fn key_label(&self, provider: Provider, key: &str) -> Option<String> {
        let keys = match provider {
            Provider::Google => &self.google,
            Provider::Isbndb => &self.isbndb,
            Provider::OpenLibrary => return None,
        };
        let place = keys.iter().position(|accepted| accepted == key)?;
        Some(format!("{}-{}", provider.name(), place + 1))
    }
}

#[derive(Debug, Default)]
pub(crate) struct EmulatedAdmissionDecision {
    pub(crate) key: String,
    pub(crate) units: u64,
    pub(crate) refusal: Option<EmulatedLimitRefusal>,
    pub(crate) refused: Option<EmulatorReply>,
    pub(crate) delay_ms: u64,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) over_policy: bool,
}

impl EmulatedAdmissionDecision {
    /// Refused for a reason that is not a limit.
    pub(crate) fn denied_access(key: &str, reply: EmulatorReply) -> Self {
        Self { key: key.to_owned(), refused: Some(reply), ..Self::default() }
    }

    pub(crate) fn over_limit(
        key: &str,
        refusal: EmulatedLimitRefusal,
        reply: EmulatorReply,
    ) -> Self {
        Self { refusal: Some(refusal), ..Self::denied_access(key, reply) }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct EmulatedAdmissionInput<'a> {
    pub(crate) settings: &'a EmulatorSettings,
    pub(crate) keys: &'a EmulatedProviderApiKeys,
    pub(crate) now_ms: u64,
    /// False if the fault that follows uses no quota at the providers.
    pub(crate) charge: bool,
}

impl EmulatedAdmissionInput<'_> {
    /// The day at Google or ISBNdb and the ms until it ends.
    pub(crate) fn quota_day(&self, provider: Provider) -> (u64, u64) {
        day_of(self.settings, provider, self.now_ms)
    }
}

pub(crate) fn day_of(settings: &EmulatorSettings, provider: Provider, now_ms: u64) -> (u64, u64) {
    let pacific = provider == Provider::Google;
    DayRule { pacific, day_secs: settings.quota_day_secs }.at(now_ms)
}

#[derive(Debug, Default)]
pub(crate) struct KeyUse {
    pub(crate) daily: EmulatedDailyQuota,
    pub(crate) minute: RollingWindow,
    pub(crate) second: RollingWindow,
}

#[derive(Debug, Default)]
pub(crate) struct EmulatedProviderLimiters {
    keys: HashMap<String, KeyUse>,
    pub(crate) open_library_bucket: LeakyBucket,
    pub(crate) open_library_policy: RollingWindow,
    pub(crate) open_library_unidentified: RollingWindow,
}

impl EmulatedProviderLimiters {
    pub(crate) fn key_use(&mut self, label: &str) -> &mut KeyUse {
        self.keys.entry(label.to_owned()).or_default()
    }
}
