//! Merges the providers' records to the pages that are stored and served.

use std::cell::OnceCell;
use std::rc::Rc;

use bibliography::query::Query;
use runtime::cache_policy::entry_lifetimes::CacheLifetimeInputs;
use runtime::cache_policy::entry_metadata::etag_of;
use runtime::wire_types::volume::{QueryReport, SearchAnswerPage};

use super::answer_completeness::FanOutCompleteness;
use super::result_pages::split_pages;
use crate::merge::{MergedItems, is_answered};
use crate::provider_record::ProviderRecord;

/// A merged answer, not stored yet.
#[derive(Clone, Debug)]
pub struct MergedAnswer {
    pub completeness: FanOutCompleteness,
    /// Books on both pages.
    pub count: u32,
    /// The keyword query to try next, if no book matches the guessed title or author.
    pub keyword_query: Option<Query>,
    /// True for the answer to a wider question.
    pub widened: bool,
    pub first: Rc<[u8]>,
    pub overflow: Option<Rc<[u8]>>,
    /// The tag of the first page, computed once: a batch writes a page under several keys.
    etag: OnceCell<String>,
}

impl MergedAnswer {
    pub fn new(
        query: &Query,
        candidates: Vec<ProviderRecord>,
        completeness: FanOutCompleteness,
    ) -> Self {
        Self::of(query, MergedItems::of(candidates), completeness, false)
    }

    /// Merges records, also those of a wider question, and ranks them for the original query.
    pub fn of(
        query: &Query,
        records: MergedItems,
        completeness: FanOutCompleteness,
        widened: bool,
    ) -> Self {
        let items = records.ordered(query);
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let reports = completeness.reports.iter().filter(|report| report.count > 0);
        // On a tie the most trusted provider counts.
        let provider = reports.rev().max_by_key(|report| report.count);
        let whole = SearchAnswerPage {
            kind: "books#volumes".to_owned(),
            total_items: count,
            items,
            provider: provider.map(|report| report.name.clone()),
            providers: completeness.reports.clone(),
            partial: completeness.partial,
            widened,
            query_analysis: report_of(query),
        };
        // A provider that did not answer may have the book: no keyword query then.
        let is_open = !completeness.partial && !completeness.is_failure();
        let words = query.as_words().filter(|_| is_open);
        let keyword_query = words.filter(|_| !is_answered(query, &whole.items));
        let (first, overflow) = split_pages(whole);
        let bytes = |page: &SearchAnswerPage| serde_json::to_vec(page).unwrap_or_default().into();
        Self {
            completeness,
            count,
            keyword_query,
            widened,
            first: bytes(&first),
            overflow: overflow.as_ref().map(bytes),
            etag: OnceCell::new(),
        }
    }

    /// Whether the keyword query's answer replaces this one.
    pub fn is_replaced_by(&self, words: &Self) -> bool {
        !words.completeness.is_failure() && (words.count > 0 || self.count == 0)
    }

    /// The wider question, if every provider denies this one.
    pub fn wider_query(&self, query: &Query) -> Option<Query> {
        let is_denied = self.count == 0 && !self.completeness.partial;
        query.widened_query().filter(|_| is_denied && !self.completeness.is_failure())
    }

    /// The properties that decide how long the entry lives.
    pub fn cache_lifetime_factors(&self) -> CacheLifetimeInputs {
        CacheLifetimeInputs {
            count: self.count,
            partial: self.completeness.partial,
            incomplete_until_ms: self.completeness.incomplete_until_ms,
            again_after_ms: match self.count {
                0 => self.completeness.again_after_ms,
                _ => self.completeness.open_for_ms,
            },
            etag: self.etag.get_or_init(|| etag_of(&self.first)).clone(),
            providers: self.completeness.answered.clone(),
            widened: self.widened,
        }
    }
}

pub fn report_of(query: &Query) -> QueryReport {
    QueryReport {
        kind: query.kind().as_str().to_owned(),
        confidence: query.kind_certainty(),
        normalized: query.comparable_text(),
        repaired: query.isbn13().filter(|_| query.has_repaired_isbn()).map(|isbn| isbn.to_string()),
    }
}
