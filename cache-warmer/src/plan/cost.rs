//! What a plan costs: calls, units of the day, time, days.

use serde::{Deserialize, Serialize};
use shared::wire::leaf::Quota;

use super::fold::PlannedBook;

const DAY_MS: u64 = 86_400_000;

/// Things to ask, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// Authors' pages.
    pub authors: u64,
    /// Numbers that an author's page may bring along.
    pub isbns_with_author: u64,
    /// Numbers that are asked for themselves: no author is known, or the number was repaired.
    pub isbns_alone: u64,
    /// Titles without a number that an author's page may bring along.
    pub titles_with_author: u64,
    /// Titles without a number and without an author.
    pub titles_alone: u64,
}

impl Workload {
    pub(super) fn add(&mut self, book: &PlannedBook, with_author: bool) {
        let count = match (book.isbn.is_some(), with_author && !book.confirm) {
            (true, true) => &mut self.isbns_with_author,
            (true, false) => &mut self.isbns_alone,
            (false, true) => &mut self.titles_with_author,
            (false, false) => &mut self.titles_alone,
        };
        *count += 1;
    }
}

/// What the providers allow, and how long an answer lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// None without a key.
    pub isbndb: Option<IsbndbTerms>,
    /// Open Library needs no key.
    pub open_library: OpenLibraryTerms,
    /// None without a key.
    pub google: Option<GoogleTerms>,
    /// How many of a hundred books an author's page is expected to hold.
    pub coverage_percent: u8,
    /// How long an entry is fresh.
    pub fresh_ms: u64,
    /// How long a stale one is served and counts as warm.
    pub stale_ms: u64,
    /// Unix time.
    pub now_ms: u64,
}

/// ISBNdb's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsbndbTerms {
    /// Units that warming may use of a day.
    pub daily_units: u64,
    /// Units that warming may still use today.
    pub left_today: u64,
    /// When the day ends, Unix time.
    pub resets_at_ms: u64,
    /// Least time between two calls.
    pub pace_ms: u64,
    /// Numbers in one bulk call.
    pub bulk_size: u64,
}

impl From<&Quota> for IsbndbTerms {
    fn from(quota: &Quota) -> Self {
        // What is kept for people today is kept on the other days too.
        let kept = quota.left.saturating_sub(quota.left_background);
        Self {
            daily_units: u64::from(quota.daily_limit.saturating_sub(kept)).max(1),
            left_today: u64::from(quota.left_background),
            resets_at_ms: quota.resets_at_ms,
            pace_ms: quota.pace_ms,
            bulk_size: u64::from(quota.bulk_size).max(1),
        }
    }
}

/// Open Library's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLibraryTerms {
    /// Least time between two calls.
    pub pace_ms: u64,
    /// Numbers in one call.
    pub bulk_size: u64,
}

/// What of Google Books' day warming may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleTerms {
    /// Calls a day.
    pub daily_calls: u64,
    /// Least time between two calls.
    pub pace_ms: u64,
}

/// A figure that depends on what the providers know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Where authors' pages hold every book.
    pub least: u64,
    /// Where they hold the share that is expected.
    pub expected: u64,
    /// Where they hold none.
    pub most: u64,
}

/// Upstream calls and units of one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Calls.
    pub calls: u64,
    /// Units of the day's quota.
    pub units: u64,
}

/// One provider's part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCost {
    /// `isbndb`, `openLibrary` or `googleBooks`.
    pub provider: String,
    /// Upstream calls.
    pub calls: Range,
    /// Units of the day's quota; a provider without one counts calls.
    pub units: Range,
    /// Units a day that warming may use; absent where nothing limits them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub daily_units: Option<u64>,
    /// Days of quota, the present one counted.
    pub days: Range,
    /// Time at the plan's pace, waiting for quota left out.
    pub time_ms: Range,
}

/// The least that any plan could do with, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimum {
    /// Calls and units of ISBNdb.
    pub isbndb: Cost,
    /// How it is computed.
    pub basis: String,
}

/// What it costs to keep the library warm once it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeepWarm {
    /// Units of ISBNdb's day, if every entry is refreshed when it stops being fresh.
    pub units_a_day: u64,
    /// Upstream calls a day, all providers.
    pub calls_a_day: u64,
    /// Days between two refreshes of an entry, within the quota.
    pub every_days: u64,
    /// True where that is before a stale entry is given up.
    pub holds: bool,
}

/// The answer to a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// What is to be asked.
    pub work: Workload,
    /// The providers.
    pub providers: Vec<ProviderCost>,
    /// The least possible.
    pub minimum: Minimum,
    /// When it is done if it starts now, Unix time, waiting for quota included.
    pub done_at_ms: Range,
    /// What comes after.
    pub keep_warm: KeepWarm,
}

/// The dry run: what is left to do of a library, and what the whole costs to keep.
#[must_use]
pub fn summary(to_do: &Workload, whole: &Workload, terms: &Terms) -> PlanSummary {
    let providers: Vec<ProviderCost> = providers(to_do, terms);
    let done_at = |pick: fn(&Range) -> u64| {
        providers.iter().map(|cost| done_at_ms(cost, pick, terms)).max().unwrap_or(terms.now_ms)
    };
    let isbndb = terms.isbndb.as_ref().map(|isbndb| isbndb_cost(to_do, 100, isbndb.bulk_size));
    PlanSummary {
        work: *to_do,
        minimum: Minimum {
            isbndb: isbndb.unwrap_or_default(),
            basis: "one author's page for each author, since the author's search is to be warm and \
                    a page may hold all books of the author; one unit for each number and each \
                    title that no page can bring (no author known, or a repaired number, which is \
                    confirmed by its own question); numbers in full bulk calls"
                .to_owned(),
        },
        done_at_ms: Range {
            least: done_at(|range| range.least),
            expected: done_at(|range| range.expected),
            most: done_at(|range| range.most),
        },
        keep_warm: keep_warm(whole, terms),
        providers,
    }
}

