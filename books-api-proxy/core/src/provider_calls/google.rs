//! Calls Google Books with the first of its keys that is not refused or spent.

use std::collections::BTreeSet;

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use futures::future::join_all;
use ports::{Clock, IncomingResponse};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderRefusalReason};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::ResilientCall;
use runtime::secret::{Secret, SecretError, unreadable_key_failure};

use crate::binding_manifest::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY};
use crate::platform::Platform;
use crate::provider::Provider;
use crate::provider_record::ProviderRecordsOutcome;
use crate::providers::google::error_classification::{ANSWERED_WITHIN_MS, volume_failure};
use crate::providers::google::google_requests::GoogleRequest;
use crate::providers::google::parse;
use crate::rate_limit::{AcquireRequest, LimiterName};
use crate::request_scope::RequestScope;

/// How long an isolate uses the time of a limiter's last call.
const LAST_CALL_REREAD_MS: u64 = 60_000;

impl<E: Platform> RequestScope<E> {
    pub async fn search_google(&self, query: &Query, class: CallClass) -> ProviderRecordsOutcome {
        match (query.isbn13(), GoogleRequest::of(query)) {
            (Some(isbn), _) => self.fetch_google_edition(isbn, class).await,
            (None, ask @ GoogleRequest::Volume(_)) => {
                let outcome = self.ask_google(&ask, class, parse::parse_single_volume).await;
                outcome.map_err(|failure| {
                    let (google, now_ms) =
                        (Provider::GoogleBooks.name(), self.system_ports().now_ms());
                    let client_state = &self.proxy.isolate.client_state;
                    let is_answering =
                        client_state.is_answering(google, now_ms, ANSWERED_WITHIN_MS);
                    volume_failure(failure, is_answering)
                })
            }
            (None, ask) => self.ask_google(&ask, class, parse::volume_list).await,
        }
    }

    /// One edition: a search for `isbn:…`, then for the bare ISBN if the first finds nothing.
    pub async fn fetch_google_edition(
        &self,
        isbn: Isbn13,
        class: CallClass,
    ) -> ProviderRecordsOutcome {
        let read = |answer: &IncomingResponse, now_ms| parse::parse_edition(isbn, answer, now_ms);
        match self.ask_google(&GoogleRequest::Isbn(isbn), class, read).await? {
            // Worth a second unit.
            Ok(FoundOrNotFound::NotFound) => {
                self.ask_google(&GoogleRequest::BareIsbn(isbn), class, read).await?
            }
            outcome => outcome,
        }
    }

    /// The keys to try in order, each with its rate limiter.
    async fn google_keys(&self, for_isbn: bool) -> Vec<(LimiterName, Result<Secret, SecretError>)> {
        let second = match self.config.google_keys_independent {
            true => LimiterName::GoogleSecond,
            false => LimiterName::Google,
        };
        let names = [
            (ISBN_SEARCH_KEY, LimiterName::GoogleIsbn, for_isbn),
            (GOOGLE_BOOKS_API_KEY, LimiterName::Google, true),
            (GOOGLE_BOOKS_IOSKEY, second, true),
        ];
        // Read in parallel, because each read may time out.
        let used = names.into_iter().filter(|(.., used)| *used);
        let reads =
            used.map(async |(name, limiter, _)| (limiter, self.platform().secret(name).await));
        join_all(reads).await
    }

    /// The failure if one of these limiters' unreadable keys was in use lately.
    async fn unreadable_keys_failure(&self, limiters: BTreeSet<LimiterName>) -> Option<Failure> {
        let uses = limiters.into_iter().map(|limiter| self.last_call_ms(limiter));
        let last_use_ms = join_all(uses).await.into_iter().max()?;
        unreadable_key_failure("Google Books", last_use_ms, self.system_ports().now_ms())
    }

    /// Asks the rate limiter, which counts the calls of all isolates. Without its answer, now.
    async fn last_call_ms(&self, limiter: LimiterName) -> u64 {
        let now_ms = self.system_ports().now_ms();
        let known = &self.proxy.isolate.google_last_calls;
        if let Some((last_call_ms, at_ms)) = known.borrow().get(limiter.as_str()).copied()
            && now_ms.saturating_sub(at_ms) < LAST_CALL_REREAD_MS
        {
            return last_call_ms;
        }
        let Ok(reading) = self.read_limiter(limiter).await else { return now_ms };
        known.borrow_mut().insert(limiter.as_str(), (reading.last_call_ms, now_ms));
        reading.last_call_ms
    }

