//! ISBNdb's API as data: requests and answers, without I/O.
//!
//! # Layout
//! - [`subscription_plan`]: hosts, pace, quota and sizes by plan.
//! - [`isbndb_requests`]: the requests.
//! - [`response_classification`]: what status and body of an answer mean.
//! - [`parse`]: answers of both API generations into editions; [`author_subject_names`] cleans
//!   lists of names.

pub mod author_subject_names;
pub mod isbndb_requests;
pub mod parse;
pub mod response_classification;
pub mod subscription_plan;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod recorded_tests;
