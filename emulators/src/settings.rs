//! Settings that can change while the program runs.

use serde::{Deserialize, Serialize};

use crate::emulator_request::Provider;

/// ISBNdb's plans: host, pace, quota and bulk size go together, unless a setting says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IsbndbPlan {
    Basic,
    Academic,
    Premium,
    Pro,
    Enterprise,
}

impl IsbndbPlan {
    /// The host of the plan of that name; two plans share one.
    pub(crate) fn host_of(name: &str) -> Option<&'static str> {
        <Self as clap::ValueEnum>::from_str(name, false).ok().map(Self::hostname)
    }

    /// The real host, as in `GET /key`.
    pub(crate) const fn hostname(self) -> &'static str {
        match self {
            Self::Basic | Self::Academic => "api2.isbndb.com",
            Self::Premium => "api.premium.isbndb.com",
            Self::Pro => "api.pro.isbndb.com",
            Self::Enterprise => "api.enterprise.isbndb.com",
        }
    }

    pub(crate) const fn per_second(self) -> u64 {
        match self {
            Self::Basic | Self::Academic => 1,
            Self::Premium => 3,
            Self::Pro => 5,
            Self::Enterprise => 10,
        }
    }

    /// Requests a day, as ISBNdb publishes them.
    pub(crate) const fn requests_per_day(self) -> u64 {
        match self {
            Self::Basic => 1_000,
            Self::Academic => 2_000,
            Self::Premium => 5_000,
            Self::Pro => 15_000,
            Self::Enterprise => 50_000,
        }
    }

    pub(crate) const fn max_bulk_isbns(self) -> usize {
        match self {
            Self::Academic => 10,
            Self::Basic => 100,
            Self::Premium | Self::Pro | Self::Enterprise => 1_000,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PerProvider<T> {
    pub(crate) google: T,
    #[serde(rename = "openlibrary")]
    pub(crate) open_library: T,
    pub(crate) isbndb: T,
}

impl<T: Copy> PerProvider<T> {
    /// The same value for all providers.
    pub(crate) const fn same_for_all(value: T) -> Self {
        Self { google: value, open_library: value, isbndb: value }
    }

    pub(crate) const fn of(&self, provider: Provider) -> T {
        match provider {
            Provider::Google => self.google,
            Provider::OpenLibrary => self.open_library,
            Provider::Isbndb => self.isbndb,
        }
    }
}

/// A change for all providers at once, or for some.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Change<T> {
    All(T),
    /// For the named providers.
    Some {
        google: Option<T>,
        openlibrary: Option<T>,
        isbndb: Option<T>,
    },
}

impl<T: Copy> Change<T> {
    fn apply_change(self, to: &mut PerProvider<T>) {
        match self {
            Self::All(value) => *to = PerProvider::same_for_all(value),
            Self::Some { google, openlibrary, isbndb } => {
                to.google = google.unwrap_or(to.google);
                to.open_library = openlibrary.unwrap_or(to.open_library);
                to.isbndb = isbndb.unwrap_or(to.isbndb);
            }
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmulatorSettings {
    pub(crate) plan: IsbndbPlan,
    /// 1 is the API as it was until 2025, 2 is v2.7/2.8.
    pub(crate) generation: u8,
    pub(crate) google_daily: u64,
    pub(crate) google_per_minute: u64,
    /// `None`: the plan's own.
    pub(crate) isbndb_daily: Option<u64>,
    /// Calls a second; `None`: the plan's own.
    pub(crate) isbndb_per_second: Option<u64>,
    /// ISBNs in one `POST /books`; `None`: the plan's own, 0: no bulk call.
    pub(crate) isbndb_bulk: Option<usize>,
    pub(crate) quota_day_secs: Option<u64>,
    pub(crate) pace: PerProvider<bool>,
    pub(crate) latency_ms: PerProvider<u64>,
    /// Google answers 403 unknownLocation if `country` is missing.
    pub(crate) require_country: bool,
    /// Google refuses with the 403 bodies of before 2023.
    pub(crate) legacy_google_errors: bool,
    /// Open Library refuses requests over 3 a second at once, without a burst.
    pub(crate) open_library_strict: bool,
}

impl EmulatorSettings {
    pub(crate) fn isbndb_per_day(&self) -> u64 {
        self.isbndb_daily.unwrap_or_else(|| self.plan.requests_per_day())
    }

    pub(crate) fn isbndb_rate(&self) -> u64 {
        self.isbndb_per_second.unwrap_or_else(|| self.plan.per_second())
    }

    pub(crate) fn isbndb_bulk_size(&self) -> usize {
        self.isbndb_bulk.unwrap_or_else(|| self.plan.max_bulk_isbns())
    }
}

/// A change of settings, in the form of the control API; a missing field changes nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Patch {
    plan: Option<IsbndbPlan>,
    generation: Option<u8>,
    google_daily: Option<u64>,
    google_per_minute: Option<u64>,
    isbndb_daily: Option<u64>,
    isbndb_per_second: Option<u64>,
    isbndb_bulk: Option<usize>,
    /// 0: a real day.
    quota_day_secs: Option<u64>,
    pace: Option<Change<bool>>,
    latency_ms: Option<Change<u64>>,
    require_country: Option<bool>,
    legacy_google_errors: Option<bool>,
    open_library_strict: Option<bool>,
    pub(crate) quota: Vec<QuotaPatch>,
    pub(crate) advance_clock_ms: u64,
    /// Restores the start: settings, quotas and faults.
    pub(crate) restore_all: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuotaPatch {
    pub(crate) provider: String,
    pub(crate) key: String,
    pub(crate) spent: Option<u64>,
    pub(crate) left: Option<u64>,
}

impl Patch {
    /// Applies the fields that are set.
    pub(crate) fn apply_patch(&self, to: &mut EmulatorSettings) {
        fn set<T: Copy>(field: &mut T, value: Option<T>) {
            *field = value.unwrap_or(*field);
        }
        set(&mut to.plan, self.plan);
        to.generation = self.generation.unwrap_or(to.generation).clamp(1, 2);
        set(&mut to.google_daily, self.google_daily);
        set(&mut to.google_per_minute, self.google_per_minute);
        to.isbndb_daily = self.isbndb_daily.or(to.isbndb_daily);
        to.isbndb_per_second = self.isbndb_per_second.or(to.isbndb_per_second);
        to.isbndb_bulk = self.isbndb_bulk.or(to.isbndb_bulk);
        if let Some(secs) = self.quota_day_secs {
            to.quota_day_secs = Some(secs).filter(|secs| *secs > 0);
        }
        if let Some(change) = self.pace {
            change.apply_change(&mut to.pace);
        }
        if let Some(change) = self.latency_ms {
            change.apply_change(&mut to.latency_ms);
        }
        set(&mut to.require_country, self.require_country);
        set(&mut to.legacy_google_errors, self.legacy_google_errors);
        set(&mut to.open_library_strict, self.open_library_strict);
    }
}
