//! The outer edge: routes, parameters, Google's query language.

pub mod google;
pub mod params;
pub mod route;
