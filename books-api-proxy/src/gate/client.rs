//! Asking a gate before a call, telling it what the provider said after.

use platform::{JsClock, JsHost, ObjectTransport};
use shared::gate::CallClass;
use shared::mesh::{Call, CallContext, Client, Clock, OutRequest, sibling};
use shared::outcome::{Answer, Failure};
use worker::Env;

use super::{Acquire, GateName, GateReading, Granted, Report};
use crate::config::PROVIDER_GATE;

/// A gate that cannot be reached refuses: calling without it could break the provider's rule.
fn unreachable(failure: Failure) -> Failure {
    match failure.root() {
        Failure::RateLimited { .. } | Failure::QuotaSpent { .. } => failure.root().clone(),
        _ => Failure::RateLimited { retry_after_ms: 1_000, local: true },
    }
}

fn client(env: &Env, gate: GateName) -> Result<Client<ObjectTransport, JsHost>, Failure> {
    ObjectTransport::new(env, PROVIDER_GATE, gate.as_str())
        .map(|transport| Client::new(transport, JsHost, platform::mesh()))
        .map_err(|error| Failure::Internal { what: error.to_string() })
}

fn post<T: serde::Serialize>(path: &str, value: &T) -> Result<OutRequest, Failure> {
    OutRequest::post_json(path, value)
        .map_err(|error| Failure::Internal { what: error.to_string() })
}

/// Waits for a slot and takes the units.
///
/// # Errors
/// The gate's refusal, with the time to come back.
pub async fn acquire(env: &Env, context: &CallContext, asked: &Acquire) -> Result<(), Failure> {
    let request = post("/acquire", asked)?;
    let call = Call::object(PROVIDER_GATE, "/acquire", request);
    let granted = client(env, asked.gate)
        .map_err(unreachable)?
        .ask(context, call, sibling::json::<Granted>)
        .await
        .map_err(unreachable)?;
    match granted {
        Answer::Found(Granted { wait_ms: 0 }) => Ok(()),
        Answer::Found(Granted { wait_ms }) => {
            JsClock.sleep(wait_ms).await;
            Ok(())
        }
        Answer::NotFound => Err(unreachable(Failure::Unreachable)),
    }
}

/// Tells the gate that the provider refused for pace or quota; other failures are not its concern.
pub async fn report(env: &Env, context: &CallContext, gate: GateName, failure: &Failure) {
    let root = failure.root();
    if !matches!(root, Failure::RateLimited { local: false, .. } | Failure::QuotaSpent { .. }) {
        return;
    }
    let Ok(request) = post("/report", &Report { gate, failure: root.clone() }) else { return };
    if let Ok(client) = client(env, gate) {
        // What is lost here is learnt again from the provider's next refusal.
        let _ = client.call(context, Call::object(PROVIDER_GATE, "/report", request)).await;
    }
}

/// Reads a gate's counts.
///
/// # Errors
/// The object cannot be asked.
pub async fn state(
    env: &Env,
    context: &CallContext,
    gate: GateName,
) -> Result<GateReading, Failure> {
    let asked = Acquire::one(gate, CallClass::Interactive);
    let call = Call::object(PROVIDER_GATE, "/state", post("/state", &asked)?).idempotent(true);
    match client(env, gate)?.ask(context, call, sibling::json::<GateReading>).await? {
        Answer::Found(reading) => Ok(reading),
        Answer::NotFound => Err(Failure::Unreachable),
    }
}
