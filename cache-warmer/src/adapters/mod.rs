//! The core's ports on workerd, and the handlers of the Worker's events.

pub(crate) mod health;
pub(crate) mod ledger_object;
pub(crate) mod object_events;
pub(crate) mod queue;
pub(crate) mod siblings;
pub(crate) mod sql;
pub(crate) mod upload;
pub(crate) mod wake;
pub(crate) mod workerd_ports;
