//! Groups items by work, and says how well known a work is.

use std::collections::{BTreeMap, BTreeSet};

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use runtime::wire_types::volume::{FieldSource, Volume};

use super::merged_item::{MergedItem, group_by_key};
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;

/// The work of each ISBN, as declared by the providers.
pub(super) type WorkIndex = BTreeMap<Isbn13, String>;

#[derive(Clone, Debug, Default)]
pub(super) struct WorkGroup {
    pub(super) items: Vec<MergedItem>,
    /// The best position of any of its records, the work's own record included.
    pub(super) rank: u32,
}

/// Collects the works that records declare for their ISBNs.
pub(super) fn works_declared_by(candidates: &[ProviderRecord]) -> WorkIndex {
    let said = candidates.iter().flat_map(|candidate| {
        let isbns = candidate.edition_isbns.iter().copied().chain(candidate.isbn());
        candidate.work_id.iter().flat_map(move |work| isbns.clone().map(move |isbn| (isbn, work)))
    });
    let of_isbn =
        |(isbn, works): (Isbn13, Vec<&String>)| Some((isbn, works.into_iter().min()?.clone()));
    group_by_key(said).into_iter().filter_map(of_isbn).collect()
}

/// Groups items with an equal work id, or with title and authors of one work.
///
/// A work's own record is an item only without editions; else it fills their missing fields. It
/// never joins two groups, since merging the answer again, without it, would split them.
pub(super) fn group_by_work(items: Vec<MergedItem>) -> Vec<WorkGroup> {
    let own = format!("{}-", Provider::OpenLibrary.names_and_trust_ranks().id_prefix);
    let (records, mut editions): (Vec<MergedItem>, Vec<MergedItem>) =
        items.into_iter().partition(|item| item.volume.id.starts_with(&own));
    copy_authors(&records, &mut editions);
    let mut roots = DisjointSets((0..editions.len()).collect());
    let by_id: BTreeMap<String, Vec<usize>> = group_by_key(
        editions.iter().zip(0..).filter_map(|(item, at)| Some((item.volume.work_id.clone()?, at))),
    );
    for places in by_id.values() {
        for (a, b) in places.iter().zip(places.iter().skip(1)) {
            roots.union(*a, *b);
        }
    }
    // After the ids, since editions with one id are one work for the comparison of texts.
    join_by_texts(&editions, &mut roots);
    // All records of a work go to one group: its id must not be in two.
    let by_work = group_by_key(records.into_iter().map(|record| {
        let work = record.volume.work_id.as_ref().unwrap_or(&record.volume.id).clone();
        (work, record)
    }));
    let mut lent: BTreeMap<usize, Vec<MergedItem>> = BTreeMap::new();
    let mut works: Vec<WorkGroup> = Vec::new();
    for (id, records) in by_work {
        let by_id = by_id.get(&id).and_then(|places| places.first()).map(|at| roots.find_root(*at));
        let by_texts = || {
            let is_one = |item: &MergedItem| {
                records.iter().any(|record| record.texts.work.is_same_work(&item.texts.work))
            };
            let places = editions.iter().enumerate().filter(|(_, item)| is_one(item));
            sole_value(places.map(|(at, _)| roots.find_root(at)))
        };
        match by_id.or_else(by_texts) {
            Some(root) => lent.entry(root).or_default().extend(records),
            None => works
                .extend(records.into_iter().map(|r| WorkGroup { rank: r.rank, items: vec![r] })),
        }
    }
    let by_root =
        group_by_key(editions.into_iter().zip(0..).map(|(e, at)| (roots.find_root(at), e)));
    for (root, items) in by_root {
        works.push(build_work(items, lent.remove(&root).unwrap_or_default()));
    }
    works
}

