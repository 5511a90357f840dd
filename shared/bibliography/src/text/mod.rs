//! Text as people and providers write it, brought to one form for comparing and for keys.
//!
//! - [`fold()`]: any text to its comparable form; the base of every key.
//! - [`author_key`], [`display_name`], [`same_author`]: names of persons and bodies.
//! - [`title_key`], [`strip_series`], [`same_title`]: titles.
//! - [`lowercase()`], [`normal`]: small letters, Unicode's normalisation forms.
//!
//! Two strengths are kept apart on purpose. A *key* merges only what is surely the same text
//! (case, diacritics, punctuation, initials, an inverted name). A *comparison* (`same_…`) confirms
//! a book that came back for a book that was asked and may be more tolerant, because both title
//! and author have to agree.

mod author;
mod case;
mod fold;
mod marks;
pub mod normal;
mod same;
mod title;
pub(crate) mod words;

pub(crate) use author::collapse;
pub use author::{author_key, display_name, is_given_name, split_authors};
pub use case::lowercase;
pub use fold::fold;
pub(crate) use fold::is_initial;
pub use same::{same_author, same_title};
pub(crate) use title::restore_article;
pub use title::{base_title, strip_series, title_key, without_edition};

#[cfg(test)]
mod tests;
