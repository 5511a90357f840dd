//! Merges the records of one edition to an item: the best value of each field, with its provider.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{BookSeries, fold_text, same_author, same_title};
use runtime::wire_types::volume::{FieldSource, Volume};

use super::merged_item::{FoldedTexts, MergedItem};
use super::record_cleanup;
use super::work_grouping::WorkIndex;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;

/// The most ISBNs of other editions that an item shows.
const MAX_EDITION_NUMBERS: usize = 12;

pub(super) fn merge_edition(
    id: String,
    records: Vec<ProviderRecord>,
    work_index: &WorkIndex,
) -> MergedItem {
    let clean = |record: ProviderRecord| ProviderRecord {
        edition: record_cleanup::clean_edition(record.edition),
        ..record
    };
    let mut records: Vec<ProviderRecord> = records.into_iter().map(clean).collect();
    // A fixed order, so that the result does not depend on the order of the input.
    let place = |record: &ProviderRecord| {
        (record.provider.names_and_trust_ranks().editorial_rank, record.rank)
    };
    records.sort_by(|a, b| {
        place(a).cmp(&place(b)).then_with(|| format!("{a:?}").cmp(&format!("{b:?}")))
    });
    let records = agreeing(records);
    let isbn = records.iter().find_map(ProviderRecord::isbn);
    let rank = records.iter().map(|record| record.rank).min().unwrap_or(u32::MAX);
    let work_id = records.iter().filter_map(|record| record.work_id.clone()).min();
    let work_id = work_id.or_else(|| work_index.get(&isbn?).cloned());
    let mut pick = FieldPicker { records: &records, taken: Vec::new() };
    let edition = pick.merged_edition(isbn);
    let sources = pick.field_sources();
    let volume = Volume { id, edition, sources, work_id };
    MergedItem { texts: FoldedTexts::of(&volume.edition), volume, rank }
}

/// Drops records with a wrong ISBN: those whose title and authors both disagree with the lead. The
/// lead is the record with which most others agree, the more trusted one if equal.
fn agreeing(records: Vec<ProviderRecord>) -> Vec<ProviderRecord> {
    if records.len() < 2 {
        return records;
    }
    let agree = |a: &ProviderRecord, b: &ProviderRecord| {
        let (a, b) = (&a.edition, &b.edition);
        a.authors.is_empty()
            || b.authors.is_empty()
            || a.title == b.title
            || same_title(&a.title, &b.title)
            || have_one_author(&a.authors, &b.authors)
    };
    let best = records.iter().min_by_key(|record| {
        let support = records.iter().filter(|other| agree(record, other)).count();
        // A record without a usable title is the last choice: the others would be compared with it.
        (record_cleanup::is_suspicious(&record.edition.title), Reverse(support))
    });
    match best.cloned() {
        Some(lead) => records.into_iter().filter(|record| agree(&lead, record)).collect(),
        None => records,
    }
}

/// Picks values, and notes the provider of each.
struct FieldPicker<'a> {
    records: &'a [ProviderRecord],
    taken: Vec<(Provider, &'static str)>,
}

