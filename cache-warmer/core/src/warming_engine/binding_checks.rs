//! The 15-minute health check of both siblings: its history, and an `alert` in the log.

use ports::OutgoingRequest;
use serde::de::IgnoredAny;

use super::WarmingEngine;
use super::ports::{SiblingWorker, WarmerPorts};
use crate::warming_ledger::warmer_state::BindingCheck;
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// A sibling that takes longer counts as down.
const CHECK_MS: u64 = 3_000;
/// An alert is logged if the 95th percentile is above this time. A sibling limits its own
/// health answer to a second.
const ALERT_P95_MS: u64 = 1_500;

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Requests the health of both siblings and stores the results.
    pub(crate) async fn check_bindings(&self) -> StorageResult<()> {
        let mut found = Vec::new();
        for sibling in [SiblingWorker::Proxy, SiblingWorker::Isbndb] {
            let started_ms = self.ports.now_ms();
            let request = OutgoingRequest::get("/health");
            let answer =
                self.ports.call_sibling::<IgnoredAny>(sibling, "/health", request, CHECK_MS).await;
            let now_ms = self.ports.now_ms();
            found.push(BindingCheck {
                at_ms: now_ms,
                binding: sibling.binding_name().to_owned(),
                ok: answer.is_ok(),
                ms: now_ms.saturating_sub(started_ms),
                error: answer.err().map(|failure| failure.root_cause().to_string()),
            });
        }
        let mut checks = self.store.check_history()?;
        for check in found {
            checks.add(check.clone());
            let BindingCheck { binding, error, .. } = check;
            let p95_ms = checks.p95_ms(&binding).unwrap_or_default();
            if error.is_some() || p95_ms > ALERT_P95_MS {
                let fields = serde_json::json!({
                    "binding": binding, "error": error, "p95_ms": p95_ms,
                });
                self.ports.log("alert", "a binding is down or slow", fields);
            }
        }
        self.store.commit_changes(&[&checks])
    }
}
