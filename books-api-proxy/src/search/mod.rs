//! From a question to an answer.

pub mod build;
pub mod gather;
pub mod judge;
pub mod lead;
pub mod page;
pub mod plan;
pub mod question;
pub mod rest;
pub mod serve;

#[cfg(test)]
mod any_text_tests;
#[cfg(test)]
mod same_key_tests;
#[cfg(test)]
mod tests;
