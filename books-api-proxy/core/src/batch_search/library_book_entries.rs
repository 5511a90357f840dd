//! Stores the entries of library books from an answer that has them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bibliography::cache_key::{CacheKey, keys_without_signs};
use bibliography::query::Query;
use futures::stream::iter;
use futures::{StreamExt, join};
use runtime::cache_policy::AnswerBookPresence;
use runtime::wire_types::batch_search_wire_types::LibraryBookCacheEntries;
use runtime::wire_types::volume::Volume;

use super::BatchSearchRun;
use super::batch_item_keys::{KeyedLibraryBook, TitleSearch};
use super::compose::{TitledBook, edition_page, has_edition, has_wrong_isbn};
use super::entry_writes::is_young;
use super::warm_entries::{PARALLEL_ITEMS, is_warm};
use crate::cache::cache_store_port::CacheStores;
use crate::merge::{ComparableBook, MergedItems, candidates_of};
use crate::provider_record::ProviderRecord;
use crate::search::answer_completeness::FanOutCompleteness;
use crate::search::merged_answer::MergedAnswer;
use crate::search_context::ProxyPorts;

/// An answer that may have library books.
pub struct LinkedAnswer<'a> {
    pub records: &'a [ProviderRecord],
    pub completeness: &'a FanOutCompleteness,
    /// True for the answer to a search by title and author: all its records answer that search.
    pub is_for_title: bool,
    /// True for a forced refresh: stored entries are replaced.
    pub over: bool,
}

/// A library book, and the indices of its records in the answer.
struct FoundBook<'a> {
    titled: TitledBook<'a>,
    places: BTreeSet<usize>,
}

/// Merged records with their pages by query, because most searches of a book share the records.
struct TitlePages {
    records: MergedItems,
    pages: Vec<(Query, Rc<MergedAnswer>)>,
}

/// The pages of an answer for searches by title, each merged once.
struct Titles<'a> {
    answer: &'a LinkedAnswer<'a>,
    pages: RefCell<BTreeMap<BTreeSet<usize>, TitlePages>>,
}

