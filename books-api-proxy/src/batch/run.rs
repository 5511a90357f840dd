//! The batch from end to end.

use std::collections::BTreeMap;

use bibliography::isbn::Isbn13;
use futures::StreamExt;
use futures::stream::iter;
use runtime::api::batch::{
    BatchAnswer, BatchItem, BatchOutcome, BatchQuery, BatchRequest, BatchResult, BookSeen,
    CacheMode, MAX_BATCH_ITEMS,
};
use runtime::cache_policy::{EntryOutcome, Envelope};
use runtime::order;
use runtime::outcome::Failure;
use runtime::rate_limit::CallClass;

use super::beside::store_along;
use super::cached::{PARALLEL, all_seen, facts, is_warm, outcome_of, records};
use super::compose::{is_confirmed, records_of};
use super::fetch::{Fetched, LeafBudget, author, editions, may_google_have, text, without_google};
use super::item::Item;
use super::port::BulkPorts;
use super::store::{Seen, lend, store};
use crate::app::App;
use crate::providers::Terms;
use crate::search::build::Built;
use crate::search::judge::Verdict;
use crate::search::plan::Provider;

/// Answers a batch; each item fails by itself. `past_leaf`: a refresh goes past the leaf's own
/// cache, too; not for a caller that has just filled that, and would pay for every book twice.
///
/// # Errors
/// More items than a batch may hold.
pub async fn run<P: BulkPorts>(
    app: &App<P>,
    request: BatchRequest,
    past_leaf: bool,
) -> Result<BatchAnswer, Failure> {
    if request.items.len() > MAX_BATCH_ITEMS {
        return Err(Failure::TooLarge { limit: format!("{MAX_BATCH_ITEMS} items") });
    }
    let mode = request.cache;
    let anew = past_leaf && mode == CacheMode::Refresh;
    let terms = Terms { class: CallClass::Background, anew };
    // Authors and numbers are asked of the leaf by the caller, right before; texts are not.
    let text_terms = Terms { anew: anew || mode == CacheMode::Recheck, ..terms };
    let items: Vec<Item> = request.items.into_iter().map(Item::new).collect();
    // 1. What stands there.
    let cached: Vec<(Option<Envelope>, Option<BatchResult>)> =
        iter(items.iter().map(|item| from_cache(app, item, mode)))
            .buffered(PARALLEL)
            .collect()
            .await;
    // 2. What is missing. Numbers go together.
    let open = items.iter().zip(&cached).filter(|(_, (_, result))| result.is_none());
    let isbns: Vec<Isbn13> = order::set(open.filter_map(|(item, _)| item.query.isbn13()));
    let bulk = editions(app, &isbns, terms).await;
    // 3. One after the other: an author's answer is large, and the pace allows no more anyway.
    let mut budget = LeafBudget::default();
    let mut results = Vec::with_capacity(items.len());
    for (item, (previous, result)) in items.iter().zip(cached) {
        results.push(match result {
            Some(result) => result,
            None => {
                let terms = if item.is_text() { text_terms } else { terms };
                fetched(app, item, previous, &bulk, &mut budget, terms).await
            }
        });
    }
    Ok(BatchAnswer { results })
}

fn result(item: &Item, outcome: BatchOutcome, books: Vec<BookSeen>) -> BatchResult {
    let BatchItem { id, .. } = &item.asked;
    BatchResult { id: id.clone(), key: item.key.to_string(), outcome, books }
}

/// The item's result where the cache gives one, and what is known of its key.
async fn from_cache<P: BulkPorts>(
    app: &App<P>,
    item: &Item,
    mode: CacheMode,
) -> (Option<Envelope>, Option<BatchResult>) {
    if item.query.is_empty() {
        let failure = Failure::BadRequest { what: "query: nothing to ask for".to_owned() };
        let outcome = BatchOutcome::Failed { failure, provider: "proxy".to_owned() };
        return (None, Some(result(item, outcome, Vec::new())));
    }
    let previous = facts(app, &item.key).await;
    let counts = |envelope: &&Envelope| {
        is_warm(envelope, app.ports.now_ms())
            && !(mode == CacheMode::Recheck && envelope.outcome == EntryOutcome::None)
    };
    let warm = previous.as_ref().filter(counts);
    let answer = match (mode, warm) {
        (CacheMode::Refresh, _) | (CacheMode::Default | CacheMode::Recheck, None) => None,
        (CacheMode::OnlyIfCached, None) => {
            Some(result(item, BatchOutcome::Miss, all_seen(app, item).await))
        }
        (CacheMode::OnlyIfCached, Some(envelope)) => Some(told(app, item, envelope).await),
        (CacheMode::Default | CacheMode::Recheck, Some(envelope)) => {
            Some(from_entry(app, item, envelope).await)
        }
    };
    (previous, answer)
}

/// A warm entry as it stands. A repaired number may lead to another book's.
async fn told<P: BulkPorts>(app: &App<P>, item: &Item, envelope: &Envelope) -> BatchResult {
    let to_confirm = item.to_confirm();
    if envelope.outcome == EntryOutcome::Found
        && to_confirm.is_some()
        && !is_confirmed(to_confirm, &records(app, &item.key).await)
    {
        return result(item, wrong_book(), Vec::new());
    }
    result(item, outcome_of(envelope, true), all_seen(app, item).await)
}

