//! Fetches records from the providers: ISBNs in bulk, an author once for all of its books.

use std::collections::{BTreeMap, BTreeSet};

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use futures::future::join_all;
use futures::join;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::wire_types::volume::ProviderReport;

use super::BatchSearchRun;
use super::batch_item_keys::{KeyedBatchItem, KeyedLibraryBook};
use super::compose::has_expected_book;
use crate::merge::carries_isbn;
use crate::provider::Provider;
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};
use crate::providers::ProviderFetchOptions;
use crate::search::answer_completeness::{FanOutCompleteness, assess};
use crate::search::provider_rules::{
    InteractiveProviderRole, ProviderAnswers, WarmingProviderRole, is_not_asked, provider_role,
    warming_providers,
};
use crate::search_context::{BulkOutcome, ProxyPorts};

/// Pages of one author at most: with 50 books a page, all that the ISBNdb Worker has in its cache.
const MAX_AUTHOR_PAGES: u32 = 20;

#[derive(Clone, Debug)]
pub struct FetchedRecords {
    pub records: Vec<ProviderRecord>,
    pub completeness: FanOutCompleteness,
    /// The failure of the most trusted provider that failed.
    pub failure: Option<(Provider, Failure)>,
}

impl FetchedRecords {
    /// Assesses answers. All providers have answered, so an answer is partial only if one failed.
    pub fn new(kind: QueryKind, answers: ProviderAnswers, now_ms: u64) -> Self {
        let completeness = assess(kind, &answers, now_ms);
        let (mut records, mut failure) = (Vec::new(), None);
        for (provider, answer) in answers {
            match answer {
                Some(Ok(FoundOrNotFound::Found(found))) => records.extend(found),
                Some(Err(failed)) if !is_not_asked(&failed) => {
                    failure.get_or_insert_with(|| (provider, failed.root_cause().clone()));
                }
                _ => {}
            }
        }
        Self { records, completeness, failure }
    }
}

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// Fetches many editions: in bulk from the providers of the role `Always`, then the missing
    /// ones from those of the role `Gaps`. An ISBN for which no call is left is not in the result.
    pub(super) async fn fetch_editions(
        &self,
        isbns: &[Isbn13],
    ) -> BTreeMap<Isbn13, FetchedRecords> {
        let (ports, limits, fetch_policy) = (&self.app.ports, self.keys.limits, self.fetch_policy);
        if isbns.is_empty() || !limits.take_bulk() {
            return BTreeMap::new();
        }
        let kind = QueryKind::Isbn;
        let asking = warming_providers(kind, WarmingProviderRole::Always).map(async |provider| {
            let bulk = ports.fetch_editions(provider, isbns, fetch_policy).await;
            (provider, one_outcome_each(isbns, bulk).into_iter())
        });
        let mut bulks = join_all(asking).await;
        let mut gap_providers: BTreeSet<Provider> =
            warming_providers(kind, WarmingProviderRole::Gaps).collect();
        let mut all = BTreeMap::new();
        for isbn in isbns {
            let mut answers: ProviderAnswers =
                bulks.iter_mut().map(|(provider, outcomes)| (*provider, outcomes.next())).collect();
            let mut is_deferred = false;
            for provider in gap_providers.clone() {
                let is_found = |answer: &_| matches!(answer, Some(Ok(FoundOrNotFound::Found(_))));
                if answers.values().any(is_found) {
                    break;
                }
                if ports.is_configured(provider, kind) && !limits.take_gap() {
                    is_deferred = true;
                    break;
                }
                let bulk = ports.fetch_editions(provider, &[*isbn], fetch_policy).await;
                match one_outcome_each(&[*isbn], bulk).pop() {
                    // Refused by its limiter: not queried for later ISBNs either.
                    Some(Err(Failure::Provider(
                        ProviderFailure::QuotaSpent { .. }
                        | ProviderFailure::RateLimited { local: true, .. },
                    ))) => {
                        gap_providers.remove(&provider);
                    }
                    outcome => {
                        answers.insert(provider, outcome);
                    }
                }
            }
            if !is_deferred {
                all.insert(*isbn, FetchedRecords::new(kind, answers, ports.now_ms()));
            }
        }
        all
    }

    /// Fetches an author: the pages from ISBNdb that the library's books need, others in one call.
    pub(super) async fn fetch_author(&self, item: &KeyedBatchItem) -> FetchedRecords {
        let (ports, query) = (&self.app.ports, &item.query);
        // The name of the cache key, not the library's spelling.
        let name = query.author_for_providers().unwrap_or(query.search_text());
        let others = warming_providers(QueryKind::Author, WarmingProviderRole::Always)
            .filter(|provider| *provider != Provider::Isbndb)
            .map(|provider| ports.query_provider(provider, query, self.fetch_policy));
        let (isbndb, others) = join!(self.author_pages(name, &item.linked_books), join_all(others));
        let mut answers = to_provider_answers(others);
        answers.insert(Provider::Isbndb, Some(isbndb));
        FetchedRecords::new(QueryKind::Author, answers, ports.now_ms())
    }

    async fn author_pages(
        &self,
        name: &str,
        linked_books: &[KeyedLibraryBook],
    ) -> ProviderRecordsOutcome {
        let mut records: Vec<ProviderRecord> = Vec::new();
        for number in 1..=MAX_AUTHOR_PAGES {
            // The first call was taken by `take_search`.
            if number > 1 && !self.keys.limits.take_isbndb_call() {
                break;
            }
            let page = match self.app.ports.isbndb_author(name, number, self.fetch_policy).await {
                Ok(FoundOrNotFound::Found(page)) => page,
                Ok(FoundOrNotFound::NotFound) => break,
                // The pages read so far are the answer; the warmer fetches the other books by ISBN.
                Err(_) if !records.is_empty() => break,
                Err(failure) => return Err(failure),
            };
            let is_last = page.books.is_empty()
                || u64::from(number) * u64::from(page.page_size) >= u64::from(page.total);
            let from = u32::try_from(records.len()).unwrap_or(u32::MAX);
            let books = page.books.into_iter().zip(from..);
            records.extend(books.map(|(book, rank)| ProviderRecord::from_isbndb(book, rank)));
            if is_last || linked_books.iter().all(|book| is_covered(book, &records)) {
                break;
            }
        }
        Ok(if records.is_empty() {
            FoundOrNotFound::NotFound
        } else {
            FoundOrNotFound::Found(records)
        })
    }

    pub(super) async fn fetch_by_text(
        &self,
        query: &Query,
        fetch_policy: ProviderFetchOptions,
    ) -> FetchedRecords {
        let kind = query.kind();
        let ports = &self.app.ports;
        let asking = warming_providers(kind, WarmingProviderRole::Always)
            .map(|provider| ports.query_provider(provider, query, fetch_policy));
        FetchedRecords::new(kind, to_provider_answers(join_all(asking).await), ports.now_ms())
    }

    /// The providers that a live search would query, and that warming did not.
    pub(super) fn providers_not_asked(
        &self,
        query: &Query,
        completeness: &FanOutCompleteness,
    ) -> Vec<Provider> {
        let is_left_out = |provider: &Provider| {
            provider_role(*provider, query.kind()).0 != InteractiveProviderRole::Never
                && self.app.ports.is_configured(*provider, query.kind())
                && completeness.reports.iter().all(|report| report.name != provider.name())
        };
        Provider::ALL.into_iter().filter(is_left_out).collect()
    }
}

