//! Calls to the three providers: `emulators` answers, and the rules check each call.

use std::future::pending;
use std::rc::Rc;

use emulators::in_process::{Question, TIMEOUT_MS};
use ports::{InResponse, OutRequest, TransportError};

use crate::faults::Planted;
use crate::place::Place;
use crate::quota_rules::{self, Sent};

pub async fn answer(
    from: &Rc<Place>,
    mut request: OutRequest,
) -> Result<InResponse, TransportError> {
    let world = &from.world;
    let way_ms = world.pick(10, 40);
    world.sleep(way_ms).await;
    if world.breaks(Planted::ProvidersUnreachable) && world.chance(0.8) {
        return Err(TransportError::Unreachable);
    }
    if world.breaks(Planted::RequestInQuestion) {
        request.url = format!("{}&for={:?}", request.url, world.cause());
    }
    let names = ["x-goog-api-key", "authorization", "user-agent", "content-type"];
    let headers = names.iter().filter_map(|name| Some((*name, request.headers.get(name)?)));
    let question = || Question {
        method: request.method.as_str(),
        url: &request.url,
        headers: headers.clone().collect(),
        body: request.body.clone(),
    };
    let mut answered = world.providers.borrow_mut().answer(world.now_ms(), question());
    if world.breaks(Planted::SentTwice) {
        answered = world.providers.borrow_mut().answer(world.now_ms(), question());
    }
    let Some(answered) = answered else { return Err(TransportError::Unreachable) };
    world.trace(|| {
        let (status, fault, units) = (answered.status, answered.fault, answered.units);
        format!(
            "{:?} {} {} {status} {fault} {units}",
            world.cause(),
            request.method.as_str(),
            request.url
        )
    });
    quota_rules::on_sent(world, &Sent { request: &request, answered: &answered });
    world.sleep(answered.delay_ms + answered.latency_ms).await;
    world.latency(100, 900).await;
    match answered.fault {
        "hang" => pending().await,
        "timeout" => world.sleep(TIMEOUT_MS).await,
        "reset" | "cut_body" => return Err(TransportError::Unreachable),
        _ => {}
    }
    let mut response =
        InResponse { status: answered.status, body: answered.body, ..InResponse::default() };
    for (name, value) in answered.headers {
        response.headers.append(name, value);
    }
    Ok(response)
}
