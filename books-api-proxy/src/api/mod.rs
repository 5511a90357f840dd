//! The outer edge: routes, parameters, Google's query language, answers.

pub mod ask;
pub mod auth;
pub mod google;
pub mod handle;
pub mod ops;
pub mod params;
pub mod purge;
pub mod reply;
pub mod route;
pub mod search;
