//! Warming what others searched for: one pass a day, and what came of the last ones.

use runtime::api::searched::SearchedQuery;
use serde::{Deserialize, Serialize};

/// Passes that are remembered.
const MAX_HISTORY: usize = 30;

/// One pass through the proxy's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Pass {
    /// When it began, Unix time.
    pub(crate) at_ms: u64,
    /// Queries on the list.
    pub(crate) listed: u32,
    /// Warm already.
    pub(crate) fresh: u32,
    /// Asked for, each at most once and for at most one unit of the day.
    pub(crate) asked: u32,
    /// Of those, seen in the cache.
    pub(crate) warmed: u32,
    /// Known to nobody; asked for again only once somebody searches for it again.
    pub(crate) absent: u32,
    /// Without a whole answer.
    pub(crate) failed: u32,
    /// Not asked for.
    pub(crate) left: u32,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
}

/// Whether the proxy keeps a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum List {
    /// Not asked yet.
    #[default]
    Unknown,
    /// It says that it keeps none.
    Off,
    /// It keeps one.
    On,
    /// It could not be read.
    Unread(String),
}

/// One document beside the jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Searches {
    /// What the proxy said last.
    pub(crate) list: List,
    /// Tries in a row at reading it.
    pub(crate) failures: u32,
    /// The pass that is under way.
    pub(crate) pass: Option<Pass>,
    /// Its queries that the cache is still to be asked about.
    pub(crate) to_look_up: Vec<SearchedQuery>,
    /// Its queries that are missing or stale.
    pub(crate) to_warm: Vec<SearchedQuery>,
    /// Queries (their keys' marks) that nobody knew when they were last asked for.
    pub(crate) absent: Vec<u64>,
    /// Passes that are over, oldest first.
    pub(crate) history: Vec<Pass>,
}

impl Searches {
    /// Begins a pass over a list. What nobody knew, and nobody asked for since, is left out.
    pub(crate) fn begin(&mut self, queries: Vec<SearchedQuery>, now_ms: u64) {
        let last_ms = self.history.last().map_or(0, |pass| pass.at_ms);
        let listed = u32::try_from(queries.len()).unwrap_or(u32::MAX);
        let known = std::mem::take(&mut self.absent);
        let (absent, open): (Vec<_>, Vec<_>) = queries
            .into_iter()
            .partition(|query| known.contains(&mark(&query.key)) && query.last_asked_ms <= last_ms);
        self.absent = absent.iter().map(|query| mark(&query.key)).collect();
        let absent = u32::try_from(absent.len()).unwrap_or(u32::MAX);
        self.to_look_up = open;
        self.to_warm.clear();
        self.pass = Some(Pass { at_ms: now_ms, listed, absent, ..Pass::default() });
    }

    /// Ends the pass; what is still open is left for another day.
    pub(crate) fn end(&mut self, why: Option<String>) {
        let Some(mut pass) = self.pass.take() else { return };
        let left = self.to_look_up.len() + self.to_warm.len();
        pass.left = u32::try_from(left).unwrap_or(u32::MAX);
        pass.why = why;
        self.to_look_up.clear();
        self.to_warm.clear();
        self.history.push(pass);
        let surplus = self.history.len().saturating_sub(MAX_HISTORY);
        self.history.drain(..surplus);
    }

    /// The newest pass, under way or over.
    pub(crate) fn newest(&self) -> Option<&Pass> {
        self.pass.as_ref().or(self.history.last())
    }
}

/// A short mark of a key (FNV-1a): keys may be long, and a wrong match costs one day's question.
pub(crate) fn mark(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use runtime::api::batch::BatchQuery;

    use super::*;

    fn query(key: &str, last_asked_ms: u64) -> SearchedQuery {
        let query = BatchQuery::Auto { q: key.to_owned() };
        SearchedQuery { key: key.to_owned(), query, asked: 2, last_asked_ms }
    }

    #[test]
    fn what_nobody_knew_is_asked_for_again_once_it_is_searched_for_again() {
        let mut searches = Searches::default();
        searches.begin(vec![query("a", 5), query("b", 5)], 100);
        searches.absent.extend([mark("a"), mark("b")]);
        searches.end(None);
        searches.begin(vec![query("a", 5), query("b", 150), query("c", 5)], 200);
        let open: Vec<&str> = searches.to_look_up.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(open, ["b", "c"]);
        assert_eq!(searches.absent, [mark("a")], "what is not on the list is forgotten");
        let pass = searches.newest().unwrap();
        assert_eq!((pass.listed, pass.absent), (3, 1));
    }

    #[test]
    fn a_pass_that_is_cut_short_says_so_and_the_history_is_bounded() {
        let mut searches = Searches::default();
        for day in 0..40 {
            searches.begin(vec![query("a", 5)], day);
            searches.end(Some("why".to_owned()));
        }
        assert_eq!(searches.history.len(), MAX_HISTORY);
        let last = searches.newest().unwrap();
        assert_eq!((last.at_ms, last.left, last.why.as_deref()), (39, 1, Some("why")));
        assert!(searches.to_look_up.is_empty() && searches.pass.is_none());
        let text = serde_json::to_string(&searches).unwrap();
        assert_eq!(serde_json::from_str::<Searches>(&text).unwrap(), searches);
        assert_eq!(serde_json::from_str::<Searches>("{}").unwrap(), Searches::default());
    }
}