/// A warm entry: books that are missing beside it are composed from it, without asking anybody.
async fn from_entry<P: BulkPorts>(app: &App<P>, item: &Item, envelope: &Envelope) -> BatchResult {
    let mut books = all_seen(app, item).await;
    let lacking = books.iter().any(|book| !book.title || !book.isbn);
    let to_confirm = item.to_confirm();
    if envelope.outcome == EntryOutcome::Found && (lacking || to_confirm.is_some()) {
        let stored = records(app, &item.key).await;
        if !is_confirmed(to_confirm, &stored) {
            return result(item, wrong_book(), Vec::new());
        }
        if lacking {
            let verdict = verdict_of(app, envelope);
            for (along, seen) in item.along.iter().zip(&mut books) {
                *seen = store_along(app, along, &stored, &verdict, seen, false).await;
            }
        }
    }
    result(item, outcome_of(envelope, true), books)
}

fn wrong_book() -> BatchOutcome {
    let provider = Provider::Isbndb.name().to_owned();
    BatchOutcome::Failed { failure: Failure::WrongBook, provider }
}

/// What is known of the providers of a stored entry. What is composed from a partial one lives as
/// long as that.
fn verdict_of<P: BulkPorts>(app: &App<P>, envelope: &Envelope) -> Verdict {
    let report = |name: &String| runtime::api::volume::ProviderReport {
        name: name.clone(),
        outcome: "found".to_owned(),
        count: envelope.count,
    };
    let until_ms = envelope.partial.then_some(envelope.fresh_until_ms);
    let left_ms = envelope.fresh_until_ms.saturating_sub(app.ports.now_ms());
    let is_short = left_ms < app.config.times.partial_ttl_ms;
    Verdict {
        reports: envelope.providers.iter().map(report).collect(),
        answered: envelope.providers.clone(),
        partial: envelope.partial,
        incomplete_until_ms: until_ms.filter(|_| !is_short),
        again_after_ms: None,
        open_for_ms: until_ms.filter(|_| is_short).map(|_| left_ms),
        failure: Failure::AllFailed { retry_after_ms: left_ms },
    }
}

/// Asks for an item and stores what comes back.
async fn fetched<P: BulkPorts>(
    app: &App<P>,
    item: &Item,
    previous: Option<Envelope>,
    bulk: &BTreeMap<Isbn13, Fetched>,
    budget: &mut LeafBudget,
    terms: Terms,
) -> BatchResult {
    let fetched = match (&item.asked.query, item.query.isbn13()) {
        (BatchQuery::Author { .. }, _) => {
            // What its key says, not how the library writes it.
            let name = item.query.author_name().unwrap_or(item.query.text());
            author(app, name, &item.along, budget, terms).await
        }
        (_, Some(isbn)) => match bulk.get(&isbn) {
            Some(fetched) => fetched.clone(),
            None => return result(item, internal("no answer for the number"), Vec::new()),
        },
        _ => text(app, &item.query, terms).await,
    };
    let Fetched { mut records, mut verdict, failure } = fetched;
    if records.is_empty()
        && let Some((provider, failure)) = failure
    {
        let provider = provider.name().to_owned();
        return result(item, BatchOutcome::Failed { failure, provider }, Vec::new());
    }
    let mut built = Built::new(&item.query, records.clone(), verdict.clone());
    if let Some(words) = built.instead.clone() {
        let second = text(app, &words, terms).await;
        let found = Built::new(&words, second.records.clone(), second.verdict.clone());
        if built.gives_way_to(&found) {
            (records, verdict, built) = (second.records, second.verdict, found);
        }
    }
    // Records that are not the edition asked for leave nothing: they are no answer to it.
    let own = item.query.isbn13().map(|isbn| records_of(isbn, &records));
    if built.count > 0 && !is_confirmed(item.to_confirm(), own.as_deref().unwrap_or(&records)) {
        return result(item, wrong_book(), Vec::new());
    }
    if built.count == 0 && may_google_have(app, &verdict) {
        verdict = without_google(verdict);
        built = Built::new(&item.query, records.clone(), verdict.clone());
    }
    let Seen::Entry(envelope) = store(app, &item.key, &built, previous.as_ref()).await else {
        return result(item, internal("the cold tier failed"), Vec::new());
    };
    // The other texts that a book or an author is searched by may ask for more. That there is none of
    // this name is no fact about them: it is kept like any answer that lacks somebody.
    if built.count == 0 && !item.aliases.is_empty() {
        let open = Verdict { partial: true, ..verdict.clone() };
        built = Built::new(&item.query, Vec::new(), open);
    }
    lend(app, &item.lent, &built).await;
    for alias in &item.aliases {
        // An alias that fails is a later miss, not a failed item.
        let _ = store(app, alias, &built, None).await;
    }
    if terms.anew {
        // A copy of what was there would hide the new entry from the person who forced it.
        for key in std::iter::once(&item.key).chain(&item.aliases) {
            let _ = app.ports.hot_delete(key).await;
        }
    }
    let books = iter(item.along.iter().map(async |along| {
        let nothing = BookSeen { id: along.id.clone(), isbn: false, title: false, wrong: false };
        store_along(app, along, &records, &verdict, &nothing, terms.anew).await
    }))
    .buffered(PARALLEL)
    .collect()
    .await;
    result(item, outcome_of(&envelope, false), books)
}

fn internal(what: &str) -> BatchOutcome {
    let failure = Failure::Internal { what: what.to_owned() };
    BatchOutcome::Failed { failure, provider: "cache".to_owned() }
}
