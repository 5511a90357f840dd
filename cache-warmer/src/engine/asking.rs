//! Asking for a micro-batch: the leaf first, so that its pace is waited for here and not inside a
//! request of the proxy, then the proxy, which composes and stores.

use futures::future::join_all;
use runtime::api::batch::{BatchItem, BatchQuery, BatchResult, CacheMode, LibraryBook};
use runtime::outcome::Failure;

use super::outside::Outside;
use super::{Engine, peers};
use crate::ledger::hold::{Class, classify};
use crate::ledger::item::{Item, What};
use crate::ledger::store::{Store, Stored};
use crate::ledger::weather::Weather;

/// Books of an author that are named along with it; the others are asked for by number.
const MAX_BOOKS_ALONG: usize = 40;

/// What became of one question: the proxy's word, or a failure and whose it is.
pub(super) type Asked = Result<BatchResult, (Failure, String)>;

/// What a batch brought, before it is settled.
#[derive(Default)]
pub(super) struct Haul {
    /// By the item's key.
    pub(super) results: Vec<(String, Asked)>,
    pub(super) weather: Weather,
    pub(super) binding_calls: u64,
    pub(super) upstream_calls: u64,
    pub(super) units: u64,
    /// The leaf has no key.
    pub(super) leaf_off: bool,
}

impl Haul {
    fn fail(&mut self, key: &str, failure: &Failure, provider: &str, now_ms: u64) {
        self.weather.failure(failure, provider, now_ms);
        self.results.push((key.to_owned(), Err((failure.clone(), provider.to_owned()))));
    }
}

fn is_keyless(failure: &Failure) -> bool {
    matches!(failure.root(), Failure::NotConfigured)
}

