//! Text that must not be printed.

use std::fmt;

/// Characters of a token that a client presents.
pub const MIN_TOKEN_CHARS: usize = 16;

/// A key or token. `Debug` shows a fixed text, there is no `Display` and no serde, so that it
/// cannot reach a log line, an error or a binding by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text; surrounding white space (a pasted newline) is dropped. An empty text is no
    /// secret, nor is one that no header can carry: an invisible character that came along when it
    /// was copied would fail every request as if no provider could be reached.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let sendable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        sendable.then(|| Self(text.to_owned()))
    }

    /// The text that is bound under a name. A token that a client presents can be guessed, so a short
    /// one is refused.
    pub fn of_binding(name: &str, text: &str) -> Result<Self, SecretError> {
        if text.trim().is_empty() {
            return Err(SecretError::Missing);
        }
        // Not missing: what it guards must not stand open.
        let secret = Self::new(text).ok_or(SecretError::Unreadable)?;
        match name.ends_with("_TOKEN") && secret.0.len() < MIN_TOKEN_CHARS {
            true => Err(SecretError::TooShort),
            false => Ok(secret),
        }
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with a text from outside without stopping at the first difference. (The length
    /// shows; it is no secret.)
    pub fn matches(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        own.len() == other.len()
            && own.iter().zip(other).fold(0_u8, |seen, (a, b)| seen | (a ^ b)) == 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not bound, or empty: for an optional secret that is no error.
    #[error("missing")]
    Missing,
    /// Bound, but the store gives nothing (it does not exist there, or the store is down), or the
    /// text cannot be sent ([`Secret::new`]).
    #[error("unreadable")]
    Unreadable,
    /// A token of fewer than [`MIN_TOKEN_CHARS`] characters.
    #[error("shorter than 16 characters")]
    TooShort,
}

pub trait Secrets {
    /// Reads one.
    fn secret(&self, name: &str) -> impl Future<Output = Result<Secret, SecretError>>;
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new(" key-1\n").unwrap();
        assert_eq!(secret.expose(), "key-1");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(Secret::new(" \n"), None);
    }

    #[test]
    fn what_no_header_can_carry_is_no_secret() {
        for text in
            ["key\u{200b}1", "\u{feff}key-1", "key\n1", "\u{201c}key-1\u{201d}", "schlüssel"]
        {
            assert_eq!(Secret::new(text), None, "{text:?}");
        }
        assert!(Secret::new("correct horse ~battery").is_some());
    }

    #[test]
    fn a_short_token_is_refused_and_a_short_key_is_not() {
        let of = |name, text| Secret::of_binding(name, text).err();
        for name in ["ADMIN_TOKEN", "SEARCH_TOKEN"] {
            assert_eq!(of(name, " \n"), Some(SecretError::Missing));
            assert_eq!(of(name, "schlüssel-der-lang-ist"), Some(SecretError::Unreadable));
            for text in ["x", "fifteen-letters", "fifteen-letters \n"] {
                assert_eq!(of(name, text), Some(SecretError::TooShort), "{text}");
            }
            assert_eq!(of(name, "sixteen--letters"), None);
        }
        assert_eq!(of("ISBNDB_API_KEY", "k"), None);
    }

    #[test]
    fn comparison_is_whole() {
        let secret = Secret::new("abc").unwrap();
        for (text, same) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
            assert_eq!(secret.matches(text), same, "{text}");
        }
    }
}