impl FieldPicker<'_> {
    /// The value with the lowest `better`; of equals, the first in the fixed order.
    fn best_value<T, K: Ord>(
        &mut self,
        field: &'static str,
        value: impl Fn(&Edition) -> Option<T>,
        better: impl Fn(&ProviderRecord, &T) -> K,
    ) -> Option<T> {
        let values =
            self.records.iter().filter_map(|record| Some((record, value(&record.edition)?)));
        let mut values: Vec<_> = values.collect();
        // A single value needs no comparison, which is expensive for titles and names.
        let (record, value) = match values.len() {
            1 => values.pop(),
            _ => values.into_iter().min_by_key(|(record, value)| better(record, value)),
        }?;
        self.taken.push((record.provider, field));
        Some(value)
    }

    fn merged_edition(&mut self, isbn: Option<Isbn13>) -> Edition {
        let editorial =
            |record: &ProviderRecord| record.provider.names_and_trust_ranks().editorial_rank;
        let trade = |record: &ProviderRecord| record.provider.names_and_trust_ranks().trade_rank;
        let records = self.records;
        // A value that two records agree on is preferred.
        let is_alone = |agrees: &dyn Fn(&Edition) -> bool| {
            records.iter().filter(|record| agrees(&record.edition)).count() < 2
        };
        let title = self.best_value(
            "title",
            |edition| non_empty(&edition.title),
            |record, title| {
                let agrees =
                    |other: &Edition| other.title == *title || same_title(&other.title, title);
                let is_suspicious = record_cleanup::is_suspicious(title);
                (is_suspicious, is_alone(&agrees), is_all_caps(title), editorial(record))
            },
        );
        let title = title.unwrap_or_default();
        // A subtitle is taken only from a record with the chosen title, and only if the title does
        // not contain it already.
        let subtitle = self.best_value(
            "subtitle",
            |edition| {
                let (subtitle, folded) = (edition.subtitle.as_ref()?, fold_text(&title));
                let same = edition.title.is_empty() || fold_text(&edition.title) == folded;
                (same && !folded.contains(&fold_text(subtitle))).then(|| subtitle.clone())
            },
            |record, _| editorial(record),
        );
        let authors = self.best_value(
            "authors",
            |edition| non_empty(&edition.authors),
            |record, names| {
                (is_alone(&|other| have_one_author(&other.authors, names)), editorial(record))
            },
        );
        let rating = self.best_value(
            "averageRating",
            |edition| Some((edition.average_rating?, edition.ratings_count)),
            |record, (_, count)| (Reverse(*count), editorial(record)),
        );
        let covers = self.best_value(
            "imageLinks",
            |edition| {
                edition.has_cover().then(|| (edition.image.clone(), edition.small_image.clone()))
            },
            |record, (image, _)| (image.is_none(), editorial(record)),
        );
        let (image, small_image) = covers.unwrap_or_default();
        let language = self.best_value("language", |e| e.language.clone(), |r, _| editorial(r));
        let languages = self.best_value(
            "languages",
            |edition| non_empty(&edition.languages).filter(|_| language.is_none()),
            |record, all| (Reverse(all.len()), editorial(record)),
        );
        let categories =
            self.best_value("categories", |e| non_empty(&e.categories), |r, _| editorial(r));
        Edition {
            isbn13: isbn,
            other_ids: self.other_ids(isbn),
            title,
            subtitle,
            authors: authors.unwrap_or_default(),
            publisher: self.best_value("publisher", |e| e.publisher.clone(), |r, _| trade(r)),
            published_date: self.best_value(
                "publishedDate",
                |edition| edition.published_date.clone(),
                |record, date| (Reverse(date.len()), trade(record)),
            ),
            description: self.best_value(
                "description",
                |edition| edition.description.clone(),
                |record, text| (Reverse(text.len()), editorial(record)),
            ),
            page_count: self.best_value("pageCount", |e| e.page_count, |r, _| trade(r)),
            categories: categories.unwrap_or_default(),
            average_rating: rating.map(|(average, _)| average),
            ratings_count: rating.and_then(|(_, count)| count),
            image,
            small_image,
            language,
            languages: languages.unwrap_or_default(),
            series: self.best_value(
                "series",
                |edition| edition.series.clone(),
                |record, series| (BookSeries::parse(series).number.is_none(), trade(record)),
            ),
            edition_count: self.best_value("editionCount", |e| e.edition_count, |_, n| Reverse(*n)),
            readers_count: self.best_value("readersCount", |e| e.readers_count, |_, n| Reverse(*n)),
            binding: self.best_value("binding", |e| e.binding.clone(), |r, _| trade(r)),
        }
    }

    /// All identifiers but the edition's ISBN, each once.
    fn other_ids(&mut self, isbn: Option<Isbn13>) -> Vec<IndustryIdentifier> {
        let mut others = BTreeSet::new();
        for record in self.records {
            // A work shows the ISBNs of its editions.
            let editions = record.work_id.iter().flat_map(|_| &record.edition_isbns);
            let ids = editions.map(|isbn| IndustryIdentifier::new("ISBN_13", isbn.to_string()));
            let ids = record.edition.other_ids.iter().cloned().chain(ids.take(MAX_EDITION_NUMBERS));
            for id in ids {
                let same_number = isbn.is_some() && Isbn13::parse(&id.identifier).ok() == isbn;
                if !same_number && !id.identifier.trim().is_empty() {
                    others.insert(id);
                    self.taken.push((record.provider, "industryIdentifiers"));
                }
            }
        }
        others.into_iter().collect()
    }

    /// Every provider that has the book, with the fields taken from it.
    fn field_sources(&self) -> Vec<FieldSource> {
        let source = |record: &ProviderRecord| {
            let taken = self.taken.iter().filter(|(provider, _)| *provider == record.provider);
            let fields: BTreeSet<&str> = taken.map(|(_, field)| *field).collect();
            FieldSource {
                provider: record.provider.name().to_owned(),
                fields: fields.into_iter().map(str::to_owned).collect(),
            }
        };
        self.records.iter().map(source).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn non_empty<T: Clone + Default + PartialEq>(value: &T) -> Option<T> {
    (*value != T::default()).then(|| value.clone())
}

fn have_one_author(some: &[String], others: &[String]) -> bool {
    let is_one = |a: &String, b: &String| a == b || same_author(a, b);
    some.iter().any(|name| others.iter().any(|other| is_one(name, other)))
}

fn is_all_caps(title: &str) -> bool {
    title.chars().any(char::is_uppercase) && !title.chars().any(char::is_lowercase)
}
