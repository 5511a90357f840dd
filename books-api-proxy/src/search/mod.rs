//! From a question to an answer.

pub mod gather;
pub mod plan;
