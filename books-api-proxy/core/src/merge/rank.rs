//! Ranks works, and the editions in a work.
//!
//! The order depends on fields of the items; the provider's position breaks ties. A merged answer,
//! whose positions are its order, therefore keeps its order when it is merged again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bibliography::query::Query;
use runtime::wire_types::volume::Volume;

use super::derivative_works::DerivativeWorks;
use super::franchise::{EditionTexts, Franchise};
use super::merged_item::{FoldedTexts, MergedItem, group_by_key};
use super::relevance::{EXACT_SCORE, QueryTexts};
use super::work_grouping::{WorkGroup, log2_bucket, popularity};

/// Below this score (an exact match has 1,000), an item shares hardly a word with the query.
const WEAK_SCORE: u32 = 150;

struct ScoredItem {
    item: MergedItem,
    is_derivative: bool,
    relevance: u32,
}

/// The items in order: the editions of a work are adjacent, except that derivative works (a disc, a
/// sampler) go to the end.
pub(super) fn order_works(query: &Query, works: Vec<WorkGroup>) -> Vec<Volume> {
    let (asked, derivative_works) = (QueryTexts::of(query), DerivativeWorks::of(query));
    let author_first = is_author_of_several(&asked, &works);
    let franchise = if author_first {
        None
    } else {
        let texts: Vec<EditionTexts<'_>> = works.iter().map(|work| of_items(&work.items)).collect();
        Franchise::of(&asked, &derivative_works, &texts)
    };
    let score = |item: MergedItem| {
        let info = &item.volume.edition;
        let relevance = asked.relevance_score(info, &item.texts, author_first);
        let in_series =
            |franchise: &Franchise| franchise.franchise_score(&asked, &item.texts, relevance);
        let relevance = franchise.as_ref().map_or(relevance, in_series);
        let is_derivative = derivative_works.contains(info, &item.texts);
        ScoredItem { item, is_derivative, relevance }
    };
    let mut parts: Vec<(Vec<ScoredItem>, u32)> = Vec::new();
    for WorkGroup { items, rank } in works {
        let (derivative, books): (Vec<ScoredItem>, Vec<ScoredItem>) =
            items.into_iter().map(score).partition(|scored| scored.is_derivative);
        let derivative_rank = derivative.iter().map(|scored| scored.item.rank).min();
        parts.push((books, rank));
        parts.push((derivative, derivative_rank.unwrap_or(rank)));
    }
    parts.retain(|(items, _)| !items.is_empty());
    let language = common_language(&parts);
    let mut keyed: Vec<(WorkKey, Vec<ScoredItem>)> = parts
        .into_iter()
        .map(|(mut items, rank)| {
            items.sort_by_cached_key(|scored| item_key(scored, language.as_deref()));
            (WorkKey::of(&items, rank, language.as_deref()), items)
        })
        .collect();
    join_volumes(&mut keyed);
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.into_iter().flat_map(|(_, items)| items).map(|scored| scored.item.volume).collect()
}

fn of_items(items: &[MergedItem]) -> EditionTexts<'_> {
    items.iter().map(|item| (&item.volume.edition, &item.texts)).collect()
}

/// The sort key of a work; fields are compared in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WorkKey {
    answer: AnswerKey,
    /// The best standing in its series among works with an equal `answer`.
    of_series: Standing,
    /// The number in the series; 0 if it has none.
    position: u32,
    own: Standing,
}

/// How well the best edition answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AnswerKey {
    is_derivative: bool,
    relevance: Reverse<u32>,
    is_nameless: bool,
    is_foreign: bool,
}

/// How well known a work is, and then its position in a provider's answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    providers: Reverse<usize>,
    known: Reverse<u32>,
    rank: u32,
    id: Option<String>,
}

