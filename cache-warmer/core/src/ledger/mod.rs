//! The ledger: what every library needs, what became of it, and what comes next.
//!
//! Pure state machine over a [`store::LedgerStore`]; nothing here makes a call. Everything that must
//! hold together is committed as one change set, and the counters of a job are part of it.
//!
//! The states of items and jobs, and what moves them, are drawn in docs/STATES.md. A lease is kept in
//! the job, not in its items: one row written instead of one an item, and one that a dead step left
//! behind is replaced by the next.

pub(crate) mod backoff;
pub(crate) mod batch_provider_health;
pub(crate) mod batch_sizes;
pub(crate) mod change_set;
pub(crate) mod counts;
pub mod item;
pub(crate) mod item_transition;
pub mod job;
pub mod meta;
pub(crate) mod progress;
pub mod rows;
pub mod search_log;
pub mod store;

#[cfg(test)]
pub(crate) mod mem;
