//! What a batch says about everybody: whether the next one waits.

use runtime::api::batch::BatchOutcome;
use runtime::outcome::Failure;

use super::hold::{Class, Hold, classify, cool_down_ms};

/// What a batch came to, for all that comes after.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weather {
    /// Somebody was answered.
    pub(crate) answered: bool,
    /// A whole answer, made now: everybody who is always asked is there.
    pub(crate) whole: bool,
    /// The leaf answered, or everybody did: it is not ISBNdb that is out.
    pub(crate) isbndb: bool,
    /// The same of Google, which is asked only for what the others lack.
    pub(crate) whole_google: bool,
    /// First failure without an answer, as text.
    pub(crate) silent: Option<String>,
    /// Latest moment that was named, and by whom.
    pub(crate) until: Option<(u64, String)>,
    /// The day's quota of the provider that matters most is spent until then.
    pub(crate) spent: Option<(u64, String)>,
}

impl Weather {
    /// Takes in what became of one item. A partial answer, or one out of the cache, shows that not
    /// everything is down, but not who is there. Google is asked for numbers only.
    pub(crate) fn outcome(&mut self, outcome: &BatchOutcome, by_number: bool, now_ms: u64) {
        match outcome {
            BatchOutcome::Failed { failure, provider } => {
                return self.failure(failure, provider, now_ms);
            }
            BatchOutcome::Found { partial, already, .. } => self.whole |= !partial && !already,
            BatchOutcome::NotFound { partial, already, .. } => {
                let whole = !partial && !already;
                self.whole |= whole;
                self.whole_google |= by_number && whole;
            }
            BatchOutcome::Miss => {}
        }
        self.answered = true;
    }

    /// Takes in one failure.
    pub(crate) fn failure(&mut self, failure: &Failure, provider: &str, now_ms: u64) {
        let reason = format!("{provider}: {}", failure.root());
        match classify(failure, now_ms) {
            Class::Until(until_ms) => {
                // Google's day is a matter of single items: warming does without it.
                let quota = matches!(failure.root(), Failure::QuotaSpent { .. });
                if quota && !provider.starts_with("google") {
                    self.spent = self.spent.take().max(Some((until_ms, reason.clone())));
                }
                self.until = self.until.take().max(Some((until_ms, reason)));
            }
            Class::NoAnswer => self.silent = self.silent.take().or(Some(reason)),
            Class::WrongBook | Class::Final => self.answered = true,
        }
    }

    /// Whether everything waits now, and until when.
    pub(crate) fn hold(&self, before: Option<&Hold>, now_ms: u64) -> Option<Hold> {
        if let Some((until_ms, reason)) = &self.spent {
            return Some(Hold { reason: reason.clone(), until_ms: *until_ms, streak: 0 });
        }
        if self.answered {
            return None;
        }
        let streak = before.map_or(0, |hold| hold.streak);
        let cooled = self.silent.as_ref().map(|reason| (now_ms + cool_down_ms(streak), reason));
        let named = self.until.as_ref().map(|(until_ms, reason)| (*until_ms, reason));
        let (until_ms, reason) = named.max(cooled)?;
        Some(Hold { reason: reason.clone(), until_ms, streak: streak.saturating_add(1) })
    }
}
