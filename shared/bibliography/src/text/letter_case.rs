//! Small letters.

/// A text in small letters, in every script, by the standard library's tables. The tables of the
/// JavaScript engine would make a stored key depend on its version. For ASCII words
/// [`str::to_ascii_lowercase`] is enough.
pub fn lowercase(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}
