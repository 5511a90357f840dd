//! The object of a caller's batches. A request to an object has more CPU time than one to a Worker.

use std::rc::Rc;

use futures::FutureExt;
use futures::channel::oneshot;
use ports::http_types::{Reply, Request};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::resilient_client::RequestContext;
use runtime::wire_types::batch_search_wire_types::BatchSearchRequest;

use crate::batch_search::batch_run::execute_batch;
use crate::platform::Platform;
use crate::request_ports::TaskSpawner;
use crate::request_scope::ProxyWorkerInstance;

/// Longer than the budget of a search: a batch waits for the pace of the providers.
pub const BATCH_BUDGET_MS: u64 = 28_000;
/// Set if a refresh bypasses the ISBNdb Worker's cache.
pub const BYPASS_HEADER: &str = "x-bypass-isbndb-cache";
const MAX_RUNNING: usize = 2;
const RETRY_AFTER_MS: u64 = 1_000;

pub struct BatchRunner<E: Platform> {
    proxy: ProxyWorkerInstance<E>,
    spawn: TaskSpawner,
    /// Each running batch owns one more reference.
    running: Rc<()>,
}

impl<E: Platform> BatchRunner<E> {
    pub fn new(proxy: ProxyWorkerInstance<E>, spawn: TaskSpawner) -> Self {
        Self { proxy, spawn, running: Rc::default() }
    }

    pub async fn reply_to_request(&self, request: Result<Request, Failure>) -> Reply {
        let answer = async |request: &Request| self.handle_request(request).await;
        self.proxy.object_reply(request, answer).await
    }

    async fn handle_request(&self, request: &Request) -> Result<Reply, Failure> {
        if request.path == "/health" {
            return Ok(Reply::empty(204));
        }
        let place = reserve_place(&self.running)?;
        let batch = BatchSearchRequest::parse(&request.body)?;
        let bypass_isbndb_cache = request.headers.get(BYPASS_HEADER).is_some();
        let (headers, host) = (&request.headers, self.proxy.platform.system_ports());
        let identity = self.proxy.worker_identity();
        let context = RequestContext::from_headers(identity, headers, true, BATCH_BUDGET_MS, &host);
        let app = self.proxy.search_context(context.clone(), Rc::clone(&self.spawn), None)?;
        let (sender, answer) = oneshot::channel();
        // Spawned, because the platform ends a request whose client disconnects: the batch is still
        // finished, and its place freed.
        let work = async move {
            let _place = place;
            // Fails if the client has disconnected.
            let _ = sender.send(execute_batch(&app, batch, bypass_isbndb_cache).await);
        };
        (self.spawn)(work.boxed_local());
        let answer =
            answer.await.map_err(|_| Failure::internal("the batch ended without an answer"))??;
        let mut reply = Reply::with_json_body(200, &answer);
        context.write_binding_time(&mut reply.headers);
        Ok(reply)
    }
}

/// Takes a place among the running batches, each of which owns one more reference than the object;
/// dropping it frees the place.
fn reserve_place(running: &Rc<()>) -> Result<Rc<()>, Failure> {
    if Rc::strong_count(running) > MAX_RUNNING {
        let (retry_after_ms, local) = (RETRY_AFTER_MS, true);
        return Err(ProviderFailure::RateLimited { retry_after_ms, local }.into());
    }
    Ok(Rc::clone(running))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_batch_of_a_caller_is_refused() {
        let running = Rc::default();
        let (first, second) = (reserve_place(&running), reserve_place(&running));
        let Err(refused) = reserve_place(&running) else { panic!() };
        assert_eq!(refused.error_reply_and_retry_rules().status, 429);
        assert_eq!(refused.retry_after_ms(0), Some(RETRY_AFTER_MS));
        drop(first);
        assert!(reserve_place(&running).is_ok());
        drop(second);
        assert_eq!(Rc::strong_count(&running), 1);
    }
}
