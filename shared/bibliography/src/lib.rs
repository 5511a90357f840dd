//! Books and searches for books, as pure functions. This crate knows no HTTP, no clock and no
//! provider.
//!
//! # Layout
//! - [`isbn`], [`edition`]: the ISBN and the record of an edition.
//! - [`language`], [`markup`], [`partial_date`]: normalise fields of providers.
//! - [`text`], [`query`]: normalise and analyse a search.
//! - [`cache_key`]: the cache key of a query; [`hash`] spreads keys over objects.

pub mod cache_key;
pub mod edition;
pub mod hash;
pub mod isbn;
pub mod language;
pub mod markup;
pub mod partial_date;
pub mod query;
pub mod text;
