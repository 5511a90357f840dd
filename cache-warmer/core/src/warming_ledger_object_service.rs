//! The events of the ledger's object: a request, and the alarm that runs the engine step by step.

use std::cell::Cell;

use ports::http_types::{Reply, Request};
use runtime::call_outcome::{Failure, InternalError};

use crate::settings::WarmerSettings;
use crate::warming_engine::ports::WarmerPorts;
use crate::warming_engine::{NextAlarm, WarmingEngine};
use crate::warming_ledger::warming_ledger_store::WarmingLedgerStore;

/// Pause after a step that a storage failure ended.
const BROKEN_MS: u64 = 2_000;

#[derive(Debug, Default)]
pub struct WarmingLedgerObjectService {
    /// A request arrived during a step: the next step is due at once.
    woken: Cell<bool>,
}

impl WarmingLedgerObjectService {
    /// Answers a request. `set_alarm` makes the alarm due at once.
    pub async fn handle_request<S: WarmingLedgerStore, O: WarmerPorts>(
        &self,
        opened: Result<(WarmerSettings, S), Failure>,
        ports: &O,
        request: &Request,
        set_alarm: impl AsyncFn() -> Result<(), Failure>,
    ) -> Result<Reply, Failure> {
        let (settings, store) = opened?;
        let engine = WarmingEngine { store: &store, ports, settings: &settings };
        let wake = async || {
            self.woken.set(true);
            set_alarm().await
        };
        engine.handle_request(request, wake).await
    }

    /// Runs one step. Returns the time until the next alarm, if there is one.
    pub async fn alarm<S: WarmingLedgerStore, O: WarmerPorts>(
        &self,
        opened: Result<(WarmerSettings, S), Failure>,
        ports: &O,
    ) -> Option<u64> {
        self.woken.set(false);
        let started_ms = ports.now_ms();
        let next = match opened {
            Ok((settings, store)) => {
                let engine = WarmingEngine { store: &store, ports, settings: &settings };
                engine.run_warming_step().await.map_err(|error| error.to_string())
            }
            Err(Failure::Internal(InternalError::Fault { detail })) => Err(detail),
            Err(failure) => Err(failure.to_string()),
        };
        let next = next.unwrap_or_else(|error| {
            ports.log("step", &error, serde_json::Value::Null);
            NextAlarm::At(started_ms + BROKEN_MS)
        });
        let next = if self.woken.take() { NextAlarm::Now } else { next };
        next.remaining_wait_ms(ports.now_ms())
    }
}

#[cfg(test)]
mod tests {
    use ports::http_types::Method;
    use runtime::config::Vars;
    use testkit::InjectedStoreFault;
    use testkit::executor::poll_once;

    use super::*;
    use crate::binding_manifest::UPLOADED;
    use crate::testing::fake_ports::FakeWarmerPorts;
    use crate::testing::memory_store::MemoryWarmingLedger;

    fn settings() -> Result<WarmerSettings, Failure> {
        Ok(WarmerSettings::read(&Vars::new(|_| None))?)
    }

    fn poll_to_output<F: std::future::Future>(future: F) -> F::Output {
        poll_once(future).expect("the fakes answer at once")
    }

    fn open_with_defaults(
        store: MemoryWarmingLedger,
    ) -> Result<(WarmerSettings, MemoryWarmingLedger), Failure> {
        Ok((settings()?, store))
    }

    #[test]
    fn an_alarm_with_nothing_to_do_sets_no_other() {
        let ports = FakeWarmerPorts::new();
        assert_eq!(
            poll_to_output(
                WarmingLedgerObjectService::default()
                    .alarm(open_with_defaults(MemoryWarmingLedger::default()), &ports)
            ),
            None
        );
        assert!(ports.logs.borrow().is_empty());
    }

    #[test]
    fn a_storage_failure_is_logged_and_retried() {
        let ports = FakeWarmerPorts::new();
        ports.put("uploads/library.csv", "ISBN\n9780306406157\n");
        let store = MemoryWarmingLedger::default();
        let settings = settings().unwrap();
        let engine = WarmingEngine { store: &store, ports: &ports, settings: &settings };
        poll_to_output(engine.scan_uploads(false, None)).unwrap();
        store.fault.set(Some((0, InjectedStoreFault::Lost)));
        let service = WarmingLedgerObjectService::default();
        let wait_ms = poll_to_output(service.alarm(open_with_defaults(store), &ports)).unwrap();
        assert!((1..=BROKEN_MS).contains(&wait_ms), "{wait_ms} ms after the step began");
        assert!(ports.logs.borrow().iter().any(|line| line.contains("not stored")));
    }

    #[test]
    fn a_bad_var_is_named_in_the_log() {
        let ports = FakeWarmerPorts::new();
        let bad =
            WarmerSettings::read(&Vars::new(|name| (name == "STALE_TTL").then(|| "soon".into())))
                .map_err(Failure::internal);
        let opened = bad.map(|settings| (settings, MemoryWarmingLedger::default()));
        assert_eq!(
            poll_to_output(WarmingLedgerObjectService::default().alarm(opened, &ports)),
            Some(BROKEN_MS)
        );
        let logs = ports.logs.borrow();
        assert!(logs.iter().any(|line| line.contains("STALE_TTL")), "{logs:?}");
    }

    #[test]
    fn a_request_makes_the_next_step_due_at_once() {
        let ports = FakeWarmerPorts::new();
        let service = WarmingLedgerObjectService::default();
        let cron = Request::new(Method::Post, &format!("/cron?cron={UPLOADED}"));
        let alarms = Cell::new(0);
        let set_alarm = async || {
            alarms.set(alarms.get() + 1);
            Ok(())
        };
        let reply = poll_to_output(service.handle_request(
            open_with_defaults(MemoryWarmingLedger::default()),
            &ports,
            &cron,
            set_alarm,
        ));
        assert_eq!(reply.unwrap().status, 204);
        assert_eq!(alarms.get(), 1);
        assert!(service.woken.get(), "after a running step the next is due at once");
    }
}
