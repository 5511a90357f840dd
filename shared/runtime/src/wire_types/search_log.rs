//! `GET /search-log` of the proxy: queries for which the providers had to be called.

use serde::{Deserialize, Serialize};

use super::batch_search_wire_types::{BatchItemQuery, known_query};
use crate::lenient;

pub const MAX_LOGGED_QUERIES: u32 = 500;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchLogResponse {
    /// False if the proxy keeps no search log.
    pub enabled: bool,
    /// The queries to warm, the most frequent first.
    #[serde(deserialize_with = "lenient::readable_rows")]
    pub queries: Vec<LoggedQuery>,
    /// Shards of the log that did not answer: their queries are missing here.
    pub unreachable_shards: u32,
}

/// One query, without any data about the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedQuery {
    pub key: String,
    /// The query as a batch item: both have the same key.
    #[serde(deserialize_with = "known_query")]
    pub query: BatchItemQuery,
    /// How often the providers were called for the query.
    pub times_searched: u32,
    pub last_asked_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_readable_and_an_empty_object_means_off() {
        let query = LoggedQuery {
            key: "v1/any/dune".to_owned(),
            query: BatchItemQuery::Auto { q: "dune".to_owned() },
            times_searched: 2,
            last_asked_ms: 5,
        };
        let text = serde_json::to_string(&query).unwrap();
        let wire = r#"{"key":"v1/any/dune","query":{"kind":"auto","q":"dune"},"timesSearched":2,"lastAskedMs":5}"#;
        assert_eq!(text, wire);
        assert_eq!(serde_json::from_str::<LoggedQuery>(wire).unwrap(), query);
        assert_eq!(
            serde_json::from_str::<SearchLogResponse>("{}").unwrap(),
            SearchLogResponse::default()
        );
    }
}