/// The question an item asks the proxy.
pub(super) fn question(item: &Item) -> Option<BatchItem> {
    let query = match &item.what {
        What::Author { name, .. } => BatchQuery::Author { name: name.clone(), books: Vec::new() },
        What::Book { isbn: Some(isbn), confirm, title, author, .. } if item.is_by_number() => {
            BatchQuery::Isbn {
                isbn: *isbn,
                title: title.clone(),
                author: author.clone(),
                confirm: *confirm,
            }
        }
        What::Book { title, author, .. } => {
            BatchQuery::Title { title: title.clone()?, author: author.clone() }
        }
    };
    Some(BatchItem { id: item.key.clone(), query })
}

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Author pages into the leaf's cache, then the authors with their books to the proxy.
    pub(super) async fn authors(
        &self,
        number: u32,
        items: &[Item],
        mode: CacheMode,
        leaf_off: bool,
        haul: &mut Haul,
    ) -> Stored<()> {
        let mut batch = Vec::new();
        let mut fetched = Vec::new();
        if !leaf_off {
            let calls = items.iter().map(|item| async {
                match &item.what {
                    What::Author { name, .. } => {
                        let anew = mode == CacheMode::Recheck;
                        peers::author(self.outside, name, self.settings.page_size, anew).await
                    }
                    What::Book { .. } => Ok(false),
                }
            });
            fetched = join_all(calls).await;
            haul.binding_calls += items.len() as u64;
        }
        let now_ms = self.outside.now_ms();
        for (place, item) in items.iter().enumerate() {
            match fetched.get(place) {
                // Without a key the others are asked alone, and for a name that the leaf does not
                // take, such as a very long one.
                Some(Err(failure)) if is_keyless(failure) => haul.leaf_off = true,
                Some(Err(failure)) if classify(failure, now_ms) == Class::Final => {}
                Some(Err(failure)) => {
                    haul.fail(&item.key, failure, "isbndb", now_ms);
                    continue;
                }
                Some(Ok(true)) => {
                    haul.upstream_calls += 1;
                    haul.units += 1;
                }
                Some(Ok(false)) | None => {}
            }
            let What::Author { name, books } = &item.what else { continue };
            let books = self.books_along(number, books, mode)?;
            let query = BatchQuery::Author { name: name.clone(), books };
            batch.push(BatchItem { id: item.key.clone(), query });
        }
        self.send(batch, mode, haul).await;
        Ok(())
    }

    /// The open books of an author, as the proxy is told of them.
    fn books_along(
        &self,
        number: u32,
        keys: &[String],
        mode: CacheMode,
    ) -> Stored<Vec<LibraryBook>> {
        let books = self.store.items(number, keys)?.into_iter();
        let wanted = books.filter(|book| book.state.is_open() || mode == CacheMode::Refresh);
        Ok(wanted
            .filter_map(|book| match book.what {
                What::Book { isbn, confirm, title, .. } => Some(LibraryBook {
                    id: book.key,
                    // A guess that was put aside has its title left.
                    isbn: isbn.filter(|_| !book.aside),
                    title: title.unwrap_or_default(),
                    confirm,
                }),
                What::Author { .. } => None,
            })
            .filter(|book| book.isbn.is_some() || !book.title.is_empty())
            .take(MAX_BOOKS_ALONG)
            .collect())
    }

    /// Numbers into the leaf's cache; answers the keys of those that got an answer.
    pub(super) async fn fetch(
        &self,
        items: &[Item],
        mode: CacheMode,
        haul: &mut Haul,
    ) -> Vec<String> {
        let numbers = items.iter().filter_map(|item| match &item.what {
            What::Book { isbn: Some(isbn), .. } => Some(*isbn),
            _ => None,
        });
        haul.binding_calls += 1;
        let answer = peers::bulk(self.outside, numbers.collect(), mode == CacheMode::Recheck).await;
        let now_ms = self.outside.now_ms();
        let bulk = match answer {
            Ok(bulk) => bulk,
            // The proxy asks for what is missing: where the leaf takes no such bulk, it is asked
            // straight away.
            Err(failure) if classify(&failure, now_ms) == Class::Final => {
                return items.iter().map(|item| item.key.clone()).collect();
            }
            Err(failure) => {
                for item in items {
                    haul.fail(&item.key, &failure, "isbndb", now_ms);
                }
                return Vec::new();
            }
        };
        haul.upstream_calls += u64::from(bulk.upstream_calls);
        haul.units += u64::from(bulk.units);
        let mut kept = Vec::new();
        for item in items {
            let What::Book { isbn: Some(isbn), .. } = &item.what else { continue };
            match bulk.failed.iter().find(|failed| failed.isbn == *isbn) {
                Some(failed) if is_keyless(&failed.failure) => {
                    haul.leaf_off = true;
                    kept.push(item.key.clone());
                }
                Some(failed) => haul.fail(&item.key, &failed.failure, "isbndb", now_ms),
                None => kept.push(item.key.clone()),
            }
        }
        // The leaf answered, whatever it said about single numbers.
        haul.weather.answered |= !kept.is_empty();
        haul.weather.isbndb |= !kept.is_empty();
        kept
    }

    /// Books to the proxy, by number or by title.
    pub(super) async fn compose(&self, items: &[Item], mode: CacheMode, haul: &mut Haul) {
        let batch = items.iter().filter_map(question).collect();
        self.send(batch, mode, haul).await;
    }

    /// A batch that is refused as a whole is asked item by item: a bad item fails itself.
    async fn send(&self, batch: Vec<BatchItem>, mode: CacheMode, haul: &mut Haul) {
        for item in self.send_once(batch, mode, haul).await {
            self.send_once(vec![item], mode, haul).await;
        }
    }

    /// Sends a batch; answers its items where they are to be asked one by one.
    async fn send_once(
        &self,
        batch: Vec<BatchItem>,
        mode: CacheMode,
        haul: &mut Haul,
    ) -> Vec<BatchItem> {
        if batch.is_empty() {
            return Vec::new();
        }
        haul.binding_calls += 1;
        let answer = peers::batch(self.outside, mode, batch.clone()).await;
        let now_ms = self.outside.now_ms();
        match answer {
            Ok(results) => {
                for (item, result) in batch.iter().zip(results) {
                    let by_number = matches!(item.query, BatchQuery::Isbn { .. });
                    haul.weather.outcome(&result.outcome, by_number, now_ms);
                    haul.results.push((result.id.clone(), Ok(result)));
                }
            }
            Err(failure) if batch.len() > 1 && classify(&failure, now_ms) == Class::Final => {
                return batch;
            }
            Err(failure) => {
                for item in &batch {
                    haul.fail(&item.id, &failure, "books-api-proxy", now_ms);
                }
            }
        }
        Vec::new()
    }
}