fn to_provider_answers(outcomes: Vec<(Provider, ProviderRecordsOutcome)>) -> ProviderAnswers {
    outcomes.into_iter().map(|(provider, outcome)| (provider, Some(outcome))).collect()
}

/// One outcome per ISBN, also if the call failed.
fn one_outcome_each(isbns: &[Isbn13], bulk: BulkOutcome) -> Vec<ProviderRecordsOutcome> {
    let failure = match bulk {
        Ok(outcomes) if outcomes.len() == isbns.len() => return outcomes,
        Ok(_) => ProviderFailure::malformed("not one outcome for each ISBN").into(),
        Err(failure) => failure,
    };
    vec![Err(failure); isbns.len()]
}

fn is_covered(book: &KeyedLibraryBook, records: &[ProviderRecord]) -> bool {
    match (book.isbn, &book.title_and_author) {
        (Some(isbn), _) => records.iter().any(|record| carries_isbn(isbn, record)),
        (None, Some((title, author))) => {
            has_expected_book(Some((title, author.as_deref())), records)
        }
        (None, None) => false,
    }
}

/// The number of providers beside ISBNdb that warming queries.
pub fn other_providers(query: &Query) -> usize {
    let asked = warming_providers(query.kind(), WarmingProviderRole::Always);
    asked.filter(|provider| *provider != Provider::Isbndb).count()
}

/// Adds providers that were not queried to an answer without books, which makes it partial: an
/// absence needs the confirmation of every provider.
pub fn mark_not_asked(
    mut completeness: FanOutCompleteness,
    providers: &[Provider],
) -> FanOutCompleteness {
    completeness.reports.extend(providers.iter().map(|provider| ProviderReport {
        name: provider.name().to_owned(),
        outcome: "not_asked".to_owned(),
        count: 0,
    }));
    let place =
        |report: &ProviderReport| Provider::ALL.iter().position(|p| p.name() == report.name);
    completeness.reports.sort_by_key(place);
    completeness.partial |= !providers.is_empty();
    completeness
}
