//! The order of works, and of the editions in a work.
//!
//! Everything that orders can be read off the items; positions settle ties only. So a merged
//! answer, whose positions are its order, keeps it when it is merged again.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bibliography::query::Query;
use runtime::api::volume::Volume;

use super::MergedItem;
use super::derivative_works::DerivativeWorks;
use super::groups::groups;
use super::relevance::{EXACT, QueryTexts};
use super::texts::FoldedTexts;
use super::works::Work;

/// An item with its marks.
struct ScoredItem {
    item: MergedItem,
    is_derivative: bool,
    relevance: u32,
}

/// Puts works in order and lays them out: the editions of a work stand together, except that its
/// junk (a disc, a sampler) goes with the other junk to the end.
pub(super) fn order(query: &Query, works: Vec<Work>) -> Vec<Volume> {
    let (asked, derivative_works) = (QueryTexts::of(query), DerivativeWorks::of(query));
    let author_first = is_author_of_several(&asked, &works);
    let mut parts: Vec<(Vec<ScoredItem>, u32)> = Vec::new();
    for Work { items, rank } in works {
        let scored =
            items.into_iter().map(|item| score(&asked, &derivative_works, item, author_first));
        let (derivative, books): (Vec<ScoredItem>, Vec<ScoredItem>) =
            scored.partition(|scored| scored.is_derivative);
        let derivative_rank = derivative.iter().map(|scored| scored.item.rank).min();
        parts.push((books, rank));
        parts.push((derivative, derivative_rank.unwrap_or(rank)));
    }
    parts.retain(|(items, _)| !items.is_empty());
    let language = common_language(&parts);
    let mut keyed: Vec<_> = parts
        .into_iter()
        .map(|(mut items, rank)| {
            items.sort_by_cached_key(|scored| item_key(scored, language.as_deref()));
            (work_key(&items, rank, language.as_deref()), items)
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.into_iter().flat_map(|(_, items)| items).map(|scored| scored.item.volume).collect()
}

fn score(
    asked: &QueryTexts,
    derivative_works: &DerivativeWorks,
    item: MergedItem,
    author_first: bool,
) -> ScoredItem {
    let info = &item.volume.volume_info;
    let relevance = asked.score(info, &item.texts, author_first);
    let is_derivative = derivative_works.holds(info, &item.texts);
    ScoredItem { item, is_derivative, relevance }
}

/// Whether a real book here has all that was requested, and not just a word or two of it.
#[must_use]
pub fn is_answered(query: &Query, volumes: &[Volume]) -> bool {
    let (asked, derivative_works) = (QueryTexts::of(query), DerivativeWorks::of(query));
    volumes.iter().map(|volume| (&volume.volume_info, FoldedTexts::of(&volume.volume_info))).any(
        |(info, texts)| asked.is_answered_by(info, &texts) && !derivative_works.holds(info, &texts),
    )
}

/// Which items are real books, and no sets, guides or samplers.
#[must_use]
pub fn real_books(query: &Query, volumes: &[Volume]) -> Vec<bool> {
    let derivative_works = DerivativeWorks::of(query);
    let is_book = |volume: &Volume| {
        !derivative_works.holds(&volume.volume_info, &FoldedTexts::of(&volume.volume_info))
    };
    volumes.iter().map(is_book).collect()
}

/// Whether a text is the name of an author of at least two works here.
fn is_author_of_several(asked: &QueryTexts, works: &[Work]) -> bool {
    let by = |item: &MergedItem| asked.may_name(&item.texts);
    works.iter().filter(|work| work.items.iter().any(by)).count() > 1
}

/// The language of most of the best items: others of the same mark are translations.
fn common_language(parts: &[(Vec<ScoredItem>, u32)]) -> Option<String> {
    let books = || parts.iter().flat_map(|(items, _)| items).filter(|scored| !scored.is_derivative);
    let best = books().map(|scored| scored.relevance).max()?;
    let language = |scored: &ScoredItem| scored.item.volume.volume_info.language.clone();
    let spoken = books().filter(|scored| scored.relevance == best).filter_map(language);
    groups(spoken.map(|language| (language, ())))
        .into_iter()
        .max_by_key(|(name, times)| (times.len(), Reverse(name.clone())))
        .map(|(name, _)| name)
}

fn is_foreign(volume: &Volume, language: Option<&str>) -> bool {
    match (&volume.volume_info.language, language) {
        (Some(own), Some(common)) => own != common,
        _ => false,
    }
}

/// Powers of two: a few ratings more or less say nothing.
fn bucket(count: u32) -> u32 {
    u32::BITS - count.leading_zeros()
}

fn item_key(scored: &ScoredItem, language: Option<&str>) -> impl Ord + use<> {
    let volume = &scored.item.volume;
    let info = &volume.volume_info;
    let filled = [
        info.image_links.is_some(),
        info.description.is_some(),
        info.page_count.is_some(),
        info.published_date.is_some(),
        info.publisher.is_some(),
        !info.categories.is_empty(),
    ];
    (
        Reverse(scored.relevance),
        info.authors.is_empty(),
        is_foreign(volume, language),
        Reverse(volume.sources.len()),
        Reverse(bucket(info.ratings_count.unwrap_or_default())),
        Reverse(filled.into_iter().filter(|is_filled| *is_filled).count()),
        scored.item.rank,
        volume.id.clone(),
    )
}

/// The order of a work: how well its best edition answers, then how well known it is.
fn work_key(items: &[ScoredItem], rank: u32, language: Option<&str>) -> impl Ord + use<> {
    let volumes = || items.iter().map(|scored| &scored.item.volume);
    let relevance = items.iter().map(|scored| scored.relevance).max().unwrap_or(EXACT);
    let best = || items.iter().filter(|scored| scored.relevance == relevance);
    let providers =
        volumes().flat_map(|volume| &volume.sources).map(|s| &s.provider).collect::<BTreeSet<_>>();
    let ratings = volumes().filter_map(|volume| volume.volume_info.ratings_count).max();
    // Between books of one title: what was printed again and again is what is looked for, more
    // surely than what was rated often. Each doubling of the editions outweighs two of the ratings.
    let editions = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let known = 2 * bucket(editions) + bucket(ratings.unwrap_or_default());
    (
        items.iter().all(|scored| scored.is_derivative),
        Reverse(relevance),
        best().all(|scored| scored.item.volume.volume_info.authors.is_empty()),
        best().all(|scored| is_foreign(&scored.item.volume, language)),
        Reverse(providers.len()),
        Reverse(known),
        rank,
        volumes().map(|volume| volume.id.clone()).min(),
    )
}
