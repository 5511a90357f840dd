//! Full-text search over the catalogue, with a slightly wrong order, as at the providers.

use std::collections::HashMap;

use super::catalogue_records::{CatalogueEdition, EditionRelationToLibrary};
use super::search_tokenization;
use crate::emulator_request::Provider;
use crate::hash::{FakeDataSeed, hash};

/// Words to find; the provider's own syntax is parsed before.
#[derive(Clone, Debug)]
pub(crate) struct SearchIndexQuery<'a> {
    pub(crate) provider: Provider,
    pub(crate) title: Vec<String>,
    pub(crate) author: Vec<String>,
    pub(crate) anywhere: Vec<String>,
    pub(crate) prohibited: Vec<String>,
    /// The share of the words' weight that a hit needs: 1.0 for all words.
    pub(crate) least: f64,
    /// The source of the noise, beside the book.
    pub(crate) salt: &'a str,
}

#[derive(Debug, Default)]
pub(super) struct SearchIndex {
    title: HashMap<String, Vec<u32>>,
    author: HashMap<String, Vec<u32>>,
    /// The number of the title's words.
    title_length: Vec<usize>,
}

/// Title and author words of an edition, as they are indexed.
fn indexed(edition: &CatalogueEdition) -> (Vec<String>, Vec<String>) {
    let mut title = search_tokenization::tokenize_for_search(&edition.full_title());
    if let Some((series, number)) = &edition.series {
        title.extend(search_tokenization::tokenize_for_search(series));
        title.extend(search_tokenization::tokenize_for_search(number));
    }
    let author =
        edition.authors.iter().flat_map(|name| search_tokenization::name_words(name)).collect();
    (title, author)
}

impl SearchIndex {
    pub(super) fn of(editions: &[CatalogueEdition]) -> Self {
        let mut index = Self::default();
        for (at, edition) in (0_u32..).zip(editions) {
            let (title, author) = indexed(edition);
            index.title_length.push(search_tokenization::tokenize_for_search(&edition.title).len());
            for (words, postings) in [(title, &mut index.title), (author, &mut index.author)] {
                for word in words {
                    let list: &mut Vec<u32> = postings.entry(word).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
        }
        index
    }

    /// The weight of a word: high for rare words.
    fn idf(&self, count: usize) -> f64 {
        let all = self.title_length.len() as f64;
        (1.0 + all / (1.0 + count as f64)).ln()
    }

    pub(super) fn search_editions(
        &self,
        editions: &[CatalogueEdition],
        query: &SearchIndexQuery<'_>,
    ) -> Vec<usize> {
        let mut scores: HashMap<u32, f64> = HashMap::new();
        let mut total = 0.0;
        let none = Vec::new();
        let of = |postings: &HashMap<String, Vec<u32>>, word: &str| -> Vec<u32> {
            postings.get(word).unwrap_or(&none).clone()
        };
        let mut add = |hits: Vec<u32>| {
            let weight = self.idf(hits.len());
            total += weight;
            for hit in hits {
                *scores.entry(hit).or_default() += weight;
            }
        };
        for word in &query.title {
            add(of(&self.title, word));
        }
        for word in &query.author {
            add(of(&self.author, word));
        }
        for word in &query.anywhere {
            let mut hits = of(&self.title, word);
            hits.extend(of(&self.author, word));
            hits.sort_unstable();
            hits.dedup();
            add(hits);
        }
        if total <= 0.0 {
            return Vec::new();
        }
        for word in &query.prohibited {
            for hit in of(&self.title, word).iter().chain(&of(&self.author, word)) {
                scores.remove(hit);
            }
        }
        let mut ranked: Vec<(f64, usize)> = scores
            .into_iter()
            .filter(|(_, score)| score / total >= query.least - 1e-9)
            .filter_map(|(at, score)| {
                let at = usize::try_from(at).ok()?;
                let edition = editions.get(at)?;
                edition
                    .is_known_to_provider(query.provider)
                    .then(|| (score / total + self.skewed(query, at, edition), at))
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, at)| at).collect()
    }

    /// Changes of the score beside the words: a short exact title is better, and there is
    /// noise; in one query of eight study guides, boxes and samplers rank higher.
    fn skewed(&self, query: &SearchIndexQuery<'_>, at: usize, edition: &CatalogueEdition) -> f64 {
        let wanted = query.title.len() + query.anywhere.len();
        let length = self.title_length.get(at).copied().unwrap_or(0);
        let surplus = length.saturating_sub(wanted).min(8) as f64;
        let noise = FakeDataSeed::of(&[query.salt, &edition.isbn13])
            .seeded_number(query.provider.name(), 1000);
        let misled = hash(&[query.salt, query.provider.name()]).is_multiple_of(8);
        let impostor = matches!(
            edition.kind,
            EditionRelationToLibrary::Guide
                | EditionRelationToLibrary::BoxSet
                | EditionRelationToLibrary::Sampler
        );
        let lift = if misled && impostor { 0.6 } else { 0.0 };
        noise as f64 / 8000.0 - surplus * 0.03 + lift
    }
}
