//! The outer edge: routes, parameters, answers.

mod batch_forwarding;
pub mod dispatch;
pub mod google_compatible_errors;
pub mod health_and_metrics;
pub mod page_reply;
pub mod public_request;
pub mod purge;
pub mod query_parameters;
pub mod route;
pub mod search_question_parser;
pub mod search_routes;
pub mod static_pages;