    async fn ask_google<R>(
        &self,
        ask: &GoogleRequest,
        class: CallClass,
        parse: impl Fn(&IncomingResponse, u64) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let config = &self.config;
        let for_isbn = matches!(ask, GoogleRequest::Isbn(_) | GoogleRequest::BareIsbn(_));
        let keys = self.google_keys(for_isbn).await;
        let unreadable: BTreeSet<LimiterName> = keys
            .iter()
            .filter(|(_, key)| matches!(key, Err(SecretError::Unreadable)))
            .map(|(limiter, _)| *limiter)
            .collect();
        let readable = keys.into_iter().filter_map(|(limiter, key)| Some((limiter, key.ok()?)));
        let mut keys = readable.peekable();
        while let Some((limiter, key)) = keys.next() {
            let request =
                ask.to_outgoing_request(&config.google_base_url, &config.google_country, &key);
            let call = ResilientCall::for_provider(
                Provider::GoogleBooks.name(),
                ask.route_label(),
                request,
            );
            let slot = AcquireRequest::one_unit(limiter, class, Some(ask.route_label()));
            let read = |response: &IncomingResponse| parse(response, self.system_ports().now_ms());
            let result = self.ask_provider(call, &slot, read).await;
            let Err(failure) = result else { return result };
            match keys.peek() {
                Some((next, _)) if try_next(&failure, limiter, *next) => {}
                _ => {
                    let others = unreadable.into_iter();
                    let others = others.filter(|other| try_next(&failure, limiter, *other));
                    let unreadable = self.unreadable_keys_failure(others.collect()).await;
                    return Err(unreadable.unwrap_or(failure));
                }
            }
        }
        let unreadable = self.unreadable_keys_failure(unreadable).await;
        Err(unreadable.unwrap_or_else(|| ProviderFailure::NotConfigured.into()))
    }
}

/// Whether a key for this kind of query is configured; `has` looks a secret up by its name.
pub fn has_key(has: impl Fn(&str) -> bool, kind: QueryKind) -> bool {
    has(GOOGLE_BOOKS_API_KEY)
        || has(GOOGLE_BOOKS_IOSKEY)
        || kind == QueryKind::Isbn && has(ISBN_SEARCH_KEY)
}

/// Whether the next key may succeed after this failure.
fn try_next(failure: &Failure, this: LimiterName, next: LimiterName) -> bool {
    match failure.innermost_provider_failure() {
        Some(ProviderFailure::Refused { detail: ProviderRefusalReason::Key }) => true,
        // Keys with one limiter share a quota.
        Some(ProviderFailure::QuotaSpent { .. } | ProviderFailure::PublicShareSpent { .. }) => {
            this != next
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_isbn_search_key_alone_is_a_key_for_isbns() {
        for (key, for_isbn, for_title) in [
            (GOOGLE_BOOKS_API_KEY, true, true),
            (GOOGLE_BOOKS_IOSKEY, true, true),
            (ISBN_SEARCH_KEY, true, false),
            ("ADMIN_TOKEN", false, false),
        ] {
            let has = |kind| has_key(|name| name == key, kind);
            assert_eq!((has(QueryKind::Isbn), has(QueryKind::Title)), (for_isbn, for_title));
        }
    }

    #[test]
    fn the_second_google_key_is_used_after_a_refusal() {
        use LimiterName::{Google, GoogleIsbn, GoogleSecond};
        let refused =
            Failure::Provider(ProviderFailure::Refused { detail: ProviderRefusalReason::Key });
        let spent = Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 1 });
        for (failure, this, next, expected) in [
            (&refused, Google, Google, true),
            (&refused, Google, GoogleSecond, true),
            (&spent, Google, Google, false),
            (&spent, Google, GoogleSecond, true),
            (&spent, GoogleIsbn, Google, true),
            (&Failure::Provider(ProviderFailure::Timeout), Google, GoogleSecond, false),
            (
                &Failure::Provider(ProviderFailure::Refused {
                    detail: ProviderRefusalReason::Location,
                }),
                Google,
                GoogleSecond,
                false,
            ),
        ] {
            assert_eq!(try_next(failure, this, next), expected, "{failure:?} {this:?}");
        }
    }
}
