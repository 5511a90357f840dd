//! ISBNdb's API as data: what is sent, what comes back, without I/O.
//!
//! # Layout
//! - [`plan`]: hosts, pace, quota and sizes by plan.
//! - [`request`]: the requests.
//! - [`classify`]: what a status with its body means.
//! - [`parse`]: both generations of answers into our own books; [`names`] for lists of names.

pub mod classify;
pub mod names;
pub mod parse;
pub mod plan;
pub mod request;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod recorded_tests;
