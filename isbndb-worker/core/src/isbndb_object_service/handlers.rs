//! Maps routes to replies.

use std::rc::Rc;

use ports::Transport;
use ports::http_types::{Reply, Request};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderOutcome};
use runtime::http_edge::reply_and_outcome;
use runtime::http_edge::router::{find_route, matched_route_template};
use runtime::rate_limit::ratelimit_headers;
use serde::Serialize;

use super::isbndb_store::IsbndbStore;
use super::{IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext};
use crate::route::{ParsedIsbndbRequest, ROUTES};

/// The header in which the object reports a request's outcome; the Worker logs and removes it.
pub const OUTCOME_HEADER: &str = "x-outcome";

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// Answers a request. `/health` and `/metrics` are both answered with
    /// [`super::quota_status::IsbndbObjectStatus`].
    pub async fn handle_request(
        self: &Rc<Self>,
        request: &Request,
        caller: &IsbndbRequestContext,
    ) -> Reply {
        let found = find_route(ROUTES, request.method, &request.path);
        let template = matched_route_template(&found);
        let result = match found {
            Err(unrouted) => unrouted.into_result(),
            Ok(route) => match ParsedIsbndbRequest::read(route, request, self.config.max_page_size)
            {
                Ok(parsed) => self.serve(parsed, caller).await,
                Err(failure) => Err(failure),
            },
        };
        self.name_mismatch(caller);
        let (mut answer, outcome) =
            reply_and_outcome(result, &caller.context, template, &request.path, &self.host);
        answer.headers.set(OUTCOME_HEADER, outcome);
        let now_ms = self.host.now_ms();
        let (limit, policy) = {
            let limiter = &mut self.inner.borrow_mut().state.limiter;
            ratelimit_headers::rate_limit_values(limiter, now_ms, caller.class)
        };
        answer.headers.set("ratelimit", limit);
        answer.headers.set("ratelimit-policy", policy);
        answer
    }

    async fn serve(
        self: &Rc<Self>,
        request: ParsedIsbndbRequest,
        caller: &IsbndbRequestContext,
    ) -> Result<Reply, Failure> {
        match request {
            ParsedIsbndbRequest::Book(isbn) => {
                found_reply(self.look_up_book(caller, isbn).await, &format!("book {isbn}"))
            }
            ParsedIsbndbRequest::List { query, page, page_size } => found_reply(
                self.look_up_list_page(caller, &query, page, page_size).await,
                "books to this question",
            ),
            ParsedIsbndbRequest::Bulk { isbns, invalid } => {
                Ok(Reply::with_json_body(200, &self.bulk_lookup(caller, isbns, invalid).await))
            }
            ParsedIsbndbRequest::Quota => {
                Ok(Reply::with_json_body(200, &self.refresh_and_read_quota(caller).await))
            }
            ParsedIsbndbRequest::Status => Ok(Reply::with_json_body(200, &self.status(caller))),
        }
    }
}

fn found_reply<A: Serialize>(outcome: ProviderOutcome<A>, detail: &str) -> Result<Reply, Failure> {
    match outcome? {
        FoundOrNotFound::Found(answer) => Ok(Reply::with_json_body(200, &answer)),
        FoundOrNotFound::NotFound => Err(Failure::not_found(format!("ISBNdb has no {detail}"))),
    }
}
