//! From a route to its answer.

use ports::http::{Method, Reply, Request};
use runtime::cache_policy::http::NO_STORE;
use runtime::outcome::Failure;

use super::asked::asked;
use super::auth::{Asker, require_trusted};
use super::route::Route;
use super::search::{Out, page, single};
use super::volume::by_id;
use super::{about, ask, ops, params, purge};
use crate::app::App;
use crate::batch::run::run as batch;
use crate::live::{Caller, Live};
use crate::search::serve::Unserved;
use crate::searched::client as searched;

/// Answers a request whose route and asker are known.
///
/// # Errors
/// Why nothing can be served.
pub async fn dispatch(
    app: &App<Live>,
    asker: &Asker,
    request: &Request,
    route: &Route,
) -> Result<Out, Unserved> {
    match route {
        Route::Search(kind) => {
            let read = |request: &Request| ask::search(*kind, request, &app.config);
            page(app, request, &*asked(request, read)?).await
        }
        Route::Author(name) => {
            let read = |request: &Request| ask::author(name, request, &app.config);
            page(app, request, &*asked(request, read)?).await
        }
        Route::Volumes => page(app, request, &*asked(request, ask::volumes)?).await,
        Route::Book(isbn) => {
            let question = ask::book(isbn)?;
            single(app, request, &question, |_| true).await
        }
        Route::Metrics => {
            require_trusted(asker, request)?;
            let Caller { env, context, .. } = &app.ports.caller;
            Ok(Out::Whole(ops::metrics(env, context).await))
        }
        Route::Batch => {
            require_trusted(asker, request)?;
            let body = serde_json::from_slice(&request.body)
                .map_err(|error| params::bad("body", &error.to_string()))?;
            // The warmer asks the leaf itself, right before.
            let past_leaf = !matches!(asker, Asker::Sibling(_));
            let answer = batch(app, body, past_leaf).await?;
            let reply = Reply::json(200, &answer);
            Ok(Out::Whole(reply.with_header("cache-control", NO_STORE)))
        }
        Route::Purge => {
            require_trusted(asker, request)?;
            Ok(Out::Whole(purge::purge(app, request).await?))
        }
        Route::Searched => {
            require_trusted(asker, request)?;
            let Caller { env, context, config } = &app.ports.caller;
            Ok(Out::Whole(match request.method {
                Method::Delete => searched::clear(env, context).await?,
                _ => searched::list(env, context, config, params::searched_limit(request)?).await?,
            }))
        }
        Route::Volume(id) => by_id(app, request, id).await,
        Route::OpenApi => Ok(Out::Whole(about::openapi())),
        Route::Index => Ok(Out::Whole(about::index())),
        // Answered before the vars are needed.
        Route::Health => Err(Failure::NotFound { what: "route".to_owned() }.into()),
    }
}
