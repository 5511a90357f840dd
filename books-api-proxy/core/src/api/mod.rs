//! The outer edge: routes, parameters, answers.

mod batch;
pub mod dispatch;
pub mod edge;
pub mod google_error;
pub mod ops;
pub mod params;
pub mod purge;
pub mod read_question;
pub mod reply;
pub mod route;
pub mod search;
pub mod static_pages;
