//! Search answers: the stored page as it stands, or the part of it that is wanted.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use ports::Clock;
use ports::http::{Headers, Reply, Request};
use runtime::api::volume::{ProviderReport, Volume, Volumes};
use runtime::cache_policy::Envelope;
use runtime::cache_policy::envelope::etag_of;
use runtime::outcome::Failure;
use workerd::body::HeldBody;

use super::asked::Asked;
use super::ops::count_tiers;
use super::reply::{is_not_modified, not_modified, page_headers};
use crate::app::App;
use crate::cache::lookup::HitBody;
use crate::cache::port::Stores;
use crate::live::Live;
use crate::search::build::report_of;
use crate::search::page::cut;
use crate::search::question::Question;
use crate::search::rest::add_rest;
use crate::search::serve::{Served, Unserved, is_open, serve};

/// An answer: whole, or its head with stored bytes that are passed on.
pub enum Out {
    /// Whole.
    Whole(Reply),
    /// Passed on.
    Held(Reply, HeldBody),
}

/// A page of volumes. Where one edition is asked for, it is answered on every path alike: an answer
/// that has nothing and lacks a provider does not say that there is no such book.
///
/// # Errors
/// Nothing can be served; 503 for a number of which a provider said nothing and the others none.
pub async fn page(app: &App<Live>, request: &Request, asked: &Asked) -> Result<Out, Unserved> {
    let Asked { question, view, key } = asked;
    let Some(key) = key else { return Ok(Out::Whole(nothing_asked(question))) };
    let served = counted(serve(app, question, key).await)?;
    let now_ms = app.ports.now_ms();
    if is_open(&served.envelope) && question.query().isbn13().is_some() {
        let (served, volumes) = parsed(app, served).await?;
        return Err(unserved(served, volumes.partial, volumes.providers, now_ms));
    }
    if view.is_stored_page() {
        return Ok(whole_page(app, request, served, now_ms));
    }
    let (mut served, mut volumes) = parsed(app, served).await?;
    add_rest(app, question, key, view, &mut served, &mut volumes).await?;
    let wanted = cut(volumes, view);
    Ok(Out::Whole(sliced(app, request, &served, &wanted, now_ms)))
}

/// One edition as one volume.
///
/// # Errors
/// Nothing can be served; 404 where every provider says there is none, 503 where one said nothing.
pub async fn single(
    app: &App<Live>,
    request: &Request,
    question: &Question,
    pick: impl Fn(&Volume) -> bool,
) -> Result<Out, Unserved> {
    let key = CacheKey::of(&question.query());
    let served = counted(serve(app, question, &key).await)?;
    let now_ms = app.ports.now_ms();
    let (served, volumes) = parsed(app, served).await?;
    match volumes.items.into_iter().find(pick) {
        Some(volume) => Ok(Out::Whole(sliced(app, request, &served, &volume, now_ms))),
        None => Err(unserved(served, volumes.partial, volumes.providers, now_ms)),
    }
}

/// An answer without the book that was asked for.
fn unserved<B>(
    served: Served<B>,
    partial: bool,
    providers: Vec<ProviderReport>,
    now_ms: u64,
) -> Unserved {
    let failure = absent(partial, &served.envelope, now_ms);
    Unserved { failure, providers, trail: served.trail }
}

/// What it means that a book is not in an answer. One that lacks a provider is no fact about the
/// book: it is asked for again once it is fresh no more.
fn absent(partial: bool, envelope: &Envelope, now_ms: u64) -> Failure {
    if !partial {
        return Failure::NotFound { what: "book".to_owned() };
    }
    let retry_after_ms = envelope.fresh_until_ms.saturating_sub(now_ms).max(1_000);
    let what = "a provider that may have the book did not answer".to_owned();
    Failure::Unavailable { what, retry_after_ms }
}

/// Counts what each tier said, whatever came of it.
fn counted<B>(served: Result<Served<B>, Unserved>) -> Result<Served<B>, Unserved> {
    count_tiers(match &served {
        Ok(served) => &served.trail,
        Err(unserved) => &unserved.trail,
    });
    served
}

/// A text of signs alone asks for nothing, and finds nothing, without asking anybody.
fn nothing_asked(question: &Question) -> Reply {
    let empty = Volumes {
        kind: "books#volumes".to_owned(),
        total_items: 0,
        items: Vec::new(),
        provider: None,
        providers: Vec::new(),
        partial: false,
        query_analysis: report_of(&question.query()),
    };
    Reply::json(200, &empty).with_header("cache-control", "no-cache")
}

fn whole_page(app: &App<Live>, request: &Request, served: Served<HeldBody>, now_ms: u64) -> Out {
    let etag = served.envelope.etag.clone();
    let headers = page_headers(&served, &etag, &app.config, now_ms);
    if is_not_modified(request, &etag) {
        return Out::Whole(not_modified(headers));
    }
    match served.body {
        HitBody::Bytes(bytes) => Out::Whole(Reply { status: 200, headers, body: bytes.to_vec() }),
        HitBody::Opened(body) => Out::Held(Reply { status: 200, headers, body: Vec::new() }, body),
    }
}

type Parsed = (Served<HeldBody>, Volumes);

async fn parsed(app: &App<Live>, served: Served<HeldBody>) -> Result<Parsed, Unserved> {
    let Served { envelope, body, x_cache, trail, forwarding, stale_because } = served;
    let bytes: Option<Rc<[u8]>> = match body {
        HitBody::Bytes(bytes) => Some(bytes),
        HitBody::Opened(opened) => app.ports.read(opened).await.ok().map(Into::into),
    };
    let volumes = bytes.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    match (bytes, volumes) {
        (Some(bytes), Some(volumes)) => {
            let body = HitBody::Bytes(bytes);
            Ok((Served { envelope, body, x_cache, trail, forwarding, stale_because }, volumes))
        }
        _ => Err(Unserved {
            failure: Failure::Internal { what: "a stored page cannot be read".to_owned() },
            providers: Vec::new(),
            trail,
        }),
    }
}

/// A part of a page, with an entity tag of its own.
fn sliced<T: serde::Serialize>(
    app: &App<Live>,
    request: &Request,
    served: &Served<HeldBody>,
    value: &T,
    now_ms: u64,
) -> Reply {
    let mut reply = Reply::json(200, value);
    let etag = etag_of(&reply.body);
    let headers: Headers = page_headers(served, &etag, &app.config, now_ms);
    if is_not_modified(request, &etag) {
        return not_modified(headers);
    }
    reply.headers = headers;
    reply
}

#[cfg(test)]
mod tests {
    use runtime::cache_policy::policy::{NewAnswer, envelope_for};

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_book_is_not_found_only_where_everybody_said_so() {
        let times = Config::from_vars(|_| None).unwrap().times;
        let entry = |partial| {
            let (etag, providers) = (String::new(), Vec::new());
            let none = NewAnswer {
                count: 0,
                partial,
                incomplete_until_ms: None,
                again_after_ms: None,
                etag,
                providers,
            };
            envelope_for(none, None, &times, 0, 0.0)
        };
        assert_eq!(absent(false, &entry(false), 0).status(), 404);
        for (now_ms, expected_ms) in [(0, 300_000), (299_500, 1_000), (300_001, 1_000)] {
            let failure = absent(true, &entry(true), now_ms);
            assert_eq!(failure.status(), 503);
            assert_eq!(failure.retry_after_ms(now_ms), Some(expected_ms));
        }
    }
}
