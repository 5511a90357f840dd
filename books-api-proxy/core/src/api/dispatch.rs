//! Runs the handler of a route.

use ports::http::Request;
use runtime::cache_policy::http::NO_STORE;
use runtime::edge::auth::Caller;
use runtime::edge::router::Route;
use runtime::outcome::Failure;

use super::route::Endpoint;
use super::search::{EdgeReply, page, single};
use super::volume::by_id;
use super::{about, batch, ops, params, purge, read_question};
use crate::app::App;
use crate::platform::Platform;
use crate::request_env::PlatformBody;
use crate::request_ports::RequestPorts;
use crate::search::serve::SearchError;
use crate::search_log::client as search_log;

/// Answers a request to a known route. `targets` keeps the questions parsed from URLs.
pub async fn dispatch<E: Platform>(
    app: &App<RequestPorts<E>>,
    caller: &Caller,
    request: &Request,
    route: &Route<Endpoint>,
) -> Result<EdgeReply<PlatformBody<E>>, SearchError> {
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
            let read = |request: &Request| read_question::search(kind, request, &app.config);
            page(app, request, &*targets.parse(request, read)?).await
        }
        Endpoint::Author => {
            let name = variable("name")?;
            let read = |request: &Request| read_question::author(&name, request, &app.config);
            page(app, request, &*targets.parse(request, read)?).await
        }
        Endpoint::Volumes => {
            page(app, request, &*targets.parse(request, read_question::volumes)?).await
        }
        Endpoint::Book => {
            let question = read_question::book(&variable("isbn")?)?;
            single(app, request, &question, |_| true).await
        }
        Endpoint::Metrics => Ok(EdgeReply::Bytes(ops::metrics(request_env).await)),
        Endpoint::Batch => {
            let is_sibling = matches!(caller, Caller::Sibling(_));
            if !is_sibling {
                batch::require_known_names(&request.body)?;
            }
            let reply = batch::send(
                app,
                caller.name().unwrap_or_default(),
                &request.body,
                // Not for the warmer, which has just filled the ISBNdb Worker's cache.
                !is_sibling,
            )
            .await?;
            Ok(EdgeReply::Bytes(reply.with_header("cache-control", NO_STORE)))
        }
        Endpoint::Purge => Ok(EdgeReply::Bytes(purge::purge(app, request).await?)),
        Endpoint::SearchLog => {
            let limit = params::search_log_limit(request)?;
            Ok(EdgeReply::Bytes(search_log::list(request_env, limit).await?))
        }
        Endpoint::ClearSearchLog => Ok(EdgeReply::Bytes(search_log::clear(request_env).await?)),
        Endpoint::Volume => by_id(app, request, &variable("id")?).await,
        Endpoint::OpenApi => Ok(EdgeReply::Bytes(about::openapi())),
        Endpoint::Index => Ok(EdgeReply::Bytes(about::index(request))),
        Endpoint::PageFile => Ok(EdgeReply::Bytes(about::page_file(&variable("file")?)?)),
        // Answered in `EdgeRequest::answer`, also if the vars are not usable.
        Endpoint::Health => Err(Failure::not_found("no route has this path").into()),
    }
}
