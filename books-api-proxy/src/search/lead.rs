//! The fan-out: ask, judge, merge, answer, store; and take in what comes late.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use runtime::api::leaf::ANSWER_LIFE_MS;
use runtime::cache_policy::policy::{envelope_for, freshness};
use runtime::cache_policy::{Envelope, Freshness};
use runtime::outcome::Answer;
use runtime::rate_limit::CallClass;

use super::build::Built;
use super::gather::Gathering;
use super::judge::{Verdict, judge};
use super::question::{asked, kind_of};
use crate::app::{App, Ports};
use crate::cache::rest::rest_of;
use crate::cache::write::{Written, is_poor, overwrite, postpone, promote, store_cold, store_rest};
use crate::candidate::Candidate;
use crate::flight::{Flight, Landed, Mode, NobodyAnswered};
use crate::providers::Terms;

/// What a flight brings: both pages, for those who want the one or the other.
#[derive(Clone, Debug)]
pub struct Flown {
    /// The stored page.
    pub first: Rc<[u8]>,
    /// Items past it.
    pub rest: Option<Rc<[u8]>>,
    /// Facts of the stored page.
    pub envelope: Envelope,
}

impl Flown {
    /// What a caller wants: the stored page, or a list of it and the rest. The two come together,
    /// because pages of two answers repeat books and lack others.
    #[must_use]
    pub fn landed(&self, rest: bool, collapsed: bool) -> Landed {
        let page = match (rest, &self.rest) {
            (false, _) => Rc::clone(&self.first),
            (true, None) => [b"[", &*self.first, b"]"].concat().into(),
            (true, Some(rest)) => [b"[", &*self.first, b",", &**rest, b"]"].concat().into(),
        };
        Landed { page, envelope: self.envelope.clone(), collapsed }
    }
}

/// Answers a flight.
///
/// 1. A refresh looks first whether somebody wrote a fresh entry meanwhile.
/// 2. All providers that can help are asked; waiting ends by the table, or with the deadline.
/// 3. A text that was taken for a title or an author, and is none, is asked for as words.
/// 4. The answer goes back; storing it, and asking on for what is late, follow behind.
///
/// # Errors
/// Nobody answered in time.
pub async fn lead<P: Ports>(app: &App<P>, flight: Flight) -> Result<Flown, NobodyAnswered> {
    let mut query = flight.question.query();
    let key = CacheKey::of(&query);
    let mut previous = flight.previous;
    if flight.mode == Mode::Refresh
        && let Ok(Some(opened)) = app.ports.cold_open(&key).await
    {
        let envelope = opened.envelope;
        previous = Some(envelope.clone());
        if freshness(&envelope, app.ports.now_ms()) == Freshness::Fresh
            && let Ok(bytes) = app.ports.read(opened.body).await
        {
            let now_ms = app.ports.now_ms();
            promote(&*app.ports, &key, &bytes, &envelope, &app.config.times, now_ms).await;
            let rest = rest_of(&*app.ports, &key, &envelope).await.map(Into::into);
            return Ok(Flown { first: bytes.into(), rest, envelope });
        }
    }
    let terms = match flight.mode {
        Mode::Miss => Terms::of(CallClass::Interactive),
        Mode::Refresh => refresh_terms(previous.as_ref(), app.ports.now_ms()),
    };
    let deadline_at_ms = app.ports.now_ms().saturating_add(app.config.search_deadline_ms);
    let mut gathering = gather(app, &query, terms, deadline_at_ms).await;
    let mut built = build(&query, &gathering, app.ports.now_ms());
    if let Some(words) = built.instead.clone() {
        let second = gather(app, &words, terms, deadline_at_ms).await;
        let found = build(&words, &second, app.ports.now_ms());
        if built.gives_way_to(&found) {
            (query, gathering, built) = (words, second, found);
        }
    }

    let now_ms = app.ports.now_ms();
    let failed = built.verdict.is_failure();
    let answer = built.answer();
    let times = &app.config.times;
    let envelope = envelope_for(answer, previous.as_ref(), times, now_ms, app.ports.unit());
    let flown = Flown {
        first: Rc::clone(&built.first),
        rest: built.rest.clone(),
        envelope: envelope.clone(),
    };
    let result = if failed {
        let Verdict { failure, reports, .. } = &built.verdict;
        Err(NobodyAnswered { failure: failure.clone(), providers: reports.clone() })
    } else {
        Ok(flown)
    };
    let behind = Behind { app: app.clone(), query, key, mode: flight.mode, previous };
    app.ports.spawn(Box::pin(behind.finish(gathering, built, envelope)));
    result
}

