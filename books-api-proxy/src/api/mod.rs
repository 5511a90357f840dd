//! The outer edge: routes, parameters, answers.

pub mod about;
pub mod ask;
mod asked;
pub mod auth;
pub mod dispatch;
pub mod google_error;
pub mod handle;
pub mod ops;
pub mod params;
pub mod purge;
pub mod reply;
pub mod route;
pub mod search;
pub mod volume;
