//! Maps routes to replies.

use std::rc::Rc;

use ports::Transport;
use ports::http::{Reply, Request};
use runtime::edge::reply_and_outcome;
use runtime::edge::router::{find_route, template_of};
use runtime::outcome::{Failure, LookupAnswer, ProviderOutcome};
use serde::Serialize;

use super::store::IsbndbStore;
use super::{IsbndbService, RequestContext, ServiceHost};
use crate::route::{ParsedRequest, ROUTES};

/// The header in which the object reports a request's outcome; the Worker logs and removes it.
pub const OUTCOME_HEADER: &str = "x-outcome";

impl<T: Transport + 'static, H: ServiceHost, S: IsbndbStore> IsbndbService<T, H, S> {
    /// Answers a request. `/health` and `/metrics` are both answered with
    /// [`super::quota_status::ObjectStatus`].
    pub async fn answer(self: &Rc<Self>, request: &Request, caller: &RequestContext) -> Reply {
        let found = find_route(ROUTES, request.method, &request.path);
        let template = template_of(&found);
        let result = match found {
            Err(unrouted) => unrouted.into_result(),
            Ok(route) => match ParsedRequest::read(route, request, self.config.max_page_size) {
                Ok(parsed) => self.serve(parsed, caller).await,
                Err(failure) => Err(failure),
            },
        };
        self.name_mismatch(caller);
        let (mut answer, outcome) =
            reply_and_outcome(result, &caller.context, template, &request.path, &self.host);
        answer.headers.set(OUTCOME_HEADER, outcome);
        let (limit, policy) = self.rate_headers(caller.class);
        answer.headers.set("ratelimit", limit);
        answer.headers.set("ratelimit-policy", policy);
        answer
    }

    async fn serve(
        self: &Rc<Self>,
        request: ParsedRequest,
        caller: &RequestContext,
    ) -> Result<Reply, Failure> {
        match request {
            ParsedRequest::Book(isbn) => {
                found_reply(self.book(caller, isbn).await, &format!("book {isbn}"))
            }
            ParsedRequest::List { query, page, page_size } => found_reply(
                self.list(caller, &query, page, page_size).await,
                "books to this question",
            ),
            ParsedRequest::Bulk { isbns, invalid } => {
                Ok(Reply::json(200, &self.bulk(caller, isbns, invalid).await))
            }
            ParsedRequest::Quota => Ok(Reply::json(200, &self.quota(caller).await)),
            ParsedRequest::Status => Ok(Reply::json(200, &self.status(caller))),
        }
    }
}

fn found_reply<A: Serialize>(outcome: ProviderOutcome<A>, detail: &str) -> Result<Reply, Failure> {
    match outcome? {
        LookupAnswer::Found(answer) => Ok(Reply::json(200, &answer)),
        LookupAnswer::NotFound => Err(Failure::not_found(format!("ISBNdb has no {detail}"))),
    }
}
