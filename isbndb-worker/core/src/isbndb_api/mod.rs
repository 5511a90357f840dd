//! ISBNdb's API as data: requests and answers, without I/O.

pub mod author_subject_names;
pub mod isbndb_requests;
pub mod parse;
pub mod response_classification;
pub mod subscription_plan;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod recorded_tests;
