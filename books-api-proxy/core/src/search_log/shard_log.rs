//! A shard's log in the storage of its object.

use std::cell::{Cell, RefCell};

use bibliography::cache_key::CacheKey;
use ports::Clock;
use runtime::cache_policy::AnswerBookPresence;
use runtime::call_outcome::Failure;
use runtime::wire_types::batch_search_wire_types::BatchItemQuery;
use runtime::wire_types::search_log::LoggedQuery;

use super::batch_query::to_batch_query;
use super::cache_miss_log::{CacheMissLog, LoggedAnswerCompleteness};
use crate::config::Config;
use crate::flight::{AllProvidersFailed, FlightAnswerPages, SingleFlightRequest};
use crate::platform::DurableStorage;

const LOG_KEY: &str = "search_log";

#[derive(Clone, Debug, PartialEq)]
pub struct LoggedMiss {
    key: String,
    query: BatchItemQuery,
}

impl LoggedMiss {
    /// None if the log is off, and for an overflow page, whose stored page was counted.
    pub fn of(config: &Config, flight: &SingleFlightRequest, key: &CacheKey) -> Option<Self> {
        if !config.warm_searches || flight.overflow {
            return None;
        }
        let query = to_batch_query(&flight.question, key)?;
        Some(Self { key: key.to_string(), query })
    }
}

/// How a fan-out was answered.
pub fn logged_completeness(
    flight_result: &Result<FlightAnswerPages, AllProvidersFailed>,
) -> LoggedAnswerCompleteness {
    match flight_result.as_ref().map(|answer| (answer.metadata.partial, answer.metadata.outcome)) {
        Err(_) | Ok((true, _)) => LoggedAnswerCompleteness::Incomplete,
        Ok((false, AnswerBookPresence::None)) => LoggedAnswerCompleteness::Empty,
        Ok((false, AnswerBookPresence::Found)) => LoggedAnswerCompleteness::Complete,
    }
}

pub struct ShardLog<S, H> {
    storage: S,
    host: H,
    log: RefCell<Option<CacheMissLog>>,
    /// True once an alarm is known to be set.
    armed: Cell<bool>,
}

impl<S: DurableStorage, H: Clock> ShardLog<S, H> {
    /// Reads nothing yet.
    pub fn new(storage: S, host: H) -> Self {
        Self { storage, host, log: RefCell::default(), armed: Cell::default() }
    }

    /// Counts a fan-out.
    pub async fn log_search(
        &self,
        logged_miss: LoggedMiss,
        answered: LoggedAnswerCompleteness,
    ) -> Result<(), Failure> {
        // The platform holds back an object's responses until its writes are stored: yield first,
        // so that the response is sent before.
        self.host.sleep(0).await;
        self.update_stored_log(|log, now_ms| {
            log.log_search(&logged_miss.key, logged_miss.query, answered, now_ms);
            true
        })
        .await
    }

    /// The queries worth warming; drops the expired ones.
    pub async fn worth_warming(&self) -> Result<Vec<LoggedQuery>, Failure> {
        self.update_stored_log(|log, now_ms| log.prune(now_ms)).await?;
        let log = self.log.borrow();
        Ok(log.as_ref().map(|log| log.worth_warming(self.host.now_ms())).unwrap_or_default())
    }

    pub async fn remove_logged_query(&self, key: &str) -> Result<(), Failure> {
        self.update_stored_log(|log, _| log.remove_logged_query(key)).await
    }

    pub async fn clear(&self) -> Result<(), Failure> {
        self.log.replace(Some(CacheMissLog::default()));
        self.storage.delete(LOG_KEY).await
    }

    /// Drops the expired queries, or all of them if the log is off.
    pub async fn on_alarm(&self, is_on: bool) -> Result<(), Failure> {
        self.armed.set(false);
        if !is_on {
            return self.clear().await;
        }
        self.update_stored_log(|log, now_ms| {
            log.prune(now_ms);
            true
        })
        .await
    }

