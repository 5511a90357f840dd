//! A series or a franchise as the query ("harry potter", "mistborn"): the author of the books stands
//! before those that write about them.

use std::collections::BTreeMap;

use bibliography::edition::Edition;

use super::derivative_works::DerivativeWorks;
use super::popularity::popularity;
use super::relevance::QueryTexts;
use super::texts::FoldedTexts;

/// The records of a work's items, with their comparable forms.
pub(super) type EditionTexts<'a> = Vec<(&'a Edition, &'a FoldedTexts)>;

/// Least works of one author under a name for it to be a series.
const LEAST_WORKS: usize = 2;

/// The scores of works by the author of the series: those that hold its name, and the others.
const NAMED: u32 = 950;
const OTHER: u32 = 650;

/// The most that a title gets that is not the very one, and what of it is left to another author.
const MOST_BY_TITLE: u32 = 900;
const MOST_OF_OTHERS: u32 = 600;

/// A query that names a series, and its author.
pub(super) struct Franchise {
    author: String,
}

impl Franchise {
    /// Finds the author of most of the works that hold all words of the query; where a book has the
    /// very title, that book's.
    pub(super) fn of(
        asked: &QueryTexts,
        derivative_works: &DerivativeWorks,
        works: &[EditionTexts<'_>],
    ) -> Option<Self> {
        if !asked.may_be_series() {
            return None;
        }
        let mut authors: BTreeMap<&str, (bool, usize, u32)> = BTreeMap::new();
        for work in works {
            let holding = work.iter().find(|(info, texts)| {
                let is_about =
                    derivative_works.contains(info, texts) && !derivative_works.is_set(texts);
                asked.is_held_by(texts) && !is_about
            });
            let Some((_, texts)) = holding else { continue };
            let Some(author) = texts.authors().first() else { continue };
            let is_titled = asked.is_titled(texts);
            let (titled, count, known) = authors.entry(author).or_default();
            *titled |= is_titled;
            *count += 1;
            *known += popularity(work.iter().map(|(info, _)| *info));
        }
        let best = |(_, (titled, count, known)): &(&&str, &(bool, usize, u32))| {
            if *titled { (true, *known as usize, 0) } else { (false, *count, *known) }
        };
        // Of equals the first in the alphabet.
        let (author, (_, count, _)) =
            authors.iter().rev().max_by_key(|entry| best(&(entry.0, entry.1)))?;
        (*count >= LEAST_WORKS).then(|| Self { author: (*author).to_owned() })
    }

    pub(super) fn score(&self, asked: &QueryTexts, texts: &FoldedTexts, score: u32) -> u32 {
        match (texts.is_by(&self.author), asked.is_held_by(texts)) {
            (true, true) => score.max(NAMED),
            (true, false) => score.max(OTHER),
            (false, _) if score <= MOST_BY_TITLE => score.min(MOST_OF_OTHERS),
            (false, _) => score,
        }
    }
}
