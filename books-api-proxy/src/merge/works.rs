//! Which items are editions of one work.

use std::collections::{BTreeMap, BTreeSet};

use shared::isbn::Isbn13;
use shared::text::{author_key, base_title, title_key};
use shared::volume::{Source, Volume};

use super::Item;
use super::fields::prefix;
use crate::candidate::Candidate;
use crate::search::plan::Provider;

/// The work that a number belongs to, as the providers say.
pub(super) type WorkOf = BTreeMap<Isbn13, String>;

/// Editions of one work.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) items: Vec<Item>,
    /// The best position of any record of it, the work's own record included.
    pub(super) rank: u32,
}

/// Reads the works that records declare for their own number and those of other editions.
pub(super) fn declared(candidates: &[Candidate]) -> WorkOf {
    let mut work_of = WorkOf::new();
    for candidate in candidates {
        let Some(work) = &candidate.work_id else { continue };
        for isbn in candidate.edition_isbns.iter().copied().chain(candidate.isbn()) {
            let known = work_of.entry(isbn).or_insert_with(|| work.clone());
            if work < known {
                known.clone_from(work);
            }
        }
    }
    work_of
}

/// Groups items by work: an equal work id, or an equal title and first author.
///
/// A work's own record that has editions beside it lends them its fields and is no item itself.
/// It never ties two groups together: once it is gone, nothing would hold them.
pub(super) fn group(items: Vec<Item>) -> Vec<Work> {
    let own = format!("{}-", prefix(Provider::OpenLibrary));
    let (records, editions): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| item.volume.id.starts_with(&own));
    let labels = Labels::of(&editions);
    let mut roots = Roots::new(editions.len());
    let mut first_with: BTreeMap<String, usize> = BTreeMap::new();
    for (at, item) in editions.iter().enumerate() {
        for label in labels.for_item(item) {
            let first = *first_with.entry(label).or_insert(at);
            roots.join(first, at);
        }
    }
    let mut lent: BTreeMap<usize, Vec<Item>> = BTreeMap::new();
    let mut works: Vec<Work> = Vec::new();
    for record in records {
        let found = labels.for_item(&record).into_iter().find_map(|label| first_with.get(&label));
        match found {
            Some(at) => lent.entry(roots.root(*at)).or_default().push(record),
            None => works.push(Work { rank: record.rank, items: vec![record] }),
        }
    }
    let mut by_root: BTreeMap<usize, Vec<Item>> = BTreeMap::new();
    for (at, item) in editions.into_iter().enumerate() {
        by_root.entry(roots.root(at)).or_default().push(item);
    }
    for (root, items) in by_root {
        works.push(complete(items, lent.remove(&root).unwrap_or_default()));
    }
    works
}

/// A work whose items carry its id and what its own records lend.
fn complete(mut items: Vec<Item>, mut records: Vec<Item>) -> Work {
    records.sort_by(|a, b| a.volume.id.cmp(&b.volume.id));
    let id = |items: &[Item]| items.iter().filter_map(|i| i.volume.work_id.clone()).min();
    let work_id = id(&items).or_else(|| id(&records));
    let rank = items.iter().chain(&records).map(|item| item.rank).min().unwrap_or(u32::MAX);
    for item in &mut items {
        if item.volume.work_id.is_none() {
            item.volume.work_id.clone_from(&work_id);
        }
        for record in &records {
            lend(&record.volume, &mut item.volume);
        }
    }
    Work { items, rank }
}

/// Fills what an edition lacks and what is true of every edition of its work.
fn lend(work: &Volume, edition: &mut Volume) {
    let (from, to) = (&work.volume_info, &mut edition.volume_info);
    let mut fields = Vec::new();
    if to.description.is_none() && from.description.is_some() {
        to.description.clone_from(&from.description);
        fields.push("description");
    }
    if to.categories.is_empty() && !from.categories.is_empty() {
        to.categories.clone_from(&from.categories);
        fields.push("categories");
    }
    if to.average_rating.is_none() && from.average_rating.is_some() {
        (to.average_rating, to.ratings_count) = (from.average_rating, from.ratings_count);
        fields.push("averageRating");
    }
    if to.image_links.is_none() && from.image_links.is_some() {
        to.image_links.clone_from(&from.image_links);
        fields.push("imageLinks");
    }
    let name = Provider::OpenLibrary.name();
    let known = edition.sources.iter_mut().find(|source| source.provider == name);
    let all = match known {
        Some(source) => &mut source.fields,
        None => {
            edition.sources.push(Source { provider: name.to_owned(), fields: Vec::new() });
            match edition.sources.last_mut() {
                Some(source) => &mut source.fields,
                None => return,
            }
        }
    };
    all.extend(fields.into_iter().map(str::to_owned));
    all.sort();
    edition.sources.sort();
}

/// What ties items together.
struct Labels {
    /// (base title, author) under which no two different subtitles stand: there the title alone
    /// names the work. "Mistborn: The Final Empire" and "Mistborn: The Well of Ascension" are two.
    unambiguous: BTreeSet<(String, String)>,
}

impl Labels {
    fn of(items: &[Item]) -> Self {
        let mut wholes: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for item in items {
            if let Some((base, whole, author)) = title_and_author(item) {
                let seen = wholes.entry((base.clone(), author)).or_default();
                if whole != base {
                    seen.insert(whole);
                }
            }
        }
        let single = wholes.into_iter().filter(|(_, seen)| seen.len() <= 1);
        Self { unambiguous: single.map(|(key, _)| key).collect() }
    }

    /// The labels of an item, the surest first.
    fn for_item(&self, item: &Item) -> Vec<String> {
        let mut labels = Vec::new();
        if let Some(work) = &item.volume.work_id {
            labels.push(format!("work {work}"));
        }
        if let Some((base, whole, author)) = title_and_author(item) {
            let by_base = self.unambiguous.contains(&(base.clone(), author.clone()));
            let title = if by_base { base } else { whole };
            labels.push(format!("title {title} / {author}"));
        }
        labels
    }
}

/// Base title, title with subtitle, and first author, in comparable form.
fn title_and_author(item: &Item) -> Option<(String, String, String)> {
    let info = &item.volume.volume_info;
    let author = author_key(info.authors.first()?);
    let whole = match &info.subtitle {
        Some(subtitle) => format!("{}: {subtitle}", info.title),
        None => info.title.clone(),
    };
    // An edition or "A Novel" behind the title is no subtitle: base_title of the whole drops it.
    let base = title_key(&base_title(&whole));
    let whole = title_key(&shared::text::without_edition(&whole));
    Some((base, whole, author))
}

/// Union-find; the root of a group is its smallest member.
struct Roots(Vec<usize>);

impl Roots {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&self, mut at: usize) -> usize {
        while let Some(parent) = self.0.get(at).copied().filter(|parent| *parent != at) {
            at = parent;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.0.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }
}