fn providers(work: &Workload, terms: &Terms) -> Vec<ProviderCost> {
    let mut costs = Vec::new();
    let coverage = terms.coverage_percent;
    if let Some(isbndb) = &terms.isbndb {
        let cost = |coverage| isbndb_cost(work, coverage, isbndb.bulk_size);
        let cost = [cost(100), cost(coverage), cost(0)];
        let (daily, today) = (isbndb.daily_units, isbndb.left_today);
        costs.push(provider("isbndb", cost, isbndb.pace_ms, Some((daily, today))));
    }
    let open_library = &terms.open_library;
    let cost = |coverage| open_library_cost(work, coverage, open_library.bulk_size);
    let cost = [cost(100), cost(coverage), cost(0)];
    costs.push(provider("openLibrary", cost, open_library.pace_ms, None));
    if let Some(google) = &terms.google {
        let quota = (google.daily_calls.max(1), google.daily_calls);
        let cost = [Cost::default(), google_cost(work, coverage), google_cost(work, 0)];
        costs.push(provider("googleBooks", cost, google.pace_ms, Some(quota)));
    }
    costs
}

/// What is left after the authors' pages: numbers and titles.
fn left_over(work: &Workload, coverage_percent: u8) -> (u64, u64) {
    let missing = |count: u64| (count * u64::from(100 - coverage_percent.min(100))).div_ceil(100);
    (
        work.isbns_alone + missing(work.isbns_with_author),
        work.titles_alone + missing(work.titles_with_author),
    )
}

fn isbndb_cost(work: &Workload, coverage_percent: u8, bulk_size: u64) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    // A bulk call counts a unit for each number in it.
    Cost {
        calls: work.authors + isbns.div_ceil(bulk_size.max(1)) + titles,
        units: work.authors + isbns + titles,
    }
}

fn open_library_cost(work: &Workload, coverage_percent: u8, bulk_size: u64) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    let calls = work.authors + isbns.div_ceil(bulk_size.max(1)) + titles;
    Cost { calls, units: calls }
}

/// Google is asked only for what the other two lack: it is expected to be asked for the single
/// titles, and at most for everything that is not on an author's page.
fn google_cost(work: &Workload, coverage_percent: u8) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    let calls = if coverage_percent == 0 { isbns + titles } else { titles };
    Cost { calls, units: calls }
}

fn provider(
    name: &str,
    cost: [Cost; 3],
    pace_ms: u64,
    quota: Option<(u64, u64)>,
) -> ProviderCost {
    let range = |value: &dyn Fn(Cost) -> u64| {
        let [least, expected, most] = cost.map(value);
        Range { least, expected, most }
    };
    ProviderCost {
        provider: name.to_owned(),
        calls: range(&|cost| cost.calls),
        units: range(&|cost| cost.units),
        daily_units: quota.map(|(daily, _)| daily),
        days: range(&|cost| days(cost.units, quota)),
        time_ms: range(&|cost| cost.calls.saturating_mul(pace_ms)),
    }
}

/// Days of quota that units take, the present one counted; 0 for none.
fn days(units: u64, quota: Option<(u64, u64)>) -> u64 {
    match quota {
        _ if units == 0 => 0,
        Some((daily, today)) => 1 + units.saturating_sub(today).div_ceil(daily.max(1)),
        None => 1,
    }
}

/// When a provider's part is done. The day of ISBNdb is known; another provider's is taken to
/// begin now.
fn done_at_ms(cost: &ProviderCost, pick: fn(&Range) -> u64, terms: &Terms) -> u64 {
    let (units, days, time_ms) = (pick(&cost.units), pick(&cost.days), pick(&cost.time_ms));
    if days <= 1 {
        return terms.now_ms + time_ms;
    }
    let daily = cost.daily_units.unwrap_or(units).max(1);
    let (today, resets_at_ms) = match &terms.isbndb {
        Some(isbndb) if cost.provider == "isbndb" => (isbndb.left_today, isbndb.resets_at_ms),
        _ => (daily, terms.now_ms + DAY_MS),
    };
    // The last day begins with a reset, and its units take their share of the time.
    let last_day = units.saturating_sub(today).saturating_sub((days - 2) * daily);
    let share_ms = u128::from(time_ms) * u128::from(last_day) / u128::from(units.max(1));
    resets_at_ms + (days - 2) * DAY_MS + u64::try_from(share_ms).unwrap_or(u64::MAX)
}

fn keep_warm(whole: &Workload, terms: &Terms) -> KeepWarm {
    let costs = providers(whole, terms);
    let fresh_days = (terms.fresh_ms / DAY_MS).max(1);
    let stale_days = (terms.stale_ms / DAY_MS).max(1);
    let units = |name: &str| {
        costs.iter().find(|cost| cost.provider == name).map_or(0, |cost| cost.units.expected)
    };
    let calls: u64 = costs.iter().map(|cost| cost.calls.expected).sum();
    let daily = terms.isbndb.as_ref().map_or(u64::MAX, |isbndb| isbndb.daily_units.max(1));
    let every_days = units("isbndb").div_ceil(daily).max(fresh_days);
    KeepWarm {
        units_a_day: units("isbndb").div_ceil(fresh_days),
        calls_a_day: calls.div_ceil(fresh_days),
        every_days,
        holds: every_days <= stale_days,
    }
}
