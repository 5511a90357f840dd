//! Merges the records of one edition to an item: the best value of each field, with its provider.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{BookSeries, fold_text, same_author, same_title};
use runtime::wire_types::volume::{FieldSource, Volume};

use super::folded_texts::FoldedTexts;
use super::merged_item::MergedItem;
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
    let mut records: Vec<ProviderRecord> =
        records.into_iter().map(record_cleanup::clean_record).collect();
    // A fixed order, so that the result does not depend on the order of the input.
    let place = |record: &ProviderRecord| {
        (record.provider.provider_properties().editorial_rank, record.rank)
    };
    records.sort_by(|a, b| {
        place(a).cmp(&place(b)).then_with(|| format!("{a:?}").cmp(&format!("{b:?}")))
    });
    let records = agreeing(records);
    let isbn = records.iter().find_map(ProviderRecord::isbn);
    let rank = records.iter().map(|record| record.rank).min().unwrap_or(u32::MAX);
    let work_id = records.iter().filter_map(|record| record.work_id.clone()).min();
    let work_id = work_id.or_else(|| isbn.and_then(|isbn| work_index.get(isbn)));
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
    let support =
        |record: &ProviderRecord| records.iter().filter(|other| agree(record, other)).count();
    // A record without a usable title is the last choice: the others would be compared with it.
    let untitled = |record: &ProviderRecord| record_cleanup::is_suspicious(&record.edition.title);
    let place =
        |at: usize, record: &ProviderRecord| (untitled(record), Reverse(support(record)), at);
    let best = records.iter().enumerate().min_by_key(|(at, record)| place(*at, record));
    match best.map(|(_, record)| record.clone()) {
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
    fn pick_best_value<T, K: Ord>(
        &mut self,
        field: &'static str,
        value: impl Fn(&ProviderRecord) -> Option<T>,
        better: impl Fn(&ProviderRecord, &T) -> K,
    ) -> Option<T> {
        let values = self.records.iter().filter_map(|record| Some((record, value(record)?)));
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
            |record: &ProviderRecord| record.provider.provider_properties().editorial_rank;
        let trade = |record: &ProviderRecord| record.provider.provider_properties().trade_rank;
        let records = self.records;
        // A value that two records agree on is preferred.
        let alone = |agrees: &dyn Fn(&ProviderRecord) -> bool| {
            records.iter().filter(|record| agrees(record)).count() < 2
        };
        let title = self.pick_best_value(
            "title",
            |record| Some(record.edition.title.clone()).filter(|title| !title.is_empty()),
            |record, title| {
                let is_alone = alone(&|other| {
                    let other = &other.edition.title;
                    other == title || same_title(other, title)
                });
                (
                    record_cleanup::is_suspicious(title),
                    is_alone,
                    is_all_caps(title),
                    editorial(record),
                )
            },
        );
        let title = title.unwrap_or_default();
        // A subtitle is taken only from a record with the chosen title, and only if the title does
        // not contain it already.
        let subtitle = self.pick_best_value(
            "subtitle",
            |record| {
                let subtitle = record.edition.subtitle.clone()?;
                let folded = fold_text(&title);
                let same =
                    record.edition.title.is_empty() || fold_text(&record.edition.title) == folded;
                (same && !folded.contains(&fold_text(&subtitle))).then_some(subtitle)
            },
            |record, _| editorial(record),
        );
        let authors = self.pick_best_value(
            "authors",
            |record| Some(record.edition.authors.clone()).filter(|names| !names.is_empty()),
            |record, names| {
                let is_alone = alone(&|other| have_one_author(&other.edition.authors, names));
                (is_alone, editorial(record))
            },
        );
        let rating = self.pick_best_value(
            "averageRating",
            |record| Some((record.edition.average_rating?, record.edition.ratings_count)),
            |record, (_, count)| (Reverse(*count), editorial(record)),
        );
        let covers = self.pick_best_value(
            "imageLinks",
            |record| {
                let edition = &record.edition;
                edition.has_cover().then(|| (edition.image.clone(), edition.small_image.clone()))
            },
            |record, (image, _)| (image.is_none(), editorial(record)),
        );
        let (image, small_image) = covers.unwrap_or_default();
        let language =
            self.pick_best_value("language", |r| r.edition.language.clone(), |r, _| editorial(r));
        let several = |record: &ProviderRecord| {
            Some(record.edition.languages.clone())
                .filter(|all| language.is_none() && !all.is_empty())
        };
        let languages =
            self.pick_best_value("languages", several, |r, all| (Reverse(all.len()), editorial(r)));
        Edition {
            isbn13: isbn,
            other_ids: self.other_ids(isbn),
            title,
            subtitle,
            authors: authors.unwrap_or_default(),
            publisher: self.pick_best_value(
                "publisher",
                |r| r.edition.publisher.clone(),
                |r, _| trade(r),
            ),
            published_date: self.pick_best_value(
                "publishedDate",
                |record| record.edition.published_date.clone(),
                |record, date| (Reverse(date.len()), trade(record)),
            ),
            description: self.pick_best_value(
                "description",
                |record| record.edition.description.clone(),
                |record, text| (Reverse(text.len()), editorial(record)),
            ),
            page_count: self.pick_best_value(
                "pageCount",
                |r| r.edition.page_count,
                |r, _| trade(r),
            ),
            categories: self
                .pick_best_value(
                    "categories",
                    |record| Some(record.edition.categories.clone()).filter(|all| !all.is_empty()),
                    |record, _| editorial(record),
                )
                .unwrap_or_default(),
            average_rating: rating.map(|(average, _)| average),
            ratings_count: rating.and_then(|(_, count)| count),
            image,
            small_image,
            language,
            languages: languages.unwrap_or_default(),
            series: self.pick_best_value(
                "series",
                |record| record.edition.series.clone(),
                |record, series| (BookSeries::parse(series).number.is_none(), trade(record)),
            ),
            edition_count: self.pick_best_value(
                "editionCount",
                |r| r.edition.edition_count,
                |_, n| Reverse(*n),
            ),
            readers_count: self.pick_best_value(
                "readersCount",
                |r| r.edition.readers_count,
                |_, n| Reverse(*n),
            ),
            binding: self.pick_best_value(
                "binding",
                |r| r.edition.binding.clone(),
                |r, _| trade(r),
            ),
        }
    }

    /// All identifiers but the edition's ISBN, each once.
    fn other_ids(&mut self, isbn: Option<Isbn13>) -> Vec<IndustryIdentifier> {
        let mut others = BTreeSet::new();
        for record in self.records {
            // A work shows the ISBNs of its editions.
            let editions = record.work_id.iter().flat_map(|_| &record.edition_isbns);
            let editions = editions.take(MAX_EDITION_NUMBERS);
            let editions =
                editions.map(|isbn| IndustryIdentifier::new("ISBN_13", isbn.to_string()));
            for id in record.edition.other_ids.iter().cloned().chain(editions) {
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

fn have_one_author(some: &[String], others: &[String]) -> bool {
    let is_one = |a: &String, b: &String| a == b || same_author(a, b);
    some.iter().any(|name| others.iter().any(|other| is_one(name, other)))
}

fn is_all_caps(title: &str) -> bool {
    title.chars().any(char::is_uppercase) && !title.chars().any(char::is_lowercase)
}