/// Asks, and waits until the answer may go out.
async fn gather<P: Ports>(
    app: &App<P>,
    query: &Query,
    terms: Terms,
    deadline_at_ms: u64,
) -> Gathering<Vec<Candidate>> {
    let ask = |provider| (provider, app.ports.ask(provider, query, terms));
    let mut gathering = Gathering::new(kind_of(query), asked(query).into_iter().map(ask));
    gathering.wait_complete(&*app.ports, deadline_at_ms).await;
    gathering
}

/// A refresh has to bring an answer younger than the entry. What the leaf has in its cache is
/// younger for sure once the entry is older than anything can be in there.
fn refresh_terms(entry: Option<&Envelope>, now_ms: u64) -> Terms {
    let is_young = |entry: &Envelope| now_ms.saturating_sub(entry.stored_at_ms) < ANSWER_LIFE_MS;
    Terms { class: CallClass::Background, anew: entry.is_some_and(is_young) }
}

/// What is done once the answer is out.
struct Behind<P: Ports> {
    app: App<P>,
    query: Query,
    key: CacheKey,
    mode: Mode,
    previous: Option<Envelope>,
}

impl<P: Ports> Behind<P> {
    async fn finish(
        self,
        mut gathering: Gathering<Vec<Candidate>>,
        built: Built,
        envelope: Envelope,
    ) {
        let ours = self.store(&built, envelope, None).await;
        if !gathering.is_outstanding() {
            return;
        }
        let before = gathering.answers().len();
        gathering.wait_all().await;
        if gathering.answers().len() == before {
            return;
        }
        let now_ms = self.app.ports.now_ms();
        let late = build(&self.query, &gathering, now_ms);
        if late.first == built.first {
            return;
        }
        let times = &self.app.config.times;
        let unit = self.app.ports.unit();
        let envelope = envelope_for(late.answer(), self.previous.as_ref(), times, now_ms, unit);
        // Over our own entry even where the late one failed: it has to be told, and asked again.
        let written = self.store(&late, envelope, ours.etag()).await;
        if self.mode == Mode::Miss && written != Written::Failed {
            // A hit in between may have promoted the poorer page: for an hour, if it stayed.
            let _ = self.app.ports.hot_delete(&self.key).await;
        }
    }

    /// Stores an answer; gives what stands in the cold tier now. `ours` is the entity tag of an
    /// earlier answer of this very flight, which it is to replace.
    async fn store(&self, built: &Built, envelope: Envelope, ours: Option<&str>) -> Written {
        let (ports, times) = (&*self.app.ports, &self.app.config.times);
        let now_ms = ports.now_ms();
        if built.verdict.is_failure() {
            // So that the next hit does not ask the same dead providers again.
            if let Some(old) = &self.previous
                && self.mode == Mode::Refresh
            {
                return postpone(ports, &self.key, old, times, now_ms).await;
            }
            return Written::Failed;
        }
        let facts = envelope.clone();
        let (key, page) = (&self.key, &built.first);
        // Somebody else may have written while this flight waited for the last one.
        let others = match ours {
            Some(etag) if is_poor(&facts) => {
                let there = ports.cold_head(key).await.ok().flatten();
                there.filter(|there| there.etag != etag)
            }
            _ => None,
        };
        let written = if ours.is_some() && others.is_none() {
            overwrite(ports, key, page, facts).await
        } else {
            let previous = others.as_ref().or(self.previous.as_ref());
            store_cold(ports, key, page, facts, previous, times, now_ms).await
        };
        store_rest(ports, key, &written, built.rest.as_deref()).await;
        match &written {
            // A stale copy in KV would go on being served, and refreshed, for an hour.
            Written::New(new) if self.mode == Mode::Refresh => {
                promote(ports, &self.key, &built.first, new, times, now_ms).await;
            }
            // Without the cold tier the hot one is all there is.
            Written::Failed => {
                promote(ports, &self.key, &built.first, &envelope, times, now_ms).await;
            }
            Written::New(_) | Written::Kept(_) => {}
        }
        self.app.remembered.memory.borrow_mut().remove(self.key.as_str());
        written
    }
}

fn build(query: &Query, gathering: &Gathering<Vec<Candidate>>, now_ms: u64) -> Built {
    let answers = gathering.answers();
    let standings = gathering.standings();
    let verdict = judge(kind_of(query), &standings, &answers, Vec::len, now_ms);
    let candidates = answers
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Ok(Answer::Found(records)) => Some(records.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    Built::new(query, candidates, verdict)
}
