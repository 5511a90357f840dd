//! Fetches what is missing: ISBNs in bulk, an author once.

use std::collections::BTreeMap;

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use futures::join;
use runtime::api::isbndb::BooksPage;
use runtime::api::volume::ProviderReport;
use runtime::outcome::{Answer, Failure, Outcome, ProviderFailure};

use super::item::LinkedBook;
use super::port::{Bulk, BulkPorts};
use crate::app::App;
use crate::candidate::{Candidate, count_results};
use crate::merge::{matches_book, verify};
use crate::provider::Provider;
use crate::providers::FetchPolicy;
use crate::question::LookupKind;
use crate::question::lookup_kind;
use crate::search::completeness::{Completeness, assess};
use crate::search::provider_rules::{ProviderStatus, is_not_asked, warming_providers};

/// Answers of several providers to one item.
pub type Answers = Vec<(Provider, Outcome<Vec<Candidate>>)>;

/// Pages of one author at most: the ISBNdb Worker has a thousand books of an author in its own cache.
const MAX_AUTHOR_PAGES: u32 = 20;
/// Calls to the ISBNdb Worker in one batch: a request may cause 32 invocations of Workers.
const MAX_ISBNDB_PAGES: u32 = 24;
/// Look-ups at Google in one batch: each is a paced call of its own.
const MAX_GOOGLE: usize = 10;

/// Records of an item, and their completeness.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// All records, of all providers.
    pub records: Vec<Candidate>,
    /// The completeness of the providers' answers.
    pub completeness: Completeness,
    /// The failure of the most useful provider, if one failed.
    pub failure: Option<(Provider, Failure)>,
}

impl Fetched {
    /// Assesses answers. Warming waits for every provider it queries: it is partial only if one failed.
    #[must_use]
    pub fn new(kind: LookupKind, mut answers: Answers, now_ms: u64) -> Self {
        answers.sort_by_key(|(provider, _)| *provider);
        let provider_status = |outcome: &Outcome<Vec<Candidate>>| match outcome {
            Ok(Answer::Found(_)) => ProviderStatus::Found,
            Ok(Answer::NotFound) => ProviderStatus::None,
            Err(failure) if is_not_asked(failure) => ProviderStatus::NotAsked,
            Err(_) => ProviderStatus::Failed,
        };
        let provider_statuses: Vec<_> =
            answers.iter().map(|(p, outcome)| (*p, provider_status(outcome))).collect();
        let by_ref: Vec<_> = answers.iter().map(|(p, outcome)| (*p, outcome)).collect();
        let completeness =
            assess(kind, &provider_statuses, &by_ref, |records| count_results(records), now_ms);
        let failure = answers.iter().find_map(|(provider, outcome)| match outcome {
            Err(failure) if !is_not_asked(failure) => Some((*provider, failure.root().clone())),
            _ => None,
        });
        let found = answers.into_iter().filter_map(|(_, outcome)| match outcome {
            Ok(Answer::Found(records)) => Some(records),
            _ => None,
        });
        Self { records: found.flatten().collect(), completeness, failure }
    }
}

/// Fetches many editions: ISBNdb and Open Library in one call each, Google for what neither has.
pub async fn editions<P: BulkPorts>(
    app: &App<P>,
    isbns: &[Isbn13],
    fetch_policy: FetchPolicy,
) -> BTreeMap<Isbn13, Fetched> {
    if isbns.is_empty() {
        return BTreeMap::new();
    }
    let (isbndb, open_library) = join!(
        app.ports.isbndb_editions(isbns, fetch_policy),
        app.ports.open_library_editions(isbns)
    );
    let (isbndb, open_library) =
        (one_outcome_each(isbns, isbndb), one_outcome_each(isbns, open_library));
    let mut google_left = MAX_GOOGLE;
    let mut all = BTreeMap::new();
    for ((isbn, first), second) in isbns.iter().zip(isbndb).zip(open_library) {
        let lacking = |outcome: &Outcome<_>| !matches!(outcome, Ok(Answer::Found(_)));
        let mut answers = vec![(Provider::Isbndb, first), (Provider::OpenLibrary, second)];
        if google_left > 0 && answers.iter().all(|(_, outcome)| lacking(outcome)) {
            google_left -= 1;
            let third = app.ports.google_edition(*isbn).await;
            match &third {
                // Its share of the day is spent, or its pace is reached: it was not queried.
                Err(Failure::Provider(
                    ProviderFailure::QuotaSpent { .. }
                    | ProviderFailure::RateLimited { local: true, .. },
                )) => {
                    google_left = 0;
                }
                _ => answers.push((Provider::GoogleBooks, third)),
            }
        }
        all.insert(*isbn, Fetched::new(LookupKind::Isbn, answers, app.ports.now_ms()));
    }
    all
}

