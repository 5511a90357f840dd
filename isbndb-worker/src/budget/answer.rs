//! Routes into replies.

use std::rc::Rc;

use ports::http::{Reply, Request};
use ports::{Host, Transport};
use runtime::outcome::{Answer, Failure, Outcome};
use runtime::problem::{Problem, reply};
use serde::Serialize;

use super::store::Store;
use super::{Asked, Budget, Spawn};
use crate::route::Route;

/// The object's word on what an answer came to, for the Worker's log; taken off there.
pub const OUTCOME_HEADER: &str = "x-outcome";
/// The Worker's name in its answers and logs.
pub const WORKER: &str = "isbndb-worker";

impl<T, H, S> Budget<T, H, S>
where
    T: Transport + 'static,
    H: Host + Spawn + Clone + 'static,
    S: Store + 'static,
{
    /// Answers a request. What the object tells `/health` and `/metrics` is its [`super::account::Status`]
    /// for both.
    pub async fn answer(self: &Rc<Self>, request: &Request, asked: &Asked) -> Reply {
        let (template, answer) = match Route::parse(request, self.config.max_page_size) {
            Ok(route) => (route.template(), self.serve(route, asked).await),
            Err(failure) => ("-", Err(failure)),
        };
        self.name_mismatch(asked);
        if let Err(failure) = &answer {
            asked.context.log_internal(template, failure, &self.host);
        }
        let now_ms = self.host.now_ms();
        let outcome = answer.as_ref().err().map_or_else(|| "ok".to_owned(), Failure::to_string);
        let mut answer = answer.unwrap_or_else(|failure| {
            reply(&Problem::new(WORKER, &failure, now_ms).at(&request.path))
        });
        answer.headers.set(OUTCOME_HEADER, outcome);
        let (limit, policy) = self.rate_headers(asked.class);
        answer.headers.set("ratelimit", limit);
        answer.headers.set("ratelimit-policy", policy);
        answer
    }

    async fn serve(self: &Rc<Self>, route: Route, asked: &Asked) -> Result<Reply, Failure> {
        match route {
            Route::Book(isbn) => found(self.book(asked, isbn).await, &format!("book {isbn}")),
            Route::List { query, page, page_size } => {
                found(self.list(asked, &query, page, page_size).await, "books to this question")
            }
            Route::Bulk { isbns, invalid } => {
                Ok(Reply::json(200, &self.bulk(asked, isbns, invalid).await))
            }
            Route::Quota => Ok(Reply::json(200, &self.quota(asked).await)),
            Route::Health | Route::Metrics => Ok(Reply::json(200, &self.status(asked))),
        }
    }
}

fn found<A: Serialize>(outcome: Outcome<A>, what: &str) -> Result<Reply, Failure> {
    match outcome? {
        Answer::Found(answer) => Ok(Reply::json(200, &answer)),
        Answer::NotFound => Err(Failure::NotFound { what: format!("ISBNdb has no {what}") }),
    }
}
