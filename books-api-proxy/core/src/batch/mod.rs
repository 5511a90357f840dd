//! `POST /search/batch`: many questions in, one typed outcome each out.
//!
//! 1. Items with a warm entry are answered from the cache.
//! 2. The others are fetched: ISBNs in one bulk call per provider, an author once for all of its
//!    books.
//! 3. Entries are composed from the records and stored in the cold tier, each key once. An item is
//!    reported as found only if the tier has accepted its entry, and as deferred if calls,
//!    operations or time do not suffice.
//!
//! # Layout
//! - [`item`]: items and their keys. [`keys`]: the content of keys. [`limits`]: calls, operations
//!   and time. [`from_cache`], [`warm_entries`]: step 1.
//!   [`fetch`]: step 2. [`compose`], [`store`], [`linked_books`]: step 3.

pub mod bulk_ports;
pub mod compose;
pub mod fetch;
pub mod from_cache;
pub mod item;
pub mod keys;
pub mod limits;
pub mod linked_books;
pub mod run;
pub mod store;
pub mod warm_entries;

#[cfg(test)]
mod tests;
