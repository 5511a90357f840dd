//! Requests of clients and of the owner to the proxy.

use std::rc::Rc;

use ports::http_types::{Reply, Request};

use crate::sim_secrets::TEST_ADMIN_TOKEN;
use crate::simulation_context::Initiator;
use crate::world::SimWorld;

/// Sends a client's request to the location of the client.
pub async fn send_request(
    world: &Rc<SimWorld>,
    cause: Initiator,
    request: Request,
    location: usize,
) -> Option<Reply> {
    let sending = world.simulated_workers().send_to_proxy(location, request, None);
    world.run_with_cause(cause, sending).await.ok()
}

pub fn with_token(mut request: Request) -> Request {
    request.headers.set("authorization", format!("Bearer {TEST_ADMIN_TOKEN}"));
    request
}
