//! Small letters.
//!
//! As with [`super::normal`], the language runtime knows them in wasm: the standard library's
//! table and the rule for a final sigma are 16 KB there. A test in wasm holds the two against each
//! other over every character.

/// A text in small letters, in every script. Words that can only be ASCII need no more than
/// [`str::to_ascii_lowercase`].
#[must_use]
pub fn lowercase(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { other_than_ascii(text) }
}

#[cfg(target_arch = "wasm32")]
fn other_than_ascii(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
fn other_than_ascii(text: &str) -> String {
    text.to_lowercase()
}