impl Titles<'_> {
    fn records_at_places(&self, places: &BTreeSet<usize>) -> Vec<ProviderRecord> {
        places.iter().filter_map(|place| self.answer.records.get(*place)).cloned().collect()
    }

    /// The page of some records for a search.
    fn merged_search_pages(&self, query: &Query, places: BTreeSet<usize>) -> Rc<MergedAnswer> {
        let mut all = self.pages.borrow_mut();
        let TitlePages { records, pages } = all.entry(places).or_insert_with_key(|places| {
            let records = MergedItems::of(self.records_at_places(places));
            TitlePages { records, pages: Vec::new() }
        });
        if let Some((_, page)) = pages.iter().find(|(known, _)| known == query) {
            return Rc::clone(page);
        }
        let completeness = self.answer.completeness.clone();
        let page = Rc::new(MergedAnswer::of(query, records.clone(), completeness, false));
        pages.push((query.clone(), Rc::clone(&page)));
        page
    }
}

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// Stores the entries of the library books that the answer has, and returns which exist now.
    /// `before` has those that exist already.
    pub(super) async fn store_linked_books(
        &self,
        linked_books: &[KeyedLibraryBook],
        answer: &LinkedAnswer<'_>,
        before: Vec<LibraryBookCacheEntries>,
    ) -> Vec<LibraryBookCacheEntries> {
        let untitled = linked_books.iter().zip(&before).filter(|(_, seen)| !seen.title);
        let untitled = found_books(untitled.map(|(book, _)| book).collect(), answer.records);
        let titles = &Titles { answer, pages: RefCell::default() };
        // A key of several books is written once, with the records of all of them.
        let mut searches: BTreeMap<&CacheKey, (&TitleSearch, Vec<&FoundBook<'_>>)> =
            BTreeMap::new();
        for found in &untitled {
            for search in &found.titled.book.title_searches {
                if !found.places.is_empty() || (answer.is_for_title && !search.is_short) {
                    searches.entry(&search.key).or_insert((search, Vec::new())).1.push(found);
                }
            }
        }
        let books = linked_books.iter().zip(before);
        let editions = iter(books.map(|(book, before)| self.store_edition(book, answer, before)));
        let by_title = iter(searches.iter().map(async |(key, (search, books))| {
            let work = self.store_by_title(search, books, titles);
            (*key, self.keys.with_write_lock(key, work).await.unwrap_or_default())
        }));
        let (mut seen, stored): (Vec<LibraryBookCacheEntries>, BTreeMap<&CacheKey, bool>) = join!(
            editions.buffered(PARALLEL_ITEMS).collect(),
            by_title.buffered(PARALLEL_ITEMS).collect()
        );
        // After the books' own keys, which must not get a lent entry.
        let spellings = untitled.iter().map(|book| self.store_spelling_without_signs(book, titles));
        iter(spellings).buffer_unordered(PARALLEL_ITEMS).collect::<()>().await;
        for (book, seen) in linked_books.iter().zip(&mut seen) {
            let mut keys = book.title_searches.iter().map(|search| &search.key).peekable();
            let has_keys = keys.peek().is_some();
            seen.title |= has_keys && keys.all(|key| stored.get(key).copied().unwrap_or_default());
        }
        seen
    }

    async fn store_edition(
        &self,
        book: &KeyedLibraryBook,
        answer: &LinkedAnswer<'_>,
        mut seen: LibraryBookCacheEntries,
    ) -> LibraryBookCacheEntries {
        if !seen.isbn
            && let (Some(isbn), Some(key)) = (book.isbn, book.isbn_key())
            && has_edition(book, answer.records)
        {
            // Another item of the batch may have stored the key already.
            if let Some(written) = self.keys.written_entry(&key).await {
                seen.isbn = written.is_some();
            } else if let Some(page) = edition_page(isbn, answer.records, answer.completeness) {
                // A recent entry of a repaired ISBN may be another book's: it is replaced.
                let stored = async {
                    match answer.over || book.repaired {
                        true => self.store_item_page(&key, &page, None, answer.over).await,
                        false => self.store_unless_recent(&key, &page).await,
                    }
                };
                seen.isbn = self.keys.write(&key, stored).await.flatten().is_some();
            }
        }
        seen.wrong = !seen.isbn && (seen.wrong || has_wrong_isbn(book, answer.records));
        seen
    }

    /// Stores the entry of a title search with the books that answer it, and keeps other books that
    /// an earlier batch stored under the key. True if the entry exists now.
    async fn store_by_title(
        &self,
        TitleSearch { key, query, is_short }: &TitleSearch,
        books: &[&FoundBook<'_>],
        titles: &Titles<'_>,
    ) -> bool {
        let (ports, answer) = (&*self.app.ports, titles.answer);
        let whole = answer.is_for_title && !is_short;
        let places: BTreeSet<usize> = match whole {
            true => (0..answer.records.len()).collect(),
            false => books.iter().flat_map(|book| &book.places).copied().collect(),
        };
        let mut merged_answer = titles.merged_search_pages(query, places.clone());
        if merged_answer.count == 0 {
            return false;
        }
        if !answer.over
            && let Some(stored) = self.put_unless_since(key, &merged_answer, 1).await
        {
            return stored.is_some();
        }
        let now_ms = ports.now_ms();
        let since_ms = now_ms.saturating_sub(self.app.config.times.cold_ttl_ms / 2);
        let there = ports.cache_stores().read_cold_metadata(key).await.ok().flatten();
        let found = there.filter(|there| there.outcome == AnswerBookPresence::Found);
        if let Some(there) = found.filter(|there| is_warm(there, now_ms)) {
            let is_recent = !answer.over && is_young(&there, since_ms, now_ms);
            // A client's search may have stored more books, from more providers.
            if is_recent && !there.warmed {
                return true;
            }
            if there.warmed {
                let is_in = |book: &FoundBook<'_>, volumes: &[Volume]| {
                    let mut records = candidates_of(volumes).into_iter();
                    records.any(|record| book.titled.is(&record, &ComparableBook::of(&record)))
                };
                let (own, others): (Vec<Volume>, Vec<Volume>) =
                    self.stored_volumes(key).await.into_iter().partition(|volume| {
                        books.iter().any(|book| is_in(book, std::slice::from_ref(volume)))
                    });
                if is_recent && books.iter().all(|book| is_in(book, &own)) {
                    return true;
                }
                if !others.is_empty() {
                    let records =
                        [titles.records_at_places(&places), candidates_of(&others)].concat();
                    let completeness = answer.completeness.clone();
                    merged_answer = Rc::new(MergedAnswer::new(query, records, completeness));
                }
            }
        }
        self.store_item_page(key, &merged_answer, None, answer.over).await.is_some()
    }

    /// Lends the entry to the spelling without `+` and `#`: see `keys_without_signs`.
    async fn store_spelling_without_signs(
        &self,
        FoundBook { titled, places }: &FoundBook<'_>,
        titles: &Titles<'_>,
    ) {
        let Some((title, author)) = &titled.book.title_and_author else { return };
        let keys = keys_without_signs(title, author.as_deref());
        if keys.is_empty() {
            return;
        }
        let query = Query::title_author_query(Some(title), author.as_deref());
        let page = titles.merged_search_pages(&query, places.clone());
        if page.count > 0 {
            self.lend_to_spellings(&keys, &page).await;
        }
    }
}

