//! A query that names a series or a franchise ("harry potter", "mistborn"): its author's books are
//! ranked before books by others about it.

use std::collections::BTreeMap;

use bibliography::edition::Edition;

use super::derivative_works::DerivativeWorks;
use super::merged_item::FoldedTexts;
use super::relevance::QueryTexts;
use super::work_grouping::popularity;

/// The editions of a work, with their comparable texts.
pub(super) type EditionTexts<'a> = Vec<(&'a Edition, &'a FoldedTexts)>;

/// The fewest works of one author for a name to be a series.
const LEAST_WORKS: usize = 2;

/// The least scores of the series' author's works: with the name of the series, and without.
const NAMED_SCORE: u32 = 950;
const UNNAMED_SCORE: u32 = 650;

/// The highest score of a title that is not equal to the query, and its limit for other authors.
const MOST_BY_TITLE: u32 = 900;
const MOST_OF_OTHERS: u32 = 600;

/// A query that names a series, and its author.
pub(super) struct Franchise {
    author: String,
}

impl Franchise {
    /// Finds the author of most works that have all words of the query; if a book has the query as
    /// its title, that book's author.
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
            let Some(author) = texts.folded_authors().first() else { continue };
            let is_titled = asked.is_titled(texts);
            let (titled, count, known) = authors.entry(author).or_default();
            *titled |= is_titled;
            *count += 1;
            *known += popularity(work.iter().map(|(info, _)| *info));
        }
        let best = |(_, (titled, count, known)): &(&str, (bool, usize, u32))| {
            if *titled { (true, *known as usize, 0) } else { (false, *count, *known) }
        };
        // Of equals, the alphabetically first.
        let (author, (_, count, _)) = authors.into_iter().rev().max_by_key(best)?;
        (count >= LEAST_WORKS).then(|| Self { author: author.to_owned() })
    }

    pub(super) fn franchise_score(
        &self,
        asked: &QueryTexts,
        texts: &FoldedTexts,
        score: u32,
    ) -> u32 {
        match (texts.is_by(&self.author), asked.is_held_by(texts)) {
            (true, true) => score.max(NAMED_SCORE),
            (true, false) => score.max(UNNAMED_SCORE),
            (false, _) if score <= MOST_BY_TITLE => score.min(MOST_OF_OTHERS),
            (false, _) => score,
        }
    }
}
