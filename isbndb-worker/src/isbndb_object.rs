//! The Durable Object.

use isbndb_core::object_instance::IsbndbObjectInstance;
use isbndb_core::route::MAX_REQUEST_BODY_BYTES;
use worker::{DurableObject, Env, Request, Response, State, durable_object, wasm_bindgen};
use workerd::fetch_event::answer_object_request;
use workerd::{EnvPorts, FetchTransport, JsSystemPorts};

use crate::shared_isolate_state;
use crate::sql_store::SqlStore;

/// Owns the pace, the day's quota, the queue and the cache of one ISBNdb key.
#[durable_object]
pub struct IsbndbObject {
    state: State,
    env: Env,
    object: IsbndbObjectInstance<FetchTransport, JsSystemPorts, SqlStore>,
}

impl DurableObject for IsbndbObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            object: IsbndbObjectInstance::new(
                FetchTransport,
                JsSystemPorts,
                shared_isolate_state(),
            ),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let version = workerd::env::deployed_version(&self.env);
        let (vars, ports) = (workerd::env::worker_variables(&self.env), EnvPorts(&self.env));
        let open = || SqlStore::open_storage(self.state.storage().sql());
        let reply =
            async |request| self.object.handle_request(request, version, &vars, &ports, open).await;
        answer_object_request(&self.env, &mut request, MAX_REQUEST_BODY_BYTES, reply).await
    }
}
