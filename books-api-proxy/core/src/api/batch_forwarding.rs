//! Sends a batch to the object of its caller.

use ports::http_types::{Method, Reply};
use ports::{Clock, OutgoingRequest};
use runtime::call_outcome::{Failure, SiblingWorkerFailure};
use runtime::problem;
use runtime::resilient_client::ResilientCall;
use runtime::wire_types::batch_search_wire_types::{BatchItemQuery, BatchSearchRequest, CacheMode};

use crate::batch_search::batch_run::execute_batch;
use crate::binding_manifest::{BATCH, WORKER_NAME};
use crate::durable_objects::batch_object::BYPASS_HEADER;
use crate::platform::Platform;
use crate::request_ports::RequestSearchContext;

/// Sends a batch to the object of its caller. Without a binding for it, the batch runs here.
/// Errors: the object failed, or it runs two batches of this caller already.
pub async fn send_batch_to_object<E: Platform>(
    app: &RequestSearchContext<E>,
    caller: &str,
    body: &[u8],
    bypass_isbndb_cache: bool,
) -> Result<Reply, Failure> {
    let request_scope = &app.ports.request_scope;
    let Ok(client) = request_scope.durable_object_client(BATCH, caller) else {
        let answer =
            execute_batch(app, BatchSearchRequest::parse(body)?, bypass_isbndb_cache).await?;
        return Ok(Reply::with_json_body(200, &answer));
    };
    let mut request = OutgoingRequest::new_without_body(Method::Post, "/batch");
    request.body = body.to_vec();
    if bypass_isbndb_cache {
        request.headers.set(BYPASS_HEADER, "1");
    }
    let left_ms = request_scope.context.remaining_ms(app.ports.now_ms());
    let call = ResilientCall::for_object(BATCH, "/batch", request).timeout_ms(left_ms);
    let answer = client.call(&request_scope.context, call).await.map_err(as_own_failure)?;
    if bypass_isbndb_cache {
        // The object may run in another isolate, whose memory this one does not share.
        app.isolate_state.clear_memory(&app.config);
    }
    if answer.status != 200 {
        return Err(as_own_failure(problem::failure_from_sibling_response(&answer)));
    }
    let reply = Reply { body: answer.body, ..Reply::empty(200) };
    Ok(reply.with_header("content-type", "application/json"))
}

/// Refuses unknown names in a client's batch. The batch of a sibling is not checked: a later
/// version may use new names, whose items are deferred.
/// Errors: an unknown cache mode or kind of item.
pub fn require_known_names(body: &[u8]) -> Result<(), Failure> {
    let batch = BatchSearchRequest::parse(body)?;
    if batch.cache == CacheMode::Unknown {
        let modes = "default, only-if-cached, recheck or refresh";
        return Err(Failure::bad_request(format!("cache: must be {modes}")));
    }
    if let Some(at) = batch.items.iter().position(|item| item.query == BatchItemQuery::Unknown) {
        let kinds = "isbn, author, title or auto";
        return Err(Failure::bad_request(format!("items[{at}].kind: must be {kinds}")));
    }
    Ok(())
}

/// The failure of this Worker's own object without the mark of a sibling.
fn as_own_failure(failure: Failure) -> Failure {
    match failure {
        Failure::Sibling(SiblingWorkerFailure { service, failure }) if service == WORKER_NAME => {
            *failure
        }
        failure => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_of_a_client_is_refused() {
        let error = |body: &str| format!("{:?}", require_known_names(body.as_bytes()).unwrap_err());
        let known = r#"{"id":"1","kind":"auto","q":"dune"}"#;
        let other = r#"{"id":"2","kind":"AAA"}"#;
        assert!(require_known_names(format!(r#"{{"items":[{known}]}}"#).as_bytes()).is_ok());
        let text = error(&format!(r#"{{"items":[{known},{other}]}}"#));
        assert!(text.contains("items[1].kind: must be isbn"), "{text}");
        for cache in ["never", "Default", ""] {
            let text = error(&format!(r#"{{"cache":"{cache}","items":[]}}"#));
            assert!(text.contains("cache: must be default"), "{text}");
        }
        for kind in ["Isbn", "volume", ""] {
            let text = error(&format!(r#"{{"items":[{{"id":"1","kind":"{kind}","q":"dune"}}]}}"#));
            assert!(text.contains("items[0].kind: must be isbn"), "{text}");
        }
        for kind in ["null", "true", "1", "[]"] {
            let body = format!(r#"{{"items":[{{"id":"1","kind":{kind},"q":"dune"}}]}}"#);
            assert!(error(&body).contains("body: "), "{body}");
        }
    }
}
