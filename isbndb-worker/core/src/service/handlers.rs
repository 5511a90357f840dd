//! Routes into replies.

use std::rc::Rc;

use ports::http::{Reply, Request};
use ports::{Host, Spawn, Transport};
use runtime::outcome::{Answer, Failure, Outcome};
use runtime::problem::{Problem, reply};
use serde::Serialize;

use super::store::Store;
use super::{CallerContext, IsbndbService};
use crate::route::Route;

/// The outcome of a request as the object reports it to the Worker's log; removed there.
pub const OUTCOME_HEADER: &str = "x-outcome";
/// The Worker's name in its answers and logs.
pub const WORKER: &str = "isbndb-worker";

impl<T, H, S> IsbndbService<T, H, S>
where
    T: Transport + 'static,
    H: Host + Spawn + Clone + 'static,
    S: Store + 'static,
{
    /// Answers a request. What the object tells `/health` and `/metrics` is its [`super::quota_status::ServiceStatus`]
    /// for both.
    pub async fn answer(self: &Rc<Self>, request: &Request, caller: &CallerContext) -> Reply {
        let (template, answer) = match Route::parse(request, self.config.max_page_size) {
            Ok(route) => (route.template(), self.serve(route, caller).await),
            Err(failure) => ("-", Err(failure)),
        };
        self.name_mismatch(caller);
        if let Err(failure) = &answer {
            caller.context.log_internal(template, failure, &self.host);
        }
        let now_ms = self.host.now_ms();
        let outcome = answer.as_ref().err().map_or_else(|| "ok".to_owned(), Failure::to_string);
        let mut answer = answer.unwrap_or_else(|failure| {
            reply(&Problem::new(WORKER, &failure, now_ms).at(&request.path))
        });
        answer.headers.set(OUTCOME_HEADER, outcome);
        let (limit, policy) = self.rate_headers(caller.class);
        answer.headers.set("ratelimit", limit);
        answer.headers.set("ratelimit-policy", policy);
        answer
    }

    async fn serve(
        self: &Rc<Self>,
        route: Route,
        caller: &CallerContext,
    ) -> Result<Reply, Failure> {
        match route {
            Route::Book(isbn) => found(self.book(caller, isbn).await, &format!("book {isbn}")),
            Route::List { query, page, page_size } => {
                found(self.list(caller, &query, page, page_size).await, "books to this question")
            }
            Route::Bulk { isbns, invalid } => {
                Ok(Reply::json(200, &self.bulk(caller, isbns, invalid).await))
            }
            Route::Quota => Ok(Reply::json(200, &self.quota(caller).await)),
            Route::Health | Route::Metrics => Ok(Reply::json(200, &self.status(caller))),
        }
    }
}

fn found<A: Serialize>(outcome: Outcome<A>, detail: &str) -> Result<Reply, Failure> {
    match outcome? {
        Answer::Found(answer) => Ok(Reply::json(200, &answer)),
        Answer::NotFound => Err(Failure::NotFound { detail: format!("ISBNdb has no {detail}") }),
    }
}
