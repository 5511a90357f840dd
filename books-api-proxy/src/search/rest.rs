//! The items past the stored page, for the views that are cut from all of them.

use shared::key::CacheKey;
use shared::volume::Volumes;

use super::plan::most_calls;
use super::question::Question;
use super::serve::{Served, Unserved, land};
use crate::api::params::View;
use crate::app::{App, Ports};
use crate::cache::lookup::look_up;
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
    match rest_of(app, question, key, served).await {
        Ok(Some(rest)) => volumes.items.extend(rest.items),
        Err(NobodyAnswered { failure, providers }) if view.start_index >= PAGE_ITEMS => {
            let trail = std::mem::take(&mut served.trail);
            return Err(Unserved { failure, providers, trail });
        }
        Ok(None) | Err(_) => {
            volumes.partial = true;
            served.envelope.partial = true;
        }
    }
    Ok(())
}

async fn rest_of<P: Ports>(
    app: &App<P>,
    question: &Question,
    key: &CacheKey,
    served: &Served<P::Body>,
) -> Result<Option<Volumes>, NobodyAnswered> {
    let now_ms = app.ports.now_ms();
    let key = key.page(PAGE_ITEMS);
    let found = look_up(&*app.ports, &app.remembered.memory, &key, now_ms).await;
    // Behind an old page that was fallen back on stands its own rest.
    let fallback = found.fallback.filter(|_| served.stale_because.is_some());
    let page = match found.hit.or(fallback) {
        Some(hit) => app.ports.read(hit.body).await.unwrap_or_default(),
        None => {
            let admitted = app.ports.admit_miss(most_calls(&question.query())).await;
            admitted.map_err(|failure| NobodyAnswered { failure, providers: Vec::new() })?;
            let previous = Some(served.envelope.clone());
            let question = question.clone();
            let flight = Flight { question, mode: Mode::Miss, previous, rest: true };
            land(app, &flight).await?.page.to_vec()
        }
    };
    Ok(serde_json::from_slice(&page).ok())
}