/// One outcome per ISBN, also if the call failed.
fn one_outcome_each(isbns: &[Isbn13], bulk: Bulk) -> Vec<Outcome<Vec<Candidate>>> {
    match bulk {
        Ok(outcomes) if outcomes.len() == isbns.len() => outcomes,
        Ok(_) => vec![
            Err(ProviderFailure::Malformed { detail: "bulk answer".to_owned() }.into());
            isbns.len()
        ],
        Err(failure) => vec![Err(failure); isbns.len()],
    }
}

/// Calls to the ISBNdb Worker that are left in this batch.
#[derive(Debug)]
pub struct IsbndbPageBudget(u32);

impl Default for IsbndbPageBudget {
    fn default() -> Self {
        Self(MAX_ISBNDB_PAGES)
    }
}

/// Fetches an author: as many ISBNdb pages as the library's books need, and Open Library once.
pub async fn author<P: BulkPorts>(
    app: &App<P>,
    name: &str,
    linked_books: &[LinkedBook],
    budget: &mut IsbndbPageBudget,
    fetch_policy: FetchPolicy,
) -> Fetched {
    let (isbndb, open_library) = join!(
        author_pages(app, name, linked_books, budget, fetch_policy),
        app.ports.open_library_author(name)
    );
    let answers = vec![(Provider::Isbndb, isbndb), (Provider::OpenLibrary, open_library)];
    Fetched::new(LookupKind::Author, answers, app.ports.now_ms())
}

async fn author_pages<P: BulkPorts>(
    app: &App<P>,
    name: &str,
    linked_books: &[LinkedBook],
    budget: &mut IsbndbPageBudget,
    fetch_policy: FetchPolicy,
) -> Outcome<Vec<Candidate>> {
    let mut records: Vec<Candidate> = Vec::new();
    for number in 1..=MAX_AUTHOR_PAGES {
        if budget.0 == 0 {
            break;
        }
        budget.0 -= 1;
        let page = match app.ports.isbndb_author(name, number, fetch_policy).await {
            Ok(Answer::Found(page)) => page,
            Ok(Answer::NotFound) => break,
            // The pages read so far are an answer; the books not in them are fetched by ISBN.
            Err(_) if !records.is_empty() => break,
            Err(failure) => return Err(failure),
        };
        let more = has_more(&page, number);
        let from = u32::try_from(records.len()).unwrap_or(u32::MAX);
        records.extend(page.books.into_iter().zip(from..).map(|(b, n)| Candidate::from_book(b, n)));
        if !more || linked_books.iter().all(|book| is_covered(book, &records)) {
            break;
        }
    }
    Ok(if records.is_empty() { Answer::NotFound } else { Answer::Found(records) })
}

fn has_more(page: &BooksPage, number: u32) -> bool {
    !page.books.is_empty() && u64::from(number) * u64::from(page.page_size) < u64::from(page.total)
}

fn is_covered(book: &LinkedBook, records: &[Candidate]) -> bool {
    records.iter().any(|record| {
        book.isbn.is_some_and(|isbn| verify(isbn, record))
            || book.isbn.is_none()
                && book
                    .title_and_author
                    .as_ref()
                    .is_some_and(|(title, author)| matches_book(title, author.as_deref(), record))
    })
}

/// Fetches a title or a text from the providers of the table's last column.
pub async fn text<P: BulkPorts>(app: &App<P>, query: &Query, fetch_policy: FetchPolicy) -> Fetched {
    let kind = lookup_kind(query);
    let asking = warming_providers(kind)
        .iter()
        .map(|provider| app.ports.ask(*provider, query, fetch_policy));
    let answers = futures::future::join_all(asking).await;
    Fetched::new(kind, answers, app.ports.now_ms())
}

/// Whether Google may have what the others have not: warming queries it rarely.
#[must_use]
pub fn may_google_have<P: BulkPorts>(app: &App<P>, completeness: &Completeness) -> bool {
    let google = Provider::GoogleBooks.name();
    app.ports.has_google() && completeness.reports.iter().all(|report| report.name != google)
}

/// The completeness of an answer without Google: "none" is a fact only when every provider has
/// confirmed it, and such an answer is kept no longer than any other partial answer.
#[must_use]
pub fn mark_google_not_asked(mut completeness: Completeness) -> Completeness {
    let place = completeness.reports.len().min(1);
    let (name, outcome) = (Provider::GoogleBooks.name().to_owned(), "not_asked".to_owned());
    completeness.reports.insert(place, ProviderReport { name, outcome, count: 0 });
    completeness.partial = true;
    completeness
}
