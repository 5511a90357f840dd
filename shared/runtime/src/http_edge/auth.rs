//! Who sent a request: a sibling, the admin or an anonymous client.

use ports::Clock;
use ports::http_types::Headers;

use crate::call_outcome::{Failure, RequestRejection};
use crate::secret::SecretSource;

/// The delay of an answer to a wrong token, so that guessing is slow. The delay takes no CPU time
/// and delays no other request.
pub const WRONG_TOKEN_WAIT_MS: u64 = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// A Worker that the owner has bound, by the props of its binding.
    Sibling(String),
    Admin,
    /// Any other client, with the failure that a restricted route returns to it.
    Anonymous(Failure),
}

impl Caller {
    /// Identifies a caller. Secrets are read only if the request has a token. A wrong token waits
    /// on every route, because a right one changes the answer of public routes too. A bearer equal
    /// to the secret `other_token` is valid, but its client stays anonymous.
    pub async fn identify(
        sibling: Option<String>,
        headers: &Headers,
        secrets: &impl SecretSource,
        clock: &impl Clock,
        admin_token: &str,
        other_token: Option<&str>,
    ) -> Self {
        if let Some(name) = sibling {
            return Self::Sibling(name);
        }
        if headers.get("authorization").is_none() {
            return Self::Anonymous(Failure::Request(RequestRejection::Unauthorized));
        }
        let wrong = Failure::Request(RequestRejection::Forbidden {
            detail: "The admin token is wrong".to_owned(),
        });
        let Some(sent) = bearer(headers) else { return Self::Anonymous(wrong) };
        match secrets.secret(admin_token).await {
            Ok(token) if token.matches(sent) => Self::Admin,
            Ok(_) => {
                let other = match other_token {
                    Some(name) => secrets.secret(name).await.ok(),
                    None => None,
                };
                if !other.is_some_and(|token| token.matches(sent)) {
                    clock.sleep(WRONG_TOKEN_WAIT_MS).await;
                }
                Self::Anonymous(wrong)
            }
            // Fails closed; the log names the secret.
            Err(error) => Self::Anonymous(Failure::internal(format!("{admin_token}: {error}"))),
        }
    }

    pub fn is_trusted(&self) -> bool {
        !matches!(self, Self::Anonymous(_))
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Sibling(name) => Some(name),
            Self::Admin => Some("admin"),
            Self::Anonymous(_) => None,
        }
    }

    /// Admits trusted callers only.
    /// Errors: 401 without a token, 403 with a wrong one, 500 if the secret cannot be read.
    pub fn require_trusted(&self) -> Result<(), Failure> {
        match self {
            Self::Anonymous(failure) => Err(failure.clone()),
            Self::Sibling(_) | Self::Admin => Ok(()),
        }
    }
}

pub fn bearer(headers: &Headers) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_outcome::InternalError;
    use crate::secret::{Secret, SecretError};

    struct FakeSecretSource(Result<&'static str, SecretError>);

    impl SecretSource for FakeSecretSource {
        async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
            match name {
                "ADMIN_TOKEN" => self.0.and_then(|text| Secret::of_binding(name, text)),
                _ => Secret::of_binding(name, "the-search-token"),
            }
        }
    }

    fn authorization_headers(authorization: &str) -> Headers {
        let mut headers = Headers::default();
        headers.set("authorization", authorization);
        headers
    }

    /// The caller, and how long it waited.
    fn identify_with_wait(
        sibling: Option<&str>,
        headers: &Headers,
        stored: &FakeSecretSource,
    ) -> (Caller, u64) {
        let executor = testkit::Executor::new(0);
        let (sibling, clock) = (sibling.map(str::to_owned), executor.test_system_ports());
        let other = Some("SEARCH_TOKEN");
        let caller = executor.run_to_end(async {
            Caller::identify(sibling, headers, stored, &clock, "ADMIN_TOKEN", other).await
        });
        (caller, clock.current_time_ms())
    }

    fn identify(sibling: Option<&str>, headers: &Headers, stored: &FakeSecretSource) -> Caller {
        identify_with_wait(sibling, headers, stored).0
    }

    #[test]
    fn only_a_wrong_token_waits() {
        let stored = FakeSecretSource(Ok("the-admin-token-1"));
        for (header, waits) in [
            ("Bearer the-admin-token-1", false),
            ("Bearer the-search-token", false),
            ("Bearer the-admin-token-2", true),
            ("Bearer x", true),
            ("Basic x", false),
        ] {
            let (caller, waited_ms) =
                identify_with_wait(None, &authorization_headers(header), &stored);
            assert_eq!(waited_ms, if waits { WRONG_TOKEN_WAIT_MS } else { 0 }, "{header}");
            assert_eq!(caller.is_trusted(), header.ends_with("admin-token-1"), "{header}");
        }
        assert_eq!(identify_with_wait(None, &Headers::default(), &stored).1, 0);
    }

    #[test]
    fn the_scheme_bearer_is_read_in_any_case() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(&authorization_headers(header)), token, "{header}");
        }
    }

    #[test]
    fn only_siblings_and_the_token_are_trusted() {
        let stored = FakeSecretSource(Ok("the-admin-token-1"));
        let caller = identify(Some("cache-warmer"), &Headers::default(), &stored);
        assert_eq!((caller.name(), caller.require_trusted()), (Some("cache-warmer"), Ok(())));
        let caller = identify(None, &authorization_headers("Bearer the-admin-token-1"), &stored);
        assert_eq!((caller.name(), caller.is_trusted()), (Some("admin"), true));
        for (headers, status) in [
            (Headers::default(), 401),
            (authorization_headers("Bearer the-admin-token-2"), 403),
            (authorization_headers("Basic abc"), 403),
        ] {
            let caller = identify(None, &headers, &stored);
            assert!(!caller.is_trusted());
            assert_eq!(
                caller
                    .require_trusted()
                    .map_err(|failure| failure.error_reply_and_retry_rules().status),
                Err(status)
            );
        }
    }

    #[test]
    fn a_token_that_cannot_be_read_admits_no_request() {
        for error in [SecretError::Missing, SecretError::Unreadable, SecretError::TooShort] {
            let caller = identify(
                None,
                &authorization_headers("Bearer the-admin-token-1"),
                &FakeSecretSource(Err(error)),
            );
            let failure = caller.require_trusted().unwrap_err();
            assert!(
                matches!(&failure, Failure::Internal(InternalError::Fault { detail }) if detail.contains("ADMIN_TOKEN")),
                "{failure:?}"
            );
        }
    }
}
