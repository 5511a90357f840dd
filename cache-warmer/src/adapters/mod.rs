//! The core's ports on workerd, and the handlers of the Worker's events.

pub(crate) mod health;
pub(crate) mod ledger_object;
pub(crate) mod sql_ledger;
pub(crate) mod upload_notifications;
pub(crate) mod workerd_ports;
