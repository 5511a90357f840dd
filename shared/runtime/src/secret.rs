//! Text that must not be printed.

use std::fmt;

use crate::call_outcome::Failure;
use crate::time::DAY_MS;

/// Least length of a token that clients present.
pub const MIN_TOKEN_CHARS: usize = 16;

/// How long a text is used before the store is read again: a rotated key is used after this time.
const SECRET_FRESH_MS: u64 = 5 * 60 * 1_000;
/// How long the last text is used while the store fails.
const STALE_MS: u64 = 60 * 60 * 1_000;
/// How long a failed store is not read again: each read may take most of a second.
const FAILED_MS: u64 = 5_000;

/// A provider's key that could not be read for this long counts as removed.
const KEY_OUT_MS: u64 = DAY_MS;
/// `Retry-After` while a provider's key cannot be read.
const KEY_RETRY_MS: u64 = 5_000;

/// A key or token. `Debug` prints a fixed text, and there is no `Display` and no serde, so that the
/// text cannot enter a log line, an error or a call over a binding by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text without surrounding white space (a pasted newline). `None` if the text is empty
    /// or no header can carry it: a copied invisible character would fail every request as if no
    /// provider could be reached.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let sendable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        sendable.then(|| Self(text.to_owned()))
    }

    /// The secret of a binding. A short token is refused, because clients could guess it.
    pub fn of_binding(name: &str, text: &str) -> Result<Self, SecretError> {
        if text.trim().is_empty() {
            return Err(SecretError::Missing);
        }
        // Not `Missing`: a bad secret must not leave open what it guards.
        let secret = Self::new(text).ok_or(SecretError::Unreadable)?;
        match name.ends_with("_TOKEN") && secret.0.len() < MIN_TOKEN_CHARS {
            true => Err(SecretError::TooShort),
            false => Ok(secret),
        }
    }

    /// The text itself, for the code that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with a client's text without stopping at the first difference. (The comparison
    /// reveals the length, which is no secret.)
    pub fn matches(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        own.len() == other.len()
            && own.iter().zip(other).fold(0_u8, |seen, (a, b)| seen | (a ^ b)) == 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not bound, or empty: no error for an optional secret.
    #[error("missing")]
    Missing,
    /// Bound, but the store returns nothing (no such secret, or the store is down), or no header
    /// can carry the text ([`Secret::new`]).
    #[error("unreadable")]
    Unreadable,
    #[error("shorter than 16 characters")]
    TooShort,
}

/// What an isolate remembers of a stored secret: its text, and that the store failed recently.
#[derive(Clone, Debug, Default)]
pub struct KnownSecret {
    read: Option<(Secret, u64)>,
    failed_ms: Option<u64>,
}

impl KnownSecret {
    /// The result without a read; `None` if the store has to be read.
    pub fn get(&self, now_ms: u64) -> Option<Result<Secret, SecretError>> {
        let is_recent = |at_ms: u64, for_ms: u64| now_ms.saturating_sub(at_ms) < for_ms;
        match (&self.read, self.failed_ms) {
            (Some((secret, at_ms)), _) if is_recent(*at_ms, SECRET_FRESH_MS) => {
                Some(Ok(secret.clone()))
            }
            (_, Some(at_ms)) if is_recent(at_ms, FAILED_MS) => Some(self.last_secret(now_ms)),
            _ => None,
        }
    }

    /// Remembers the result of a read, and returns what the request may use.
    pub fn remember_read(
        &mut self,
        read: Result<Secret, SecretError>,
        now_ms: u64,
    ) -> Result<Secret, SecretError> {
        match read {
            Ok(secret) => {
                *self = Self { read: Some((secret.clone(), now_ms)), failed_ms: None };
                Ok(secret)
            }
            Err(SecretError::TooShort) => Err(SecretError::TooShort),
            Err(_) => {
                self.failed_ms = Some(now_ms);
                self.last_secret(now_ms)
            }
        }
    }

    /// The last text, which stays valid for a while if the store fails.
    fn last_secret(&self, now_ms: u64) -> Result<Secret, SecretError> {
        let read = self.read.as_ref();
        let last = read.filter(|(_, at_ms)| now_ms.saturating_sub(*at_ms) < STALE_MS);
        last.map(|(secret, _)| secret.clone()).ok_or(SecretError::Unreadable)
    }
}

/// The failure of a call to a provider whose key cannot be read but was in use lately (`last_use_ms`;
/// 0 for never): an outage, not "not configured", for an answer without a provider that is not
/// configured counts as complete.
pub fn unreadable_key_failure(provider: &str, last_use_ms: u64, now_ms: u64) -> Option<Failure> {
    let detail = || format!("the key of {provider} cannot be read");
    let is_outage = now_ms < last_use_ms.saturating_add(KEY_OUT_MS);
    is_outage.then(|| Failure::unavailable(detail(), KEY_RETRY_MS))
}

pub trait SecretSource {
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
    fn an_unreadable_key_is_an_outage_for_a_day_after_its_last_use() {
        let failure = |last_use_ms, now_ms| unreadable_key_failure("X", last_use_ms, now_ms);
        let now_ms = 100 * DAY_MS;
        let outage = failure(now_ms - DAY_MS + 1, now_ms).unwrap();
        assert_eq!(outage.error_reply_and_retry_rules().status, 503);
        assert_eq!(outage.retry_after_ms(now_ms), Some(KEY_RETRY_MS));
        assert_eq!(failure(now_ms - DAY_MS, now_ms), None);
        assert_eq!(failure(0, now_ms), None);
    }

    #[test]
    fn a_text_that_no_header_can_carry_is_no_secret() {
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
    fn a_store_that_fails_is_not_read_at_every_request() {
        let key = |text: &str| Ok(Secret::new(text).unwrap());
        let unreadable = Err(SecretError::Unreadable);
        let mut known = KnownSecret::default();
        assert_eq!(known.get(0), None);
        assert_eq!(known.remember_read(unreadable.clone(), 0), unreadable);
        assert_eq!(known.get(FAILED_MS - 1), Some(unreadable.clone()));
        assert_eq!(known.get(FAILED_MS), None);
        assert_eq!(known.remember_read(key("a"), FAILED_MS), key("a"));
        assert_eq!(known.get(FAILED_MS + SECRET_FRESH_MS - 1), Some(key("a")));
        let later_ms = FAILED_MS + SECRET_FRESH_MS;
        assert_eq!(known.get(later_ms), None);
        // The last text is used for another hour.
        assert_eq!(known.remember_read(unreadable.clone(), later_ms), key("a"));
        assert_eq!(known.get(later_ms + 1), Some(key("a")));
        assert_eq!(known.remember_read(unreadable.clone(), FAILED_MS + STALE_MS), unreadable);
        assert_eq!(known.remember_read(Err(SecretError::TooShort), 0), Err(SecretError::TooShort));
        assert_eq!(known.remember_read(key("b"), later_ms), key("b"));
        assert_eq!(known.get(later_ms), Some(key("b")));
    }

    #[test]
    fn comparison_covers_the_whole_text() {
        let secret = Secret::new("abc").unwrap();
        for (text, same) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
            assert_eq!(secret.matches(text), same, "{text}");
        }
    }
}
