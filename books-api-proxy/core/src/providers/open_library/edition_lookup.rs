//! Looks up many editions: which calls are made, and the outcome of each ISBN.
//!
//! 1. One look-up by ISBN for all of them.
//! 2. An answer without the ISBN that is known to exist is broken by one of the records: the
//!    missing ISBNs are requested again in halves, until the breaking one is alone; the search
//!    looks that one up.
//! 3. If the route for ISBNs has moved, the search looks them up.

use std::collections::{BTreeMap, VecDeque};

use bibliography::isbn::Isbn13;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};

use super::open_library_requests::OpenLibraryRequest;
use super::parse::EditionLookupResults;
use crate::provider_record::ProviderRecordsOutcome;

pub const MAX_CALLS: u32 = 6;
/// ISBNs in one search, as Open Library's maintainers advise.
const MAX_NUMBERS_PER_SEARCH: usize = 25;
/// The retry time of ISBNs for which no call was left.
const DEFER_MS: u64 = 60_000;

/// One outcome for each ISBN, in the given order. `ask` makes a call and parses its answer.
pub async fn look_up_editions_by_isbn(
    isbns: &[Isbn13],
    ask: impl AsyncFn(&OpenLibraryRequest) -> Result<EditionLookupResults, Failure>,
) -> Vec<ProviderRecordsOutcome> {
    let mut known: BTreeMap<Isbn13, ProviderRecordsOutcome> = BTreeMap::new();
    // The ISBNs of further calls; true for the route for ISBNs, false for the search.
    let mut open = VecDeque::from([(true, isbns.to_vec())]);
    let mut calls = 0;
    let mut has_moved = false;
    while let Some((by_key, part)) = open.pop_front() {
        if by_key && has_moved {
            for chunk in part.chunks(MAX_NUMBERS_PER_SEARCH).rev() {
                open.push_front((false, chunk.to_vec()));
            }
            continue;
        }
        if calls == MAX_CALLS {
            let later = ProviderFailure::RateLimited { retry_after_ms: DEFER_MS, local: true };
            known.extend(part.iter().map(|isbn| (*isbn, Err(later.clone().into()))));
            continue;
        }
        calls += 1;
        let request = match by_key {
            true => OpenLibraryRequest::Editions(part.clone()),
            false => OpenLibraryRequest::Numbers(part.clone()),
        };
        match ask(&request).await {
            Ok(answer) => {
                let is_absent = |isbn: &&Isbn13| !answer.known.contains_key(*isbn);
                let absent: Vec<Isbn13> = part.iter().filter(is_absent).copied().collect();
                known.extend(answer.known);
                if answer.is_whole {
                    known.extend(
                        absent.into_iter().map(|isbn| (isbn, Ok(FoundOrNotFound::NotFound))),
                    );
                } else if let ([one], false) = (absent.as_slice(), by_key) {
                    known.insert(*one, Err(missing_edition()));
                } else {
                    // Halves, or the search for a single ISBN, which the route cannot return.
                    let halves = absent.chunks(absent.len().div_ceil(2).max(1));
                    open.extend(halves.map(|half| (by_key && absent.len() > 1, half.to_vec())));
                }
            }
            // The search may answer.
            Err(Failure::Provider(ProviderFailure::Moved { .. })) if by_key => {
                has_moved = true;
                open.push_front((true, part));
            }
            Err(failure @ Failure::Provider(ProviderFailure::Moved { .. })) => {
                known.extend(part.iter().map(|isbn| (*isbn, Err(failure.clone()))));
            }
            // A further call would fail alike.
            Err(failure) => {
                let rest = part.into_iter().chain(open.drain(..).flat_map(|(_, part)| part));
                known.extend(rest.map(|isbn| (isbn, Err(failure.clone()))));
            }
        }
    }
    let of = |isbn: &Isbn13| known.get(isbn).cloned().unwrap_or_else(|| Err(missing_edition()));
    isbns.iter().map(of).collect()
}

fn missing_edition() -> Failure {
    ProviderFailure::malformed("the answer lacks an edition that Open Library has").into()
}

#[cfg(test)]
mod tests;
