//! The engine: one small step after the other, each of which may be its last.
//!
//! # Flow of a step
//! 1. Look at the ledger and choose one piece of work ([`mod@choose`]).
//! 2. Do it: read a slice of a file, ask the cache what is warm, warm a micro-batch, publish.
//! 3. Say when the next step is due.
//!
//! A step commits what it did in one change set. One that dies before has done nothing that the
//! next would not do again: what it asked for stands in the caches of leaf and proxy.

mod asking;
mod day;
mod folding;
mod import;
mod peers;
mod publish;
mod searched;
mod settling;
mod sweep;
mod warm;

pub(crate) mod bucket;
pub(crate) mod checks;
pub(crate) mod choose;
pub(crate) mod outside;
pub(crate) mod results;
pub(crate) mod verify;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

use crate::ledger::hold::{Hold, cool_down_ms};
use crate::ledger::store::{Change, Store, Stored};
use crate::settings::Settings;
use choose::{Work, choose};
use outside::Outside;

/// When the next step is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once.
    Now,
    /// At a moment, Unix time.
    At(u64),
    /// When something new comes.
    Idle,
}

impl Next {
    /// How long until its alarm.
    ///
    /// Never 0: the clock stands still while a step computes, and an alarm that is set to the very
    /// millisecond of the one that is running is lost in workerd. Its storage holds that time
    /// already, writes nothing, and so tells the scheduler nothing, which then deletes the alarm.
    pub(crate) fn wait_ms(self, now_ms: u64) -> Option<u64> {
        match self {
            Self::Now => Some(1),
            Self::At(at_ms) => Some(at_ms.saturating_sub(now_ms).max(1)),
            Self::Idle => None,
        }
    }
}

/// The engine over a ledger and the world.
pub(crate) struct Engine<'a, S, O> {
    /// The ledger's storage.
    pub(crate) store: &'a S,
    /// The world.
    pub(crate) outside: &'a O,
    /// The vars.
    pub(crate) settings: &'a Settings,
}

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Does one piece of work.
    ///
    /// # Errors
    /// The storage failed; the step can be done again.
    pub(crate) async fn step(&self) -> Stored<Next> {
        match choose(self.store, self.outside.now_ms())? {
            Work::Scan => {
                if let Err(error) = self.scan(false, None).await {
                    self.cool_down(error.to_string())?;
                }
            }
            Work::Import(job) => self.import(job).await?,
            Work::Sweep(job) => self.sweep(job).await?,
            Work::Warm(job, stage) => self.warm(job, stage).await?,
            Work::Searches => self.searches().await?,
            Work::Finish(job) => self.finish(job)?,
            Work::Publish(job) => self.publish(job).await?,
            Work::Wait(until_ms) => return Ok(Next::At(until_ms)),
            Work::Idle => return Ok(Next::Idle),
        }
        Ok(Next::Now)
    }

    /// Lets everything wait after a failure that is nobody's item: storage, a whole batch.
    fn cool_down(&self, reason: String) -> Stored<()> {
        let now_ms = self.outside.now_ms();
        let mut meta = self.store.meta()?;
        let streak = meta.hold.as_ref().map_or(0, |hold| hold.streak);
        let until_ms = now_ms + cool_down_ms(streak);
        self.outside.log("hold", &reason, serde_json::json!({ "until_ms": until_ms }));
        meta.hold = Some(Hold { reason, until_ms, streak: streak.saturating_add(1) });
        self.store.commit(&[Change::Meta(Box::new(meta))])
    }
}
