//! A personal library: its file to rows, and its rows to the fewest calls that warm it.
//!
//! Pure: no clock, no network, no platform. The Worker feeds it slices of a file from R2 and keeps
//! what comes out in its ledger.
//!
//! - [`import`]: files to rows, whatever program wrote them.
//! - [`plan`]: rows to what is to be asked, in which order, and what that costs.

pub mod import;
pub mod plan;
