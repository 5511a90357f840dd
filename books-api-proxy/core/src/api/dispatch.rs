//! From a route to its answer.

use ports::http::{Method, Reply, Request};
use runtime::cache_policy::http::NO_STORE;
use runtime::edge::auth::Caller;
use runtime::outcome::Failure;

use super::route::Route;
use super::search::{EdgeReply, page, single};
use super::volume::by_id;
use super::{about, ops, params, purge, read_question};
use crate::app::App;
use crate::batch::run::run as batch;
use crate::platform::Platform;
use crate::request_env::BodyOf;
use crate::request_ports::RequestPorts;
use crate::search::serve::SearchError;
use crate::search_log::client as search_log;

/// Answers a request with a known route and caller.
///
/// # Errors
/// Why nothing can be served.
pub async fn dispatch<E: Platform>(
    app: &App<RequestPorts<E>>,
    caller: &Caller,
    request: &Request,
    route: &Route,
) -> Result<EdgeReply<BodyOf<E>>, SearchError> {
    let request_env = &app.ports.request_env;
    let targets = &request_env.proxy.isolate.targets;
    if route.is_restricted() {
        caller.require_trusted()?;
    }
    match route {
        Route::Search(kind) => {
            let read = |request: &Request| read_question::search(*kind, request, &app.config);
            page(app, request, &*targets.parse(request, read)?).await
        }
        Route::Author(name) => {
            let read = |request: &Request| read_question::author(name, request, &app.config);
            page(app, request, &*targets.parse(request, read)?).await
        }
        Route::Volumes => {
            page(app, request, &*targets.parse(request, read_question::volumes)?).await
        }
        Route::Book(isbn) => {
            let question = read_question::book(isbn)?;
            single(app, request, &question, |_| true).await
        }
        Route::Metrics => Ok(EdgeReply::Bytes(ops::metrics(request_env).await)),
        Route::Batch => {
            let body = serde_json::from_slice(&request.body)
                .map_err(|error| params::bad("body", &error.to_string()))?;
            // The warmer asks the ISBNdb Worker itself, right before.
            let bypass_isbndb_cache = !matches!(caller, Caller::Sibling(_));
            let answer = batch(app, body, bypass_isbndb_cache).await?;
            let reply = Reply::json(200, &answer);
            Ok(EdgeReply::Bytes(reply.with_header("cache-control", NO_STORE)))
        }
        Route::Purge => Ok(EdgeReply::Bytes(purge::purge(app, request).await?)),
        Route::SearchLog => Ok(EdgeReply::Bytes(match request.method {
            Method::Delete => search_log::clear(request_env).await?,
            _ => search_log::list(request_env, params::search_log_limit(request)?).await?,
        })),
        Route::Volume(id) => by_id(app, request, id).await,
        Route::OpenApi => Ok(EdgeReply::Bytes(about::openapi())),
        Route::Index => Ok(EdgeReply::Bytes(about::index())),
        // Answered before the vars are needed.
        Route::Health => Err(Failure::not_found("route").into()),
    }
}
