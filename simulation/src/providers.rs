//! Calls to the three providers: `emulators` answers, and the rules check each call.

use std::future::pending;
use std::rc::Rc;

use emulators::in_process_providers::{EmulatedFault, ProviderRequest, TIMEOUT_FAULT_MS};
use ports::{IncomingResponse, OutgoingRequest, TransportError};

use crate::faults::PlantedFault;
use crate::quota_rules::{self, AnsweredProviderCall};
use crate::sim_instance::SimInstance;

pub async fn answer_from_provider(
    from: &Rc<SimInstance>,
    mut request: OutgoingRequest,
) -> Result<IncomingResponse, TransportError> {
    let world = &from.world;
    let way_ms = world.random_between(10, 40);
    world.sleep(way_ms).await;
    if world.has_planted_fault(PlantedFault::ProvidersUnreachable) && world.chance(0.8) {
        return Err(TransportError::Unreachable);
    }
    if world.has_planted_fault(PlantedFault::RequestInQuestion) {
        request.url = format!("{}&for={:?}", request.url, world.initiator());
    }
    let names = ["x-goog-api-key", "authorization", "user-agent", "content-type"];
    let headers = names.iter().filter_map(|name| Some((*name, request.headers.get(name)?)));
    let question = || ProviderRequest {
        method: request.method.as_str(),
        url: &request.url,
        headers: headers.clone().collect(),
        body: request.body.clone(),
    };
    let mut answered =
        world.providers.borrow_mut().answer_provider_request(world.now_ms(), question());
    if world.has_planted_fault(PlantedFault::SentTwice) {
        answered = world.providers.borrow_mut().answer_provider_request(world.now_ms(), question());
    }
    let Some(answered) = answered else { return Err(TransportError::Unreachable) };
    world.write_trace_line(|| {
        let (status, fault, units) = (answered.status, answered.fault, answered.units);
        format!(
            "{:?} {} {} {status} {fault} {units}",
            world.initiator(),
            request.method.as_str(),
            request.url
        )
    });
    quota_rules::on_sent(world, &AnsweredProviderCall { request: &request, answered: &answered });
    world.sleep(answered.delay_ms + answered.latency_ms).await;
    world.simulate_latency(100, 900).await;
    match answered.fault {
        EmulatedFault::Hang => pending().await,
        EmulatedFault::Timeout => world.sleep(TIMEOUT_FAULT_MS).await,
        EmulatedFault::Reset | EmulatedFault::CutBody => return Err(TransportError::Unreachable),
        _ => {}
    }
    let mut response = IncomingResponse {
        status: answered.status,
        body: answered.body,
        ..IncomingResponse::default()
    };
    for (name, value) in answered.headers {
        response.headers.append(name, value);
    }
    Ok(response)
}
