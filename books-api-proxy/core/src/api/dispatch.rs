//! Runs the handler of a route.

use ports::http_types::Request;
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::Failure;
use runtime::http_edge::auth::Caller;
use runtime::http_edge::router::Route;

use super::query_parameters::search_log_limit;
use super::route::Endpoint;
use super::search_question_parser::{
    author_question, book_question, parse_search_request, parse_volumes_request,
    search_question_for_volume,
};
use super::search_routes::{EdgeResult, serve_page, single_volume};
use super::{batch_forwarding, health_and_metrics, purge, static_pages};
use crate::platform::Platform;
use crate::request_ports::RequestSearchContext;

/// Answers a request to a known route.
pub async fn dispatch<E: Platform>(
    app: &RequestSearchContext<E>,
    caller: &Caller,
    request: &Request,
    route: &Route<Endpoint>,
) -> EdgeResult<E> {
    let request_scope = &app.ports.request_scope;
    if route.is_restricted {
        caller.require_trusted()?;
    }
    let variable = |name: &str| {
        route
            .decoded_path_variable(name, &request.path)
            .ok_or_else(|| Failure::not_found("no route has this path"))
    };
    let reply = match route.endpoint {
        Endpoint::Search(kind) => {
            let read = |request: &Request| parse_search_request(kind, request, &app.config);
            return serve_page(app, request, read).await;
        }
        Endpoint::Author => {
            let name = variable("name")?;
            let read = |request: &Request| author_question(&name, request, &app.config);
            return serve_page(app, request, read).await;
        }
        Endpoint::Volumes => return serve_page(app, request, parse_volumes_request).await,
        Endpoint::Book => single_volume(app, request, &book_question(&variable("isbn")?)?).await?,
        // An `isbn-…` id reads the entry of that ISBN. Any other id has its own entry, and only the
        // provider that issued the id is queried for it.
        Endpoint::Volume => {
            single_volume(app, request, &search_question_for_volume(&variable("id")?)?).await?
        }
        Endpoint::Batch => {
            let is_sibling = matches!(caller, Caller::Sibling(_));
            if !is_sibling {
                batch_forwarding::require_known_names(&request.body)?;
            }
            // The warmer has just filled the ISBNdb Worker's cache: its batch may use it.
            let bypass_isbndb_cache = !is_sibling;
            let (caller, body) = (caller.name().unwrap_or_default(), &request.body);
            batch_forwarding::send_batch_to_object(app, caller, body, bypass_isbndb_cache)
                .await?
                .with_header("cache-control", NO_STORE)
        }
        Endpoint::Purge => purge::purge(app, request).await?,
        Endpoint::SearchLog => request_scope.top_searches(search_log_limit(request)?).await?,
        Endpoint::ClearSearchLog => request_scope.clear_search_logs().await?,
        Endpoint::Metrics => health_and_metrics::metrics_reply(request_scope).await,
        Endpoint::OpenApi => static_pages::openapi_reply(),
        Endpoint::Index => static_pages::root_page(request),
        Endpoint::PageFile => static_pages::page_file(&variable("file")?)?,
        // Answered in `EdgeRequest::answer_route_or_preflight`, also if the vars are not usable.
        Endpoint::Health => return Err(Failure::not_found("no route has this path").into()),
    };
    Ok(reply.into())
}