/// Joins editions whose titles and authors are of one work. An edition with less text than the
/// other (no subtitle, no author) is joined only if it fits no other work.
fn join_by_texts(editions: &[MergedItem], roots: &mut DisjointSets) {
    let mut vague = Vec::new();
    for (a, one) in editions.iter().enumerate() {
        for (b, other) in editions.iter().enumerate().skip(a + 1) {
            let (one, other) = (&one.texts.work, &other.texts.work);
            if one.is_same_work(other) {
                match (one.says_less_than(other), other.says_less_than(one)) {
                    (false, false) => roots.union(a, b),
                    (true, false) => vague.push((a, b)),
                    (false, true) => vague.push((b, a)),
                    (true, true) => vague.extend([(a, b), (b, a)]),
                }
            }
        }
    }
    // Repeated, because a join may leave an edition only one fitting work.
    loop {
        let mut is_joined = false;
        let fuller =
            group_by_key(vague.iter().map(|(a, b)| (roots.find_root(*a), roots.find_root(*b))));
        for (root, fuller) in fuller {
            if let Some(one) = sole_value(fuller.into_iter().filter(|other| *other != root)) {
                roots.union(root, one);
                is_joined = true;
            }
        }
        if !is_joined {
            return;
        }
    }
}

fn sole_value(mut all: impl Iterator<Item = usize>) -> Option<usize> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// Copies the authors of a work to its editions without authors (one in twenty of Google's). This
/// comes first, because grouping and ranking compare authors.
fn copy_authors(records: &[MergedItem], editions: &mut [MergedItem]) {
    for edition in editions.iter_mut().filter(|item| item.texts.folded_authors().is_empty()) {
        let Some(work) = &edition.volume.work_id else { continue };
        let of_work = |record: &&MergedItem| {
            record.volume.work_id.as_ref() == Some(work)
                && !record.texts.folded_authors().is_empty()
        };
        let known = records.iter().filter(of_work).min_by(|a, b| a.volume.id.cmp(&b.volume.id));
        if let Some(record) = known {
            edition.volume.edition.authors.clone_from(&record.volume.edition.authors);
            edition.texts.work.authors.clone_from(&record.texts.work.authors);
            add_source_fields(&mut edition.volume, &["authors"]);
        }
    }
}

/// The work of a group: its items get the work id, and missing fields from the work's own records.
fn build_work(mut items: Vec<MergedItem>, mut records: Vec<MergedItem>) -> WorkGroup {
    records.sort_by(|a, b| a.volume.id.cmp(&b.volume.id));
    let id = |items: &[MergedItem]| items.iter().filter_map(|i| i.volume.work_id.clone()).min();
    let work_id = id(&items).or_else(|| id(&records));
    let rank = items.iter().chain(&records).map(|item| item.rank).min().unwrap_or(u32::MAX);
    for item in &mut items {
        if item.volume.work_id.is_none() {
            item.volume.work_id.clone_from(&work_id);
        }
        for record in &records {
            copy_missing_fields(&record.volume, &mut item.volume);
        }
        // Of the comparable texts, only the series may have been filled.
        item.texts.set_series(&item.volume.edition);
    }
    share_numbers(&mut items, &records);
    WorkGroup { items, rank }
}

/// The first item shows the ISBNs of editions that are no items.
fn share_numbers(items: &mut [MergedItem], records: &[MergedItem]) {
    let here: Vec<Isbn13> = items.iter().filter_map(|item| item.volume.edition.isbn13).collect();
    let is_here = |id: &IndustryIdentifier| {
        Isbn13::parse(&id.identifier).is_ok_and(|isbn| here.contains(&isbn))
    };
    for Volume { edition, sources, .. } in items.iter_mut().map(|item| &mut item.volume) {
        edition.other_ids.retain(|id| !is_here(id));
        // The sources of the removed ISBNs are removed too.
        if edition.other_ids.is_empty() {
            for source in sources {
                source.fields.retain(|field| field != "industryIdentifiers");
            }
        }
    }
    let ids = records.iter().flat_map(|record| &record.volume.edition.other_ids);
    let ids: Vec<&IndustryIdentifier> = ids.filter(|id| !is_here(id)).collect();
    if let Some(item) = items.iter_mut().min_by(|a, b| a.volume.id.cmp(&b.volume.id))
        && !ids.is_empty()
    {
        let shown = &mut item.volume.edition.other_ids;
        shown.extend(ids.into_iter().cloned());
        shown.sort();
        shown.dedup();
        add_source_fields(&mut item.volume, &["industryIdentifiers"]);
    }
}