impl WorkKey {
    fn of(items: &[ScoredItem], rank: u32, language: Option<&str>) -> Self {
        let volumes = || items.iter().map(|scored| &scored.item.volume);
        let relevance = items.iter().map(|scored| scored.relevance).max().unwrap_or(EXACT_SCORE);
        let best = || items.iter().filter(|scored| scored.relevance == relevance);
        let providers: BTreeSet<&String> =
            volumes().flat_map(|volume| &volume.sources).map(|source| &source.provider).collect();
        let known = popularity(volumes().map(|volume| &volume.edition));
        // Weak matches keep the provider's order.
        let is_weak = relevance < WEAK_SCORE;
        let own = Standing {
            providers: Reverse(if is_weak { 0 } else { providers.len() }),
            known: Reverse(if is_weak { 0 } else { known }),
            rank,
            id: volumes().map(|volume| volume.id.clone()).min(),
        };
        Self {
            answer: AnswerKey {
                is_derivative: items.iter().all(|scored| scored.is_derivative),
                relevance: Reverse(relevance),
                is_nameless: best().all(|one| one.item.volume.edition.authors.is_empty()),
                is_foreign: best().all(|one| is_foreign(&one.item.volume, language)),
            },
            of_series: own.clone(),
            position: 0,
            own,
        }
    }
}

/// Orders the volumes of a series with equal `answer` by number, at the place of the best.
fn join_volumes(works: &mut [(WorkKey, Vec<ScoredItem>)]) {
    let mut best: BTreeMap<(AnswerKey, String, String), Standing> = BTreeMap::new();
    let volume = |key: &WorkKey, items: &[ScoredItem]| {
        let numbered = items.iter().find(|scored| scored.item.texts.position.is_some())?;
        let texts @ FoldedTexts { series, position, .. } = &numbered.item.texts;
        let series = (key.answer.clone(), series.clone(), texts.folded_authors().first()?.clone());
        Some((series, position.map(f32::to_bits)?))
    };
    for (key, items) in works.iter() {
        if let Some((series, _)) = volume(key, items) {
            let standing = best.entry(series).or_insert_with(|| key.own.clone());
            if key.own < *standing {
                standing.clone_from(&key.own);
            }
        }
    }
    for (key, items) in works {
        if let Some((series, position)) = volume(key, items)
            && let Some(standing) = best.get(&series)
        {
            key.of_series.clone_from(standing);
            // Positive floats are ordered like their bits.
            key.position = position;
        }
    }
}

/// Whether a real book matches the whole query, not only some of its words.
pub fn is_answered(query: &Query, volumes: &[Volume]) -> bool {
    let (asked, derivative_works) = (QueryTexts::of(query), DerivativeWorks::of(query));
    volumes.iter().map(|volume| &volume.edition).any(|info| {
        let texts = FoldedTexts::of(info);
        asked.is_answered_by(info, &texts) && !derivative_works.contains(info, &texts)
    })
}

/// For each item, whether it is a real book and no set, guide or sampler.
pub fn real_books(query: &Query, volumes: &[Volume]) -> Vec<bool> {
    let derivative_works = DerivativeWorks::of(query);
    let is_book = |volume: &Volume| {
        !derivative_works.contains(&volume.edition, &FoldedTexts::of(&volume.edition))
    };
    volumes.iter().map(is_book).collect()
}

/// Whether the query is the name of an author of at least two of the works.
fn is_author_of_several(asked: &QueryTexts, works: &[WorkGroup]) -> bool {
    let by = |item: &MergedItem| asked.may_name(&item.texts);
    works.iter().filter(|work| work.items.iter().any(by)).count() > 1
}

/// The most frequent language of the best items: equally relevant items in others are translations.
fn common_language(parts: &[(Vec<ScoredItem>, u32)]) -> Option<String> {
    let books = || parts.iter().flat_map(|(items, _)| items).filter(|scored| !scored.is_derivative);
    let best = books().map(|scored| scored.relevance).max()?;
    let language = |scored: &ScoredItem| scored.item.volume.edition.language.clone();
    let spoken = books().filter(|scored| scored.relevance == best).filter_map(language);
    group_by_key(spoken.map(|language| (language, ())))
        .into_iter()
        .max_by_key(|(name, times)| (times.len(), Reverse(name.clone())))
        .map(|(name, _)| name)
}

fn is_foreign(volume: &Volume, language: Option<&str>) -> bool {
    match (&volume.edition.language, language) {
        (Some(own), Some(common)) => own != common,
        _ => false,
    }
}

fn item_key(scored: &ScoredItem, language: Option<&str>) -> impl Ord + use<> {
    let volume = &scored.item.volume;
    let info = &volume.edition;
    let filled = [
        info.has_cover(),
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
        Reverse(log2_bucket(info.ratings_count.unwrap_or_default())),
        Reverse(filled.into_iter().filter(|is_filled| *is_filled).count()),
        scored.item.rank,
        volume.id.clone(),
    )
}