    /// Runs `change` on the log, and stores the log if `change` returns true.
    async fn update_stored_log(
        &self,
        change: impl FnOnce(&mut CacheMissLog, u64) -> bool,
    ) -> Result<(), Failure> {
        if self.log.borrow().is_none() {
            let text: Option<String> = self.storage.get(LOG_KEY).await?;
            // An unreadable log is replaced by an empty one: it holds hints only.
            let stored = text.and_then(|text| serde_json::from_slice(text.as_bytes()).ok());
            // Another request may have loaded and changed the log meanwhile.
            self.log.borrow_mut().get_or_insert_with(|| stored.unwrap_or_default());
        }
        let changed =
            self.log.borrow_mut().as_mut().is_some_and(|log| change(log, self.host.now_ms()));
        if changed { self.save().await } else { Ok(()) }
    }

    async fn save(&self) -> Result<(), Failure> {
        let stored = self.log.borrow().as_ref().and_then(|log| {
            let expires_ms = log.next_expiry_ms()?;
            Some((expires_ms, serde_json::to_string(log)))
        });
        let Some((expires_ms, text)) = stored else { return self.clear().await };
        let text = text.map_err(|_| Failure::internal("the search log cannot be serialized"))?;
        self.storage.put(LOG_KEY, text).await?;
        if !self.armed.replace(true) && !self.storage.has_alarm().await? {
            let after_ms = expires_ms.saturating_sub(self.host.now_ms());
            self.storage.set_alarm(after_ms).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use runtime::cache_policy::entry_lifetimes::{CacheLifetimeInputs, new_entry_metadata};

    use super::*;
    use crate::flight::FetchReason;
    use crate::search_question::SearchQuestion;
    use runtime::call_outcome::ProviderFailure;

    fn config(on: &'static str) -> Config {
        Config::from_vars(move |name| (name == "WARM_SEARCHES").then(|| on.to_owned())).unwrap()
    }

    #[test]
    fn nothing_is_logged_unless_the_log_is_on() {
        let question = SearchQuestion::Auto { q: "dune".into() };
        let key = CacheKey::of(&question.query());
        let mut flight = SingleFlightRequest {
            question,
            mode: FetchReason::Miss,
            previous: None,
            overflow: false,
            may_widen: false,
            is_public: false,
        };
        let of =
            |config: &Config, flight: &SingleFlightRequest| LoggedMiss::of(config, flight, &key);
        assert_eq!(of(&Config::from_vars(|_| None).unwrap(), &flight), None);
        assert_eq!(of(&config("false"), &flight), None);
        let seen = of(&config("true"), &flight).unwrap();
        assert_eq!(seen.key, key.as_str());
        flight.mode = FetchReason::Refresh;
        assert!(of(&config("true"), &flight).is_some(), "a refresh is logged too");
        flight.overflow = true;
        assert_eq!(of(&config("true"), &flight), None, "an overflow page is not logged");
    }

    #[test]
    fn an_incomplete_answer_differs_from_a_complete_one() {
        let fetched_answer = |count, partial| {
            let answer = CacheLifetimeInputs {
                count,
                partial,
                incomplete_until_ms: None,
                again_after_ms: None,
                widened: false,
                etag: String::new(),
                providers: Vec::new(),
            };
            let times = Config::from_vars(|_| None).unwrap().times;
            let metadata = new_entry_metadata(answer, None, &times, 0, 0.0);
            logged_completeness(&Ok(FlightAnswerPages {
                first: Rc::from([]),
                overflow: None,
                metadata,
                lacks_public_share: false,
            }))
        };
        assert_eq!(fetched_answer(3, false), LoggedAnswerCompleteness::Complete);
        assert_eq!(fetched_answer(0, false), LoggedAnswerCompleteness::Empty);
        assert_eq!(fetched_answer(3, true), LoggedAnswerCompleteness::Incomplete);
        assert_eq!(fetched_answer(0, true), LoggedAnswerCompleteness::Incomplete);
        let failure = Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: 0 });
        let all_failed = AllProvidersFailed::from(failure);
        assert_eq!(logged_completeness(&Err(all_failed)), LoggedAnswerCompleteness::Incomplete);
    }
}
