//! Small letters.

/// A text in small letters, in every script, by the standard library's tables: not by those of the
/// language runtime, on whose version a stored key must not depend. Words that can only be ASCII
/// need no more than [`str::to_ascii_lowercase`].
pub fn lowercase(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}
