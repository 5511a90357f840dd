//! Unicode normalisation forms (UAX #15).
//!
//! The tables are those of a crate, not of the language runtime: a stored key must be a function
//! of the text alone, and not of the version of V8 that happened to run.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfkc,
    Nfkd,
}

/// A text in a normalisation form. Plain ASCII is in all of them.
#[must_use]
pub fn normalize(text: &str, form: Form) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(other_than_ascii(text, form)) }
}

fn other_than_ascii(text: &str, form: Form) -> String {
    match form {
        Form::Nfc => text.nfc().collect(),
        Form::Nfkc => text.nfkc().collect(),
        Form::Nfkd => text.nfkd().collect(),
    }
}
