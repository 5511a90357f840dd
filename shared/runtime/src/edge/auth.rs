//! Which caller a request comes from.

use ports::http::Headers;

use crate::outcome::Failure;
use crate::secret::Secrets;

#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// One of our Workers, by the props of its binding.
    Sibling(String),
    /// A client with the admin token.
    Admin,
    /// Any other client, with what it gets on a restricted route.
    Anonymous(Failure),
}

impl Caller {
    /// Identifies a caller. The secret is read only if the request carries a token.
    pub async fn identify(
        sibling: Option<String>,
        headers: &Headers,
        secrets: &impl Secrets,
        admin_token: &str,
    ) -> Self {
        if let Some(name) = sibling {
            return Self::Sibling(name);
        }
        if headers.get("authorization").is_none() {
            return Self::Anonymous(Failure::Unauthorized);
        }
        let wrong = Failure::Forbidden { detail: "The admin token is wrong".to_owned() };
        let Some(sent) = bearer(headers) else { return Self::Anonymous(wrong) };
        match secrets.secret(admin_token).await {
            Ok(token) if token.matches(sent) => Self::Admin,
            Ok(_) => Self::Anonymous(wrong),
            // Fails closed, and the log names the secret.
            Err(error) => {
                Self::Anonymous(Failure::Internal { detail: format!("{admin_token}: {error}") })
            }
        }
    }

    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !matches!(self, Self::Anonymous(_))
    }

    /// The name in logs.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Sibling(name) => Some(name),
            Self::Admin => Some("admin"),
            Self::Anonymous(_) => None,
        }
    }

    /// Admits trusted callers only.
    ///
    /// # Errors
    /// 401 without a token, 403 with a wrong one, 500 if the secret cannot be read.
    pub fn require_trusted(&self) -> Result<(), Failure> {
        match self {
            Self::Anonymous(failure) => Err(failure.clone()),
            Self::Sibling(_) | Self::Admin => Ok(()),
        }
    }
}

/// The bearer token of a request.
#[must_use]
pub fn bearer(headers: &Headers) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Secret, SecretError};

    struct Stored(Result<&'static str, SecretError>);

    impl Secrets for Stored {
        async fn secret(&self, _: &str) -> Result<Secret, SecretError> {
            self.0.and_then(|text| Secret::new(text).ok_or(SecretError::Missing))
        }
    }

    fn headers(authorization: &str) -> Headers {
        let mut headers = Headers::default();
        headers.set("authorization", authorization);
        headers
    }

    fn identify(sibling: Option<&str>, headers: &Headers, stored: &Stored) -> Caller {
        let sibling = sibling.map(str::to_owned);
        let work = Caller::identify(sibling, headers, stored, "ADMIN_TOKEN");
        testkit::executor::poll_once(work).expect("the secret is there at once")
    }

    #[test]
    fn a_bearer_is_read_whatever_the_case_of_its_name() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(&headers(header)), token, "{header}");
        }
    }

    #[test]
    fn only_siblings_and_the_token_are_trusted() {
        let stored = Stored(Ok("abc"));
        let caller = identify(Some("cache-warmer"), &Headers::default(), &stored);
        assert_eq!((caller.name(), caller.require_trusted()), (Some("cache-warmer"), Ok(())));
        let caller = identify(None, &headers("Bearer abc"), &stored);
        assert_eq!((caller.name(), caller.is_trusted()), (Some("admin"), true));
        for (headers, status) in
            [(Headers::default(), 401), (headers("Bearer abd"), 403), (headers("Basic abc"), 403)]
        {
            let caller = identify(None, &headers, &stored);
            assert!(!caller.is_trusted());
            assert_eq!(caller.require_trusted().map_err(|failure| failure.status()), Err(status));
        }
    }

    #[test]
    fn a_token_that_cannot_be_read_admits_no_request() {
        for error in [SecretError::Missing, SecretError::Unreadable] {
            let caller = identify(None, &headers("Bearer abc"), &Stored(Err(error)));
            let failure = caller.require_trusted().unwrap_err();
            assert!(
                matches!(&failure, Failure::Internal { detail } if detail.contains("ADMIN_TOKEN")),
                "{failure:?}"
            );
        }
    }
}
