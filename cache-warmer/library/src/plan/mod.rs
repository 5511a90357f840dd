//! Rows of a library to the fewest upstream calls that warm it.
//!
//! Pure. [`plan`] folds the rows of a library into what is to be asked and in which order;
//! [`Workload`] counts it, and [`summary()`] turns counts into calls, units of the day's quota, time
//! and days: the answer to `POST /warm {"dryRun": true}`. Who keeps books and authors elsewhere
//! (a ledger in a database) folds with [`RequestedBook`] and its keys and needs only the counts.
//!
//! # Order
//! 1. Authors, those with most books of the library first: one unit of ISBNdb's day brings up to
//!    1,000 of an author's books, and the author's own search has to be warm anyway.
//! 2. The ISBNs that the pages lacked, in bulk: a unit each, a hundred a call.
//! 3. Single searches by title for what has no ISBN that can be used.
//!
//! What an author's page lacks is not known before it is fetched, so costs are given three
//! times: at least (pages hold everything), expected, at most (they hold nothing).
//!
//! # Folding
//! Rows with one number are one book, where their titles agree. Where they do not, the ISBN is
//! asked once without a title, and each title by itself: neither is believed. A row without a
//! number joins the book of the same title and author. A repaired ISBN joins the same number of
//! a row that had it right, if the titles agree; else it stays a repaired ISBN that has to be confirmed.

mod cost;
mod fold;
mod items;
mod provider_limits;
mod requested_book;
mod summary;

pub use cost::{Cost, ProviderCost, Range};
pub use fold::{PlannedAuthor, PlannedBook, SharedIsbn};
pub use items::{MAX_BOOKS_PER_ITEM, Plan, PlanCounts, Target, plan};
pub use provider_limits::{
    GoogleLimits, IsbndbLimits, OpenLibraryLimits, ProviderLimits, Workload,
};
pub use requested_book::{RequestedBook, author_id, isbn_id};
pub use summary::{KeepWarm, Minimum, PlanSummary, summary};
