//! `POST /search/batch`: many questions in, one typed outcome each out.
//!
//! 1. What stands in the cache answers.
//! 2. What is missing is requested: numbers in one bulk call a provider, an author once for all of
//!    its books.
//! 3. From what comes back the entries are composed, stored in the cold tier, and looked at there:
//!    only what was seen is reported as found.
//!
//! # Layout
//! - [`item`]: an item's keys. [`cached`]: step 1. [`fetch`]: step 2. [`compose`], [`store`],
//!   [`beside`]: step 3.

pub mod cached;
pub mod compose;
pub mod fetch;
pub mod item;
pub mod linked_books;
pub mod port;
pub mod run;
pub mod store;

#[cfg(test)]
mod tests;
