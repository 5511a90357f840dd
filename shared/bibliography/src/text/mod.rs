//! Text of people and providers in one form, for comparisons and for keys.
//!
//! - [`canonical_text()`], [`canonical_key`]: the canonical form of a search text, and its key.
//! - [`fold()`]: any text to its comparable form.
//! - [`author_key`], [`display_name`], [`same_author`]: names of persons and bodies.
//! - [`title_key`], [`strip_series`], [`same_title`]: titles; [`Series`]: what they are volumes of.
//! - [`lowercase()`], [`normal`]: small letters, Unicode's normalisation forms.
//!
//! There are three degrees of equality. A *query's key* merges only texts that every provider
//! answers alike (case, diacritics, punctuation between words, characters without meaning). A
//! *comparable form* (`fold`, `…_key`) also merges spellings of one word (apostrophes, `&`,
//! initials). A *comparison* (`same_…`) confirms that a book found is the requested one; it may be
//! more tolerant, because both title and author have to match.

mod author;
mod canonical_text;
mod case;
mod fold;
mod marks;
pub mod normal;
mod numbers;
mod same;
mod same_work;
mod series;
mod title;
mod title_words;
pub(crate) mod words;

pub(crate) use author::collapse_spaces;
pub use author::{author_key, display_name, is_given_name, split_authors};
pub use canonical_text::{
    canonical_key, canonical_text, plain_spelling, visible_text, without_signs,
};
pub use case::lowercase;
pub use fold::fold;
pub(crate) use fold::is_initial;
pub use normal::within_expansion;
pub use numbers::volume_number;
pub use same::{ComparableTitle, same_author, same_person, same_title};
pub use same_work::WorkTexts;
pub use series::Series;
pub use title::{base_title, strip_series, title_key, without_edition};
pub(crate) use title::{names_form, restore_article};
pub(crate) use title_words::number as title_number;

pub use words::{SortedWords, is_function_word};

#[cfg(test)]
mod tests;
