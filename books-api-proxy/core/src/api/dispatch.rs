//! Runs the handler of a route.

use ports::http_types::Request;
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::Failure;
use runtime::http_edge::auth::Caller;
use runtime::http_edge::router::Route;

use super::route::Endpoint;
use super::search_routes::{EdgeResult, SearchReply, serve_page, single_volume};
use super::{
    batch_forwarding, health_and_metrics, params, purge, search_question_parser, static_pages,
};
use crate::platform::Platform;
use crate::request_ports::ProxyAppContext;
use crate::search_log::search_log_client as search_log;

/// Answers a request to a known route. `targets` keeps the questions parsed from URLs.
pub async fn dispatch<E: Platform>(
    app: &ProxyAppContext<E>,
    caller: &Caller,
    request: &Request,
    route: &Route<Endpoint>,
) -> EdgeResult<E> {
    let request_env = &app.ports.request_env;
    let targets = &request_env.proxy.isolate.targets;
    if route.is_restricted {
        caller.require_trusted()?;
    }
    let variable = |name: &str| {
        route.param(name, &request.path).ok_or_else(|| Failure::not_found("no route has this path"))
    };
    match route.endpoint {
        Endpoint::Search(kind) => {
            let read = |request: &Request| {
                search_question_parser::parse_search_request(kind, request, &app.config)
            };
            serve_page(app, request, &*targets.parse(request, read)?).await
        }
        Endpoint::Author => {
            let name = variable("name")?;
            let read = |request: &Request| {
                search_question_parser::author_question(&name, request, &app.config)
            };
            serve_page(app, request, &*targets.parse(request, read)?).await
        }
        Endpoint::Volumes => {
            let parsed = targets.parse(request, search_question_parser::parse_volumes_request)?;
            serve_page(app, request, &parsed).await
        }
        Endpoint::Book => {
            let question = search_question_parser::book_question(&variable("isbn")?)?;
            single_volume(app, request, &question).await
        }
        Endpoint::Metrics => {
            Ok(SearchReply::Bytes(health_and_metrics::metrics_reply(request_env).await))
        }
        Endpoint::Batch => {
            let is_sibling = matches!(caller, Caller::Sibling(_));
            if !is_sibling {
                // A sibling of a later version may send names that are unknown here.
                batch_forwarding::require_known_names(&request.body)?;
            }
            // The warmer has just filled the ISBNdb Worker's cache: its batch may use it.
            let bypass_isbndb_cache = !is_sibling;
            let reply = batch_forwarding::send_batch_to_object(
                app,
                caller.name().unwrap_or_default(),
                &request.body,
                bypass_isbndb_cache,
            )
            .await?;
            Ok(SearchReply::Bytes(reply.with_header("cache-control", NO_STORE)))
        }
        Endpoint::Purge => Ok(SearchReply::Bytes(purge::purge(app, request).await?)),
        Endpoint::SearchLog => {
            let limit = params::search_log_limit(request)?;
            Ok(SearchReply::Bytes(search_log::top_searches(request_env, limit).await?))
        }
        Endpoint::ClearSearchLog => {
            Ok(SearchReply::Bytes(search_log::clear_all_shards(request_env).await?))
        }
        // An `isbn-…` id reads the entry of that ISBN. Any other id has its own entry, and only the
        // provider that issued the id is queried for it.
        Endpoint::Volume => {
            let question = search_question_parser::volume_question(&variable("id")?)?;
            single_volume(app, request, &question).await
        }
        Endpoint::OpenApi => Ok(SearchReply::Bytes(static_pages::openapi_reply())),
        Endpoint::Index => Ok(SearchReply::Bytes(static_pages::root_page(request))),
        Endpoint::PageFile => Ok(SearchReply::Bytes(static_pages::page_file(&variable("file")?)?)),
        // Answered in `EdgeRequest::dispatch_endpoint`, also if the vars are not usable.
        Endpoint::Health => Err(Failure::not_found("no route has this path").into()),
    }
}
