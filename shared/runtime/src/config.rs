//! Reads and checks variables: an error names the variable and what is expected.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ports::binding_manifest::Var;

use crate::binding_manifest::LOCATION_HINT;

/// Cloudflare's location hints.
const LOCATIONS: [&str; 9] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct ConfigError {
    pub name: &'static str,
    /// What is wrong and what is expected; never the value of a secret.
    pub why: String,
}

impl ConfigError {
    pub fn new(var: Var, why: impl Into<String>) -> Self {
        Self { name: var.0, why: why.into() }
    }
}

type VarSource<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A source of variables. An empty text counts as absent.
pub struct Vars<'a>(Box<VarSource<'a>>);

impl<'a> Vars<'a> {
    pub fn new(source: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self(Box::new(source))
    }

    /// The trimmed text, if the variable is set.
    pub fn var_text(&self, var: Var) -> Option<String> {
        (self.0)(var.0).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A whole number within bounds, or the default if the variable is absent.
    pub fn bounded_number<N: FromStr + Ord + Display>(
        &self,
        var: Var,
        default: N,
        bounds: RangeInclusive<N>,
    ) -> Result<N, ConfigError> {
        let Some(text) = self.var_text(var) else { return Ok(default) };
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
            ConfigError::new(
                var,
                format!("{text:?} is not a number from {} to {}", bounds.start(), bounds.end()),
            )
        })
    }

    /// A decimal number from 0 to `most`, or the default.
    pub fn decimal(&self, var: Var, default: f64, most: u32) -> Result<f64, ConfigError> {
        let Some(text) = self.var_text(var) else { return Ok(default) };
        decimal(&text).filter(|number| *number <= f64::from(most)).ok_or_else(|| {
            ConfigError::new(var, format!("{text:?} is not a number from 0 to {most}"))
        })
    }

    /// A share from 0 to 1, or the default.
    pub fn fraction_or_default(&self, var: Var, default: f64) -> Result<f64, ConfigError> {
        self.decimal(var, default, 1)
    }

    /// Where Cloudflare creates objects; if absent, near the first request.
    pub fn location_hint(&self) -> Result<Option<&'static str>, ConfigError> {
        let Some(text) = self.var_text(LOCATION_HINT) else { return Ok(None) };
        let found = LOCATIONS.into_iter().find(|location| *location == text);
        let why = || format!("{text:?} is none of {}", LOCATIONS.join(", "));
        found.map(Some).ok_or_else(|| ConfigError::new(LOCATION_HINT, why()))
    }

    pub fn boolean(&self, var: Var, default: bool) -> Result<bool, ConfigError> {
        match self.var_text(var).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(text) => Err(ConfigError::new(var, format!("{text:?} is not true or false"))),
        }
    }

    /// The base URL of a provider without its trailing slash, or the default.
    /// Errors: not `https://host…`; plain `http://` is for loopback only, so that a key is never
    /// sent unencrypted.
    pub fn base_url(&self, var: Var, default: &str) -> Result<String, ConfigError> {
        let Some(text) = self.var_text(var) else { return Ok(default.to_owned()) };
        let text = text.trim_end_matches('/');
        let host_of = |scheme: &str| {
            text.strip_prefix(scheme).map(|rest| rest.split(['/', ':']).next().unwrap_or_default())
        };
        let sound = !text.contains(['?', '#', '@', ' ', '\\'])
            && match (host_of("https://"), host_of("http://")) {
                (Some(host), _) => !host.is_empty(),
                (None, Some(host)) => matches!(host, "127.0.0.1" | "localhost"),
                (None, None) => false,
            };
        if sound {
            Ok(text.to_owned())
        } else {
            // Without the text: it may contain a password, and /health shows the error.
            let why = "is not https://host (http:// is accepted for 127.0.0.1 only)";
            Err(ConfigError::new(var, why))
        }
    }
}

/// Digits with at most one point: no exponent, no sign, no infinity.
fn decimal(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Var = Var("X");

    fn vars(value: &str) -> Vars<'static> {
        let value = value.to_owned();
        Vars::new(move |name| (name == "X").then(|| value.clone()))
    }

    #[test]
    fn a_location_is_one_of_cloudflare_s() {
        let hint = |text: &str| {
            let text = text.to_owned();
            let value = |name: &str| (name == "LOCATION_HINT").then(|| text.clone());
            Vars::new(value).location_hint().map_err(|error| error.to_string())
        };
        assert_eq!((hint(""), hint(" weur ")), (Ok(None), Ok(Some("weur"))));
        for text in ["Europe", "WEUR", "eu"] {
            assert!(hint(text).unwrap_err().starts_with("LOCATION_HINT: "), "{text}");
        }
    }

    #[test]
    fn numbers_are_bounded_and_the_error_names_the_variable() {
        for (text, expected) in [("5", Some(5)), (" 7 ", Some(7)), ("", Some(1)), ("10", Some(10))]
        {
            assert_eq!(vars(text).bounded_number(X, 1, 0..=10).ok(), expected, "{text:?}");
        }
        for text in ["11", "-1", "abc", "1.5", "1e3"] {
            let error = vars(text).bounded_number(X, 1_u32, 0..=10).unwrap_err();
            assert_eq!(error.name, "X");
            assert!(error.to_string().starts_with("X: "), "{error}");
        }
        assert_eq!(vars("0.3").fraction_or_default(X, 0.5), Ok(0.3));
        for (text, expected) in
            [("1", 1.0), ("0", 0.0), (".25", 0.25), ("1.0", 1.0), ("0.07", 0.07)]
        {
            assert_eq!(vars(text).fraction_or_default(X, 0.5), Ok(expected), "{text}");
        }
        assert_eq!(vars("12.5").decimal(X, 1.0, 100), Ok(12.5));
        for text in ["1.1", "NaN", "-0.1", "half", ".", "0.1.1", "1e-1", "inf"] {
            assert!(vars(text).fraction_or_default(X, 0.5).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_are_words() {
        assert_eq!(vars("true").boolean(X, false), Ok(true));
        assert_eq!(vars("").boolean(X, true), Ok(true));
        assert!(vars("1").boolean(X, false).is_err());
    }

    #[test]
    fn a_base_url_is_https_or_loopback() {
        for (text, expected) in [
            ("https://api2.isbndb.com/", Some("https://api2.isbndb.com")),
            ("http://127.0.0.1:4001", Some("http://127.0.0.1:4001")),
            ("http://localhost:4001/base", Some("http://localhost:4001/base")),
            ("", Some("https://default")),
        ] {
            assert_eq!(vars(text).base_url(X, "https://default").ok().as_deref(), expected);
        }
        for text in [
            "http://example.org",
            "ftp://x",
            "https://",
            "example.org",
            "https://a@b",
            "https://a?x=1",
            "http://127.0.0.1.example.org",
            "javascript:alert(1)",
            "https://user:pa55@mirror.example",
        ] {
            let error = vars(text).base_url(X, "https://default").unwrap_err();
            assert!(
                !error.to_string().contains("pa55"),
                "/health shows it to anonymous clients: {error}"
            );
        }
    }
}
