//! A shard's part of the log in the storage of its object.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bibliography::cache_key::CacheKey;
use ports::Clock;
use runtime::api::batch::BatchQuery;
use runtime::api::searched::SearchedQuery;
use runtime::cache_policy::EntryOutcome;
use runtime::outcome::Failure;
use worker::State;
use workerd::JsClock;

use super::log::{Answered, Log};
use super::repeat::repeatable;
use crate::config::Config;
use crate::flight::{Flight, NobodyAnswered};
use crate::search::lead::Flown;

/// Where the part is stored.
const LOG_KEY: &str = "searched";

/// A fan-out that is to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    key: String,
    query: BatchQuery,
}

impl Sighting {
    /// Of a flight; none where no log is kept, and for the rest of a page that was counted.
    #[must_use]
    pub fn of(config: &Config, flight: &Flight, key: &CacheKey) -> Option<Self> {
        if !config.warm_searches || flight.rest {
            return None;
        }
        let query = repeatable(&flight.question, key)?;
        Some(Self { key: key.to_string(), query })
    }
}

/// What a fan-out came to, as far as the log goes.
#[must_use]
pub fn answered(landing: &Result<Flown, NobodyAnswered>) -> Answered {
    match landing {
        Err(_) => Answered::Lacking,
        Ok(flown) if flown.envelope.partial => Answered::Lacking,
        Ok(flown) if flown.envelope.outcome == EntryOutcome::None => Answered::None,
        Ok(_) => Answered::Whole,
    }
}

/// The part of one object, read once.
pub struct Keeper {
    state: Rc<State>,
    log: RefCell<Option<Log>>,
    /// True once an alarm is known to be set.
    armed: Cell<bool>,
}

fn broken(error: &worker::Error) -> Failure {
    Failure::Internal { what: format!("searched: {error}") }
}

impl Keeper {
    /// Over an object's storage; nothing is read yet.
    #[must_use]
    pub fn new(state: Rc<State>) -> Self {
        Self { state, log: RefCell::default(), armed: Cell::default() }
    }

    /// Counts a fan-out, behind its answer.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn record(&self, sighting: Sighting, answered: Answered) -> Result<(), Failure> {
        // A write holds back the answers of its object until it is safe: this one waits until the
        // answer is on its way.
        JsClock.sleep(0).await;
        let Sighting { key, query } = sighting;
        self.change(|log, now_ms| {
            log.record(&key, query, answered, now_ms);
            true
        })
        .await
    }

    /// What is worth warming. What is too old goes on the occasion.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn worth_warming(&self) -> Result<Vec<SearchedQuery>, Failure> {
        self.change(|log, now_ms| log.prune(now_ms)).await?;
        let log = self.log.borrow();
        Ok(log.as_ref().map(|log| log.worth_warming(JsClock.now_ms())).unwrap_or_default())
    }

    /// Forgets one query: its entry was purged.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn forget(&self, key: &str) -> Result<(), Failure> {
        self.change(|log, _| log.forget(key)).await
    }

    /// Forgets all.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn clear(&self) -> Result<(), Failure> {
        self.log.replace(Some(Log::default()));
        self.state.storage().delete(LOG_KEY).await.map(drop).map_err(|error| broken(&error))
    }

    /// The alarm: forgets what is too old, or all of it where no log is kept any more.
    ///
    /// # Errors
    /// The storage failed; the platform calls again.
    pub async fn on_alarm(&self, is_on: bool) -> Result<(), Failure> {
        self.armed.set(false);
        if !is_on {
            return self.clear().await;
        }
        self.change(|log, now_ms| {
            log.prune(now_ms);
            true
        })
        .await
    }

    /// Changes the log and stores it where `change` says that it did.
    async fn change(&self, change: impl FnOnce(&mut Log, u64) -> bool) -> Result<(), Failure> {
        if self.log.borrow().is_none() {
            let text: Option<String> =
                self.state.storage().get(LOG_KEY).await.map_err(|error| broken(&error))?;
            // One that cannot be read is forgotten: it is no more than a hint.
            let stored = text.and_then(|text| serde_json::from_slice(text.as_bytes()).ok());
            // Another request may have read it meanwhile: its log is the newer one.
            self.log.borrow_mut().get_or_insert_with(|| stored.unwrap_or_default());
        }
        let changed = match self.log.borrow_mut().as_mut() {
            Some(log) => change(log, JsClock.now_ms()),
            None => false,
        };
        if changed { self.save().await } else { Ok(()) }
    }

    async fn save(&self) -> Result<(), Failure> {
        let expires_ms = self.log.borrow().as_ref().and_then(Log::next_expiry_ms);
        let Some(expires_ms) = expires_ms else { return self.clear().await };
        let text = self.log.borrow().as_ref().map(serde_json::to_string);
        let Some(Ok(text)) = text else {
            return Err(Failure::Internal { what: "searched".to_owned() });
        };
        let storage = self.state.storage();
        storage.put(LOG_KEY, text).await.map_err(|error| broken(&error))?;
        if !self.armed.replace(true)
            && storage.get_alarm().await.map_err(|error| broken(&error))?.is_none()
        {
            let wait = Duration::from_millis(expires_ms.saturating_sub(JsClock.now_ms()));
            storage.set_alarm(wait).await.map_err(|error| broken(&error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use runtime::cache_policy::policy::{NewAnswer, envelope_for};

    use super::*;
    use crate::flight::Mode;
    use crate::search::question::Question;

    fn config(on: &'static str) -> Config {
        Config::from_vars(move |name| (name == "WARM_SEARCHES").then(|| on.to_owned())).unwrap()
    }

    #[test]
    fn nothing_is_remembered_unless_it_is_switched_on() {
        let question = Question::Auto { q: "dune".into() };
        let key = CacheKey::of(&question.query());
        let mut flight = Flight { question, mode: Mode::Miss, previous: None, rest: false };
        let of = |config: &Config, flight: &Flight| Sighting::of(config, flight, &key);
        assert_eq!(of(&Config::from_vars(|_| None).unwrap(), &flight), None);
        assert_eq!(of(&config("false"), &flight), None);
        let seen = of(&config("true"), &flight).unwrap();
        assert_eq!(seen.key, key.as_str());
        flight.mode = Mode::Refresh;
        assert!(of(&config("true"), &flight).is_some(), "a stale one is asked for as well");
        flight.rest = true;
        assert_eq!(of(&config("true"), &flight), None, "its page was counted");
    }

    #[test]
    fn an_answer_that_lacks_a_provider_is_told_from_a_whole_one() {
        let flown = |count, partial| {
            let answer = NewAnswer {
                count,
                partial,
                incomplete_until_ms: None,
                again_after_ms: None,
                etag: String::new(),
                providers: Vec::new(),
            };
            let times = Config::from_vars(|_| None).unwrap().times;
            let envelope = envelope_for(answer, None, &times, 0, 0.0);
            answered(&Ok(Flown { first: Rc::from([]), rest: None, envelope }))
        };
        assert_eq!(flown(3, false), Answered::Whole);
        assert_eq!(flown(0, false), Answered::None);
        assert_eq!(flown(3, true), Answered::Lacking);
        assert_eq!(flown(0, true), Answered::Lacking);
        let failure = Failure::AllFailed { retry_after_ms: 0 };
        let nobody = NobodyAnswered { failure, providers: Vec::new() };
        assert_eq!(answered(&Err(nobody)), Answered::Lacking);
    }
}
