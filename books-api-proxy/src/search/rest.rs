//! The items past the stored page, for the views that are cut from all of them.

use bibliography::cache_key::CacheKey;
use runtime::api::volume::Volumes;
use runtime::cache_policy::Freshness;
use runtime::cache_policy::policy::freshness;
use runtime::cache_policy::status::{Forwarding, Tier, TierOutcome};

use super::plan::most_calls;
use super::question::Question;
use super::serve::{Served, Unserved, XCache, land};
use crate::api::params::View;
use crate::app::{App, Ports};
use crate::cache::lookup::ttl_secs;
use crate::cache::rest::{belong, read_cold};
use crate::cache::write::promote_stored;
use crate::config::PAGE_ITEMS;
use crate::flight::{Flight, Mode, NobodyAnswered};

/// Adds to the items of a stored page those past it, where the view needs them. An answer that has
/// to do without them says so, and no cache keeps it.
///
/// # Errors
/// Nothing of what the view shows is on the stored page, and the rest cannot be had.
pub async fn add_rest<P: Ports>(
    app: &App<P>,
    question: &Question,
    key: &CacheKey,
    view: &View,
    served: &mut Served<P::Body>,
    volumes: &mut Volumes,
) -> Result<(), Unserved> {
    if !view.needs_rest() || volumes.total_items <= PAGE_ITEMS {
        return Ok(());
    }
    let stored = from_store(app, key, served, volumes).await;
    let added = if stored { Ok(true) } else { from_flight(app, question, served, volumes).await };
    match added {
        Ok(true) => {}
        Err(NobodyAnswered { failure, providers }) if view.start_index >= PAGE_ITEMS => {
            let trail = std::mem::take(&mut served.trail);
            return Err(Unserved { failure, providers, trail });
        }
        Ok(false) | Err(_) => {
            volumes.partial = true;
            served.envelope.partial = true;
        }
    }
    Ok(())
}

/// From what stands in the cold tier. The page served may be a copy of one that was replaced since:
/// the pages that stand there now are read together then, and the copy is replaced.
async fn from_store<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    served: &mut Served<P::Body>,
    volumes: &mut Volumes,
) -> bool {
    let (ports, now_ms) = (&*app.ports, app.ports.now_ms());
    let Some((facts, _, bytes)) = read_cold(ports, &key.page(PAGE_ITEMS)).await else {
        return false;
    };
    let Ok(rest) = serde_json::from_slice::<Volumes>(&bytes) else { return false };
    if !belong(&served.envelope, &facts) {
        let Some((envelope, body, bytes)) = read_cold(ports, key).await else { return false };
        let fresh = freshness(&envelope, now_ms);
        let is_served = matches!(fresh, Freshness::Fresh | Freshness::Stale);
        let (true, Ok(page)) =
            (is_served && belong(&envelope, &facts), serde_json::from_slice(&bytes))
        else {
            return false;
        };
        promote_stored(ports, key, &body, &envelope, &app.config.times, now_ms).await;
        app.remembered.memory.borrow_mut().remove(key.as_str());
        *volumes = page;
        past(&mut served.trail);
        served.trail.push((Tier::Cold, TierOutcome::Hit { ttl_secs: ttl_secs(&envelope, now_ms) }));
        served.x_cache = XCache::of(Tier::Cold, fresh);
        served.envelope = envelope;
    }
    volumes.items.extend(rest.items);
    true
}

/// From the providers: both pages anew, since those of two answers do not go together.
async fn from_flight<P: Ports>(
    app: &App<P>,
    question: &Question,
    served: &mut Served<P::Body>,
    volumes: &mut Volumes,
) -> Result<bool, NobodyAnswered> {
    let admitted = app.ports.admit_miss(most_calls(&question.query())).await;
    admitted.map_err(|failure| NobodyAnswered { failure, providers: Vec::new() })?;
    let previous = Some(served.envelope.clone());
    let flight = Flight { question: question.clone(), mode: Mode::Miss, previous, rest: true };
    let landed = land(app, &flight).await?;
    let pages: Vec<Volumes> = serde_json::from_slice(&landed.page).unwrap_or_default();
    let mut pages = pages.into_iter();
    let Some(mut whole) = pages.next() else { return Ok(false) };
    whole.items.extend(pages.flat_map(|page| page.items));
    if u32::try_from(whole.items.len()) != Ok(whole.total_items) {
        return Ok(false);
    }
    *volumes = whole;
    past(&mut served.trail);
    served.x_cache = XCache::Miss;
    served.forwarding = Forwarding { stored: true, collapsed: landed.collapsed };
    served.envelope = landed.envelope;
    served.stale_because = None;
    Ok(true)
}

/// What a tier gave was no part of the answer.
fn past(trail: &mut [(Tier, TierOutcome)]) {
    if let Some((_, outcome @ TierOutcome::Hit { .. })) = trail.last_mut() {
        *outcome = TierOutcome::Stale;
    }
}
