//! Text of people and providers in one form, for comparisons and for keys.
//!
//! - [`canonical_text()`], [`folded_key_text`]: the canonical form of a search text, and its key.
//! - [`fold_text`]: any text to its comparable form.
//! - [`author_name_key`], [`author_display_name`], [`same_author`]: names of persons and bodies.
//! - [`title_key`], [`strip_series`], [`same_title`]: titles; [`BookSeries`]: what they are volumes
//!   of.
//! - [`normal`]: Unicode's normalisation forms.
//!
//! There are three degrees of equality. A *query's key* merges only texts that every provider
//! answers alike (case, diacritics, punctuation between words, characters without meaning). A
//! *comparable form* (`fold_text`, `…_key`) also merges spellings of one word (apostrophes, `&`,
//! initials). A *comparison* (`same_…`) confirms that a book found is the requested one; it may be
//! more tolerant, because both title and author have to match.

mod author_names;
mod canonical_text;
mod comparison;
pub(crate) mod name_and_title_words;
pub mod normal;
mod same_work;
mod series;
mod text_folding;
mod title_normalization;
mod title_words;
mod volume_numbers;

pub(crate) use author_names::collapse_spaces;
pub use author_names::{author_display_name, author_name_key, is_given_name, split_authors};
pub use canonical_text::{
    canonical_text, folded_key_text, plain_spelling, visible_text, without_signs,
};
pub use comparison::{ComparableTitle, same_author, same_person, same_title};
pub use normal::within_expansion;
pub use same_work::ComparableWork;
pub use series::BookSeries;
pub use text_folding::fold_text;
pub(crate) use text_folding::is_name_initial;
pub use title_normalization::{base_title, strip_edition_words, strip_series, title_key};
pub(crate) use title_normalization::{names_form, restore_article};
pub(crate) use title_words::number_in_word as title_number;
pub use volume_numbers::volume_number;

pub use name_and_title_words::{StaticWordList, is_function_word};

/// The longest start of a text of at most `max_bytes` bytes that ends between characters.
pub fn truncate_text(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
