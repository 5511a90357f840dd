//! Warming of logged searches: the daily run, and the results of the last runs.

use bibliography::hash::fnv1a;
use runtime::lenient;
use runtime::wire_types::search_log::LoggedQuery;
use serde::{Deserialize, Serialize};

use super::learned_batch_sizes::LearnedBatchSizes;

const MAX_HISTORY: usize = 30;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SearchLogWarmingRun {
    pub(crate) at_ms: u64,
    pub(crate) listed: u32,
    pub(crate) fresh: u32,
    /// Sent to the proxy, each at most once and for at most one unit.
    pub(crate) asked: u32,
    /// Of those, found in the cache.
    pub(crate) warmed: u32,
    /// Known to no provider; queried again only after a client has searched for it again.
    pub(crate) absent: u32,
    /// Without a complete answer.
    pub(crate) failed: u32,
    pub(crate) left: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SearchLogAvailability {
    #[default]
    Unknown,
    Off,
    On,
    Unreadable(String),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchLogWarmingState {
    #[serde(deserialize_with = "lenient::default_if_unreadable")]
    pub(crate) list: SearchLogAvailability,
    pub(crate) failures: u32,
    pub(crate) search_run: Option<SearchLogWarmingRun>,
    /// Queries that are not looked up in the cache yet.
    #[serde(deserialize_with = "lenient::readable_rows")]
    pub(crate) to_look_up: Vec<LoggedQuery>,
    #[serde(deserialize_with = "lenient::readable_rows")]
    pub(crate) to_warm: Vec<LoggedQuery>,
    /// Hashes of the keys of queries that no provider knew when they were last searched.
    pub(crate) absent: Vec<u64>,
    pub(crate) history: Vec<SearchLogWarmingRun>,
    pub(crate) batch_sizes: LearnedBatchSizes,
}

impl SearchLogWarmingState {
    /// Begins a run. Leaves out queries that no provider knew and no client repeated since.
    pub(crate) fn begin_run(&mut self, queries: Vec<LoggedQuery>, now_ms: u64) {
        let last_ms = self.history.last().map_or(0, |search_run| search_run.at_ms);
        let listed = u32::try_from(queries.len()).unwrap_or(u32::MAX);
        let known = std::mem::take(&mut self.absent);
        let (absent, open): (Vec<_>, Vec<_>) = queries.into_iter().partition(|query| {
            known.contains(&key_hash(&query.key)) && query.last_asked_ms <= last_ms
        });
        self.absent = absent.iter().map(|query| key_hash(&query.key)).collect();
        let absent = u32::try_from(absent.len()).unwrap_or(u32::MAX);
        self.to_look_up = open;
        self.to_warm.clear();
        self.search_run = Some(SearchLogWarmingRun {
            at_ms: now_ms,
            listed,
            absent,
            ..SearchLogWarmingRun::default()
        });
    }

    /// Ends the run; open queries are left for another day.
    pub(crate) fn end_run(&mut self, why: Option<String>) {
        let Some(mut search_run) = self.search_run.take() else { return };
        let left = self.to_look_up.len() + self.to_warm.len();
        search_run.left = u32::try_from(left).unwrap_or(u32::MAX);
        search_run.why = why;
        self.to_look_up.clear();
        self.to_warm.clear();
        self.history.push(search_run);
        let surplus = self.history.len().saturating_sub(MAX_HISTORY);
        self.history.drain(..surplus);
    }
}

/// Hash of a key, since keys may be long. A collision skips one query for one day.
pub(crate) fn key_hash(key: &str) -> u64 {
    fnv1a(key)
}

#[cfg(test)]
mod tests {
    use runtime::wire_types::batch_search_wire_types::BatchItemQuery;

    use super::*;

    fn sample_logged_query(key: &str, last_asked_ms: u64) -> LoggedQuery {
        let query = BatchItemQuery::Auto { q: key.to_owned() };
        LoggedQuery { key: key.to_owned(), query, times_searched: 2, last_asked_ms }
    }

    #[test]
    fn an_absent_query_is_retried_after_a_new_search() {
        let mut search_warming = SearchLogWarmingState::default();
        search_warming
            .begin_run(vec![sample_logged_query("a", 5), sample_logged_query("b", 5)], 100);
        search_warming.absent.extend([key_hash("a"), key_hash("b")]);
        search_warming.end_run(None);
        search_warming.begin_run(
            vec![
                sample_logged_query("a", 5),
                sample_logged_query("b", 150),
                sample_logged_query("c", 5),
            ],
            200,
        );
        let open: Vec<&str> =
            search_warming.to_look_up.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(open, ["b", "c"]);
        assert_eq!(
            search_warming.absent,
            [key_hash("a")],
            "queries that are not listed are dropped"
        );
        let search_run = search_warming.search_run.as_ref().unwrap();
        assert_eq!((search_run.listed, search_run.absent), (3, 1));
    }

    #[test]
    fn an_ended_run_has_its_reason_in_a_bounded_history() {
        let mut search_warming = SearchLogWarmingState::default();
        for day in 0..40 {
            search_warming.begin_run(vec![sample_logged_query("a", 5)], day);
            search_warming.end_run(Some("why".to_owned()));
        }
        assert_eq!(search_warming.history.len(), MAX_HISTORY);
        let last = search_warming.history.last().unwrap();
        assert_eq!((last.at_ms, last.left, last.why.as_deref()), (39, 1, Some("why")));
        assert!(search_warming.to_look_up.is_empty() && search_warming.search_run.is_none());
        let text = serde_json::to_string(&search_warming).unwrap();
        assert_eq!(serde_json::from_str::<SearchLogWarmingState>(&text).unwrap(), search_warming);
        assert_eq!(
            serde_json::from_str::<SearchLogWarmingState>("{}").unwrap(),
            SearchLogWarmingState::default()
        );
    }
}