/// Finds the records of each book.
fn found_books<'a>(
    books: Vec<&'a KeyedLibraryBook>,
    records: &[ProviderRecord],
) -> Vec<FoundBook<'a>> {
    if books.is_empty() {
        return Vec::new();
    }
    let texts: Vec<ComparableBook> = records.iter().map(ComparableBook::of).collect();
    let found = |book| {
        let titled = TitledBook::new(book);
        let records = records.iter().zip(&texts).zip(0..);
        let own = records.filter(|((record, texts), _)| titled.is(record, texts));
        let places = own.map(|(_, place)| place).collect();
        FoundBook { titled, places }
    };
    books.into_iter().map(found).collect()
}

#[cfg(test)]
mod tests {
    use bibliography::edition::Edition;

    use super::*;
    use crate::provider::Provider;
    use crate::testing::full_completeness;

    fn sample_record(title: &str) -> ProviderRecord {
        let authors = vec!["Frank Herbert".to_owned()];
        let edition = Edition { title: title.to_owned(), authors, ..Edition::default() };
        let mut record = ProviderRecord::new(Provider::OpenLibrary, 0, edition);
        record.provider_id = title.to_owned();
        record
    }

    #[test]
    fn searches_of_the_same_records_share_a_page() {
        let records = [
            sample_record("Dune Messiah"),
            sample_record("Dune"),
            sample_record("Dune (Dune, #1)"),
        ];
        let completeness = &full_completeness();
        let answer =
            &LinkedAnswer { records: &records, completeness, is_for_title: false, over: false };
        let book = KeyedLibraryBook::new("1", None, "Dune", Some("Frank Herbert"));
        let [found] = &found_books(vec![&book], &records)[..] else { panic!() };
        assert_eq!(found.places, BTreeSet::from([1, 2]));
        let titles = Titles { answer, pages: RefCell::default() };
        let page = |query| titles.merged_search_pages(query, found.places.clone());
        let full = Query::title_author_query(Some("Dune"), Some("Frank Herbert"));
        let first = page(&full);
        assert_eq!(first.count, 2);
        assert!(Rc::ptr_eq(&first, &page(&full)));
        assert!(!Rc::ptr_eq(&first, &page(&Query::title_query("Dune"))));
        assert!(!Rc::ptr_eq(&first, &titles.merged_search_pages(&full, BTreeSet::from([1]))));
        assert_eq!(
            titles.pages.borrow().len(),
            2,
            "the same records are merged once for all searches"
        );
    }
}