/// Fills an edition's missing fields from its work, if they hold for every edition.
fn copy_missing_fields(work: &Volume, edition: &mut Volume) {
    let (from, to) = (&work.edition, &mut edition.edition);
    let mut fields = Vec::new();
    let mut note = |is_filled: bool, field: &'static str| {
        fields.extend(is_filled.then_some(field));
        is_filled
    };
    note(fill_if_empty(&mut to.description, &from.description), "description");
    note(fill_if_empty(&mut to.categories, &from.categories), "categories");
    if note(fill_if_empty(&mut to.average_rating, &from.average_rating), "averageRating") {
        to.ratings_count = from.ratings_count;
    }
    if note(!to.has_cover() && from.has_cover(), "imageLinks") {
        to.image.clone_from(&from.image);
        to.small_image.clone_from(&from.small_image);
    }
    // All editions of a work in one language are in that language.
    let is_unknown = to.language.is_none() && to.languages.is_empty();
    if is_unknown && !note(fill_if_empty(&mut to.language, &from.language), "language") {
        note(fill_if_empty(&mut to.languages, &from.languages), "languages");
    }
    note(fill_if_empty(&mut to.series, &from.series), "series");
    note(fill_if_empty(&mut to.edition_count, &from.edition_count), "editionCount");
    note(fill_if_empty(&mut to.readers_count, &from.readers_count), "readersCount");
    add_source_fields(edition, &fields);
}

/// Copies a value over an empty one; true if there was one to copy.
fn fill_if_empty<T: Clone + Default + PartialEq>(to: &mut T, from: &T) -> bool {
    let is_filled = *to == T::default() && *from != T::default();
    if is_filled {
        to.clone_from(from);
    }
    is_filled
}

/// Notes that fields of an item came from its work.
fn add_source_fields(edition: &mut Volume, fields: &[&str]) {
    let provider = Provider::OpenLibrary.name();
    let (known, others): (Vec<_>, Vec<_>) =
        edition.sources.drain(..).partition(|source| source.provider == provider);
    let known = known.into_iter().flat_map(|source| source.fields);
    let all: BTreeSet<String> = known.chain(fields.iter().map(ToString::to_string)).collect();
    edition.sources = others;
    let fields = all.into_iter().collect();
    edition.sources.push(FieldSource { provider: provider.to_owned(), fields });
    edition.sources.sort();
}

/// A logarithmic scale: small differences do not count.
pub(super) fn log2_bucket(count: u32) -> u32 {
    u32::BITS - count.leading_zeros()
}

/// The number of editions is a better sign than that of ratings: a doubling of the editions counts
/// as much as two doublings of the ratings.
pub(super) fn popularity<'a>(infos: impl Iterator<Item = &'a Edition> + Clone) -> u32 {
    let most = |count: fn(&Edition) -> Option<u32>| {
        infos.clone().filter_map(count).max().unwrap_or_default()
    };
    let here = u32::try_from(infos.clone().count()).unwrap_or(u32::MAX);
    let editions = most(|info| info.edition_count).max(here);
    let (ratings, readers) = (most(|info| info.ratings_count), most(|info| info.readers_count));
    2 * log2_bucket(editions) + log2_bucket(ratings.max(readers))
}

/// Union-find; the root of a group is its smallest member.
struct DisjointSets(Vec<usize>);

impl DisjointSets {
    fn find_root(&self, mut at: usize) -> usize {
        while let Some(parent) = self.0.get(at).copied().filter(|parent| *parent != at) {
            at = parent;
        }
        at
    }

    fn union(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find_root(a), self.find_root(b));
        if let Some(parent) = self.0.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }
}
