//! Unicode normalisation forms (UAX #15).
//!
//! In wasm the language runtime does it: `String.prototype.normalize` is part of ECMAScript, and
//! the crate's tables would be half of what a Worker may weigh. Elsewhere the crate does. A test
//! in wasm holds the two against each other over every character.

use std::borrow::Cow;

/// A normalisation form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical composition.
    Nfc,
    /// Compatibility composition.
    Nfkc,
    /// Compatibility decomposition.
    Nfkd,
}

/// A text in a normalisation form. Plain ASCII is in all of them.
#[must_use]
pub fn normalize(text: &str, form: Form) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(other_than_ascii(text, form)) }
}

#[cfg(target_arch = "wasm32")]
fn other_than_ascii(text: &str, form: Form) -> String {
    let form = match form {
        Form::Nfc => "NFC",
        Form::Nfkc => "NFKC",
        Form::Nfkd => "NFKD",
    };
    js_sys::JsString::from(text).normalize(form).into()
}

#[cfg(not(target_arch = "wasm32"))]
fn other_than_ascii(text: &str, form: Form) -> String {
    use unicode_normalization::UnicodeNormalization;

    match form {
        Form::Nfc => text.nfc().collect(),
        Form::Nfkc => text.nfkc().collect(),
        Form::Nfkd => text.nfkd().collect(),
    }
}
