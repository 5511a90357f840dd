//! Reads and merges the logs of all shards, or clears them.

use futures::StreamExt;
use futures::stream::iter;
use ports::http_types::{Method, Reply};
use ports::{IncomingResponse, OutgoingRequest};
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::resilient_client::ResilientCall;
use runtime::wire_types::search_log::{LoggedQuery, SearchLogResponse};

use super::ROUTE;
use crate::binding_manifest::FLIGHT;
use crate::flight::SHARDS;
use crate::flight::flight_client::shard_name;
use crate::platform::Platform;
use crate::request_scope::RequestScope;

const PARALLEL_SHARD_CALLS: usize = 8;

impl<E: Platform> RequestScope<E> {
    /// The logged queries, most searched first. With `WARM_SEARCHES` off, no shard is queried.
    pub async fn top_searches(&self, limit: u32) -> Result<Reply, Failure> {
        let enabled = self.config.warm_searches;
        let mut search_log = SearchLogResponse { enabled, ..SearchLogResponse::default() };
        if enabled {
            let parts = self.ask_all_shards(Method::Get, |response| {
                Ok(serde_json::from_slice(&response.body).map_err(ProviderFailure::from)?)
            });
            merge_shard_logs(&mut search_log, parts.await, limit)?;
        }
        Ok(Reply::with_json_body(200, &search_log).with_header("cache-control", NO_STORE))
    }

    /// Clears the log of every shard, also with `WARM_SEARCHES` off.
    pub async fn clear_search_logs(&self) -> Result<Reply, Failure> {
        let parts = self.ask_all_shards(Method::Delete, |_| Ok(())).await;
        parts.into_iter().collect::<Result<Vec<()>, Failure>>()?;
        Ok(Reply::empty(204).with_header("cache-control", NO_STORE))
    }

    async fn ask_all_shards<T>(
        &self,
        method: Method,
        read: impl Fn(&IncomingResponse) -> Result<T, Failure>,
    ) -> Vec<Result<T, Failure>> {
        let read = &|response: &IncomingResponse| match response.status {
            200..=299 => read(response),
            _ => Err(runtime::problem::failure_from_sibling_response(response)),
        };
        iter(0..SHARDS)
            .map(async |shard| {
                let request = OutgoingRequest::new_without_body(method, ROUTE);
                let call = ResilientCall::for_object(FLIGHT, ROUTE, request);
                self.ask_object(&shard_name(shard), call, read).await
            })
            .buffer_unordered(PARALLEL_SHARD_CALLS)
            .collect()
            .await
    }
}

fn merge_shard_logs(
    search_log: &mut SearchLogResponse,
    parts: Vec<Result<Vec<LoggedQuery>, Failure>>,
    limit: u32,
) -> Result<(), Failure> {
    let has_answer = parts.iter().any(Result::is_ok);
    for part in parts {
        match part {
            Ok(queries) => search_log.queries.extend(queries),
            Err(_) if has_answer => search_log.unreachable_shards += 1,
            Err(failure) => return Err(failure),
        }
    }
    search_log.queries.sort_by_cached_key(|one| {
        (u32::MAX - one.times_searched, u64::MAX - one.last_asked_ms, one.key.clone())
    });
    search_log.queries.truncate(limit as usize);
    Ok(())
}

#[cfg(test)]
mod tests {
    use runtime::wire_types::batch_search_wire_types::BatchItemQuery;

    use super::*;

    fn sample_logged_query(key: &str, times_searched: u32, last_asked_ms: u64) -> LoggedQuery {
        let query = BatchItemQuery::Auto { q: key.to_owned() };
        LoggedQuery { key: key.to_owned(), query, times_searched, last_asked_ms }
    }

    #[test]
    fn queries_are_sorted_by_count_then_by_newest() {
        let mut search_log = SearchLogResponse::default();
        let parts = vec![
            Ok(vec![sample_logged_query("b", 2, 9), sample_logged_query("c", 3, 1)]),
            Err(ProviderFailure::Timeout.into()),
            Ok(vec![sample_logged_query("a", 2, 5), sample_logged_query("d", 2, 9)]),
        ];
        merge_shard_logs(&mut search_log, parts, 3).unwrap();
        let keys: Vec<&str> = search_log.queries.iter().map(|one| one.key.as_str()).collect();
        assert_eq!((keys, search_log.unreachable_shards), (vec!["c", "b", "d"], 1));
    }

    #[test]
    fn unreachable_shards_are_no_empty_log() {
        let silent =
            vec![Err(ProviderFailure::Timeout.into()), Err(ProviderFailure::Timeout.into())];
        assert_eq!(
            merge_shard_logs(&mut SearchLogResponse::default(), silent, 9),
            Err(Failure::Provider(ProviderFailure::Timeout))
        );
    }
}
