//! The ledger: jobs, items and their states.
//!
//! A pure state machine over a [`warming_ledger_store::WarmingLedgerStore`]; nothing here makes a
//! call. What has to match is committed as one change set, with the counters of the job.
//!
//! docs/STATES.md draws the states of items and jobs and their transitions. The lease is stored in
//! the job: that writes one row, and not one an item. The next step replaces a lease that a crashed
//! step left behind.

pub(crate) mod backoff;
pub(crate) mod batch_provider_health;
pub(crate) mod item_transition;
pub mod job;
pub(crate) mod job_progress;
pub(crate) mod learned_batch_sizes;
pub mod search_log_warming;
pub mod warmer_state;
pub mod warming_item;
pub(crate) mod warming_ledger_changes;
pub mod warming_ledger_store;
