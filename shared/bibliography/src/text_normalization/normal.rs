//! Unicode normalisation forms (UAX #15).
//!
//! The tables are those of a crate, not of the JavaScript engine: a stored key must depend on the
//! text alone, not on the version of V8.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
pub(super) use unicode_normalization::char::is_combining_mark;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormalizationForm {
    Nfc,
    Nfkc,
    Nfkd,
}

/// A text in a normalisation form. Plain ASCII is normalised in every form.
pub fn normalize_unicode(text: &str, form: NormalizationForm) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(match form {
        NormalizationForm::Nfc => text.nfc().collect(),
        NormalizationForm::Nfkc => text.nfkc().collect(),
        NormalizationForm::Nfkd => text.nfkd().collect(),
    })
}

/// The start of a text whose compatibility form has at most `most` characters: one character may
/// expand to eighteen, and each takes time in every later step.
pub fn within_expansion(text: &str, most: usize) -> &str {
    if text.is_ascii() {
        return text;
    }
    let mut count = 0;
    let is_past = |(_, c): &(usize, char)| {
        count += std::iter::once(*c).nfkc().count();
        count > most
    };
    let end = text.char_indices().find(is_past).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_its_expanded_length() {
        let cut = within_expansion(&"\u{fdfa}".repeat(500), 1_000).len();
        assert_eq!(cut, 55 * "\u{fdfa}".len(), "18 characters each");
        for text in ["a".repeat(5_000), "é".repeat(500), "村".repeat(500), "ﬁ".repeat(500)] {
            assert_eq!(within_expansion(&text, 1_000), text);
        }
    }
}
