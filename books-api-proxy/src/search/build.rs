//! From judged records to the bytes that are stored and served.

use std::rc::Rc;

use shared::cache::envelope::etag_of;
use shared::cache::policy::NewAnswer;
use shared::query::Query;
use shared::volume::{QueryReport, Volumes};

use super::judge::Verdict;
use super::page::split;
use crate::candidate::Candidate;
use crate::merge::merge;

/// A built answer, not stored yet.
#[derive(Clone, Debug)]
pub struct Built {
    /// What the providers came to.
    pub verdict: Verdict,
    /// Books in the whole answer.
    pub count: u32,
    /// The stored page.
    pub first: Rc<[u8]>,
    /// Items past it.
    pub rest: Option<Rc<[u8]>>,
}

impl Built {
    /// Merges records into pages.
    #[must_use]
    pub fn new(query: &Query, candidates: Vec<Candidate>, verdict: Verdict) -> Self {
        let whole = volumes(query, candidates, &verdict);
        let count = whole.total_items;
        let (first, rest) = split(whole);
        let bytes = |page: &Volumes| serde_json::to_vec(page).unwrap_or_default().into();
        Self { verdict, count, first: bytes(&first), rest: rest.as_ref().map(bytes) }
    }

    /// The facts that decide about its life.
    #[must_use]
    pub fn answer(&self) -> NewAnswer {
        NewAnswer {
            count: self.count,
            partial: self.verdict.partial,
            incomplete_until_ms: self.verdict.incomplete_until_ms,
            etag: etag_of(&self.first),
            providers: self.verdict.answered.clone(),
        }
    }
}

/// The merged answer as it is served.
fn volumes(query: &Query, candidates: Vec<Candidate>, verdict: &Verdict) -> Volumes {
    let items = merge(query, candidates);
    let most = verdict.reports.iter().filter(|report| report.count > 0);
    // On a tie the first one counts, in the order of trust.
    let provider = most.rev().max_by_key(|report| report.count).map(|report| report.name.clone());
    Volumes {
        kind: "books#volumes".to_owned(),
        total_items: u32::try_from(items.len()).unwrap_or(u32::MAX),
        items,
        provider,
        providers: verdict.reports.clone(),
        partial: verdict.partial,
        query_analysis: report_of(query),
    }
}

/// What to ask for instead, where everybody who was asked says that there is no such title or
/// author, and only the form of the text had made it one.
#[must_use]
pub fn words_instead(query: &Query, built: &Built) -> Option<Query> {
    let nobody_has_it = built.count == 0 && !built.verdict.partial && !built.verdict.is_failure();
    nobody_has_it.then(|| query.as_words()).flatten()
}

/// What a query was taken for.
#[must_use]
pub fn report_of(query: &Query) -> QueryReport {
    QueryReport {
        kind: query.kind().as_str().to_owned(),
        confidence: query.confidence(),
        normalized: query.normalized(),
    }
}
