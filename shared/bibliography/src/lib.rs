//! What a book is, and what is asked about it: functions of what is passed in. It knows no HTTP, no
//! clock and no provider.
//!
//! # Layout
//! - [`isbn`], [`edition`]: the number and the record of an edition.
//! - [`language`], [`markup`], [`partial_date`]: what providers write in a field, in one form.
//! - [`text`], [`query`]: what is asked, brought to one form.
//! - [`cache_key`]: the cache's key for it; [`hash`] spreads keys over objects.

pub mod cache_key;
pub mod edition;
pub mod hash;
pub mod isbn;
pub mod language;
pub mod markup;
pub mod partial_date;
pub mod query;
pub mod text;
