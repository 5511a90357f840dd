//! ISBNdb's API as data: requests and answers, without I/O.
//!
//! # Layout
//! - [`plan`]: hosts, pace, quota and sizes by plan.
//! - [`request`]: the requests.
//! - [`classify`]: what status and body of an answer mean.
//! - [`parse`]: answers of both API generations into editions; [`names`] cleans lists of names.

pub mod classify;
pub mod names;
pub mod parse;
pub mod plan;
pub mod request;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod recorded_tests;
