//! All parts of the log: read and merged, or cleared.

use futures::StreamExt;
use futures::stream::iter;
use ports::http::{Method, Reply};
use ports::{InResponse, OutRequest};
use runtime::api::searched::{Searched, SearchedQuery};
use runtime::cache_policy::http::NO_STORE;
use runtime::order;
use runtime::outcome::Failure;
use runtime::service_client::{Call, CallContext};
use worker::Env;

use super::ROUTE;
use crate::config::{Config, FLIGHT};
use crate::flight::{SHARDS, client};

/// Shards asked at the same time.
const PARALLEL: usize = 8;

/// The log, most asked for first. Without the switch no shard is asked.
///
/// # Errors
/// No shard answered.
pub async fn list(
    env: &Env,
    context: &CallContext,
    config: &Config,
    limit: u32,
) -> Result<Reply, Failure> {
    let mut searched = Searched { enabled: config.warm_searches, ..Searched::default() };
    if config.warm_searches {
        let parts = ask_all(env, context, Method::Get, |response| {
            serde_json::from_slice(&response.body)
                .map_err(|_| Failure::Malformed { what: "searched".to_owned() })
        });
        merge(&mut searched, parts.await, limit)?;
    }
    Ok(Reply::json(200, &searched).with_header("cache-control", NO_STORE))
}

/// Forgets the whole log, also one that was kept before it was switched off.
///
/// # Errors
/// A shard did not answer: nobody should believe that it is gone.
pub async fn clear(env: &Env, context: &CallContext) -> Result<Reply, Failure> {
    let parts = ask_all(env, context, Method::Delete, |_| Ok(())).await;
    parts.into_iter().collect::<Result<Vec<()>, Failure>>()?;
    Ok(Reply::empty(204).with_header("cache-control", NO_STORE))
}

async fn ask_all<T>(
    env: &Env,
    context: &CallContext,
    method: Method,
    read: impl Fn(&InResponse) -> Result<T, Failure>,
) -> Vec<Result<T, Failure>> {
    let read = &read;
    iter(0..SHARDS)
        .map(|shard| async move {
            let call = Call::object(FLIGHT, ROUTE, OutRequest::bare(method, ROUTE));
            let read = |response: &InResponse| match response.status {
                200..=299 => read(response),
                _ => Err(runtime::problem::from_sibling(response)),
            };
            client::of_shard(env, shard)?.ask(context, call, read).await
        })
        .buffer_unordered(PARALLEL)
        .collect()
        .await
}

/// Puts the parts together.
fn merge(
    searched: &mut Searched,
    parts: Vec<Result<Vec<SearchedQuery>, Failure>>,
    limit: u32,
) -> Result<(), Failure> {
    let mut silent = None;
    let mut answered = false;
    for part in parts {
        match part {
            Ok(queries) => {
                answered = true;
                searched.queries.extend(queries);
            }
            Err(failure) => {
                searched.silent_shards += 1;
                silent = Some(failure);
            }
        }
    }
    if let (false, Some(failure)) = (answered, silent) {
        return Err(failure);
    }
    order::sort_by_cached_key(&mut searched.queries, |one| {
        (u32::MAX - one.asked, u64::MAX - one.last_asked_ms, one.key.clone())
    });
    searched.queries.truncate(limit as usize);
    Ok(())
}

#[cfg(test)]
mod tests {
    use runtime::api::batch::BatchQuery;

    use super::*;

    fn seen(key: &str, asked: u32, last_asked_ms: u64) -> SearchedQuery {
        let query = BatchQuery::Auto { q: key.to_owned() };
        SearchedQuery { key: key.to_owned(), query, asked, last_asked_ms }
    }

    #[test]
    fn the_most_asked_come_first_and_of_those_the_newest() {
        let mut searched = Searched::default();
        let parts = vec![
            Ok(vec![seen("b", 2, 9), seen("c", 3, 1)]),
            Err(Failure::Timeout),
            Ok(vec![seen("a", 2, 5), seen("d", 2, 9)]),
        ];
        merge(&mut searched, parts, 3).unwrap();
        let keys: Vec<&str> = searched.queries.iter().map(|one| one.key.as_str()).collect();
        assert_eq!((keys, searched.silent_shards), (vec!["c", "b", "d"], 1));
    }

    #[test]
    fn silence_is_not_an_empty_log() {
        let silent = vec![Err(Failure::Timeout), Err(Failure::Timeout)];
        assert_eq!(merge(&mut Searched::default(), silent, 9), Err(Failure::Timeout));
    }
}
