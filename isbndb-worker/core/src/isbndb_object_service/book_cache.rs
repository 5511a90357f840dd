//! The object's cache: books by ISBN, pages of lists, confirmed absences.
//!
//! A list is stored once, in rows of some hundred kilobytes. Each ISBN in it gets a small row that
//! points into the list, so that an author's answer serves single look-ups too. Failures are never
//! stored.

pub(super) mod isbndb_cache_value;

use std::cell::Cell;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use runtime::call_outcome::FoundOrNotFound;
use runtime::rate_limit::QuotaTimeZone;
use runtime::time::{DAY_MS, HOUR_MS};
use runtime::wire_types::isbndb_worker_answers::CACHED_ANSWER_TTL_MS;
use serde::{Deserialize, Serialize};

use super::isbndb_store::{CacheTableRow, IsbndbStore, IsbndbStoreError, WriteMode};
pub use isbndb_cache_value::CachedBookListHead;
use isbndb_cache_value::{IsbndbCacheValue, Ttl, chunked};

/// First life of a confirmed absence: ISBNdb documents that a book may be added within the hour.
const ABSENCE_MS: u64 = HOUR_MS;
/// Longest life of a confirmed absence.
const ABSENCE_MAX_MS: u64 = DAY_MS;
/// How long an expired absence is kept, so that the next one lives longer.
const ABSENCE_MEMORY_MS: u64 = 7 * DAY_MS;
const PAGE_SIZE_HINT_TTL_MS: u64 = 30 * DAY_MS;
/// Most bytes of the cache on disk; the free plan has 5 GB for all objects.
pub const MAX_CACHE_BYTES: u64 = 500_000_000;
/// Rows of pointers and absences a day: half of the free plan's 100,000 rows written, so that the
/// state can always be stored.
const ROWS_A_DAY: u32 = 50_000;

/// The pointer and absence rows written today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DailyRowWrites {
    day_ends_at_ms: u64,
    rows: u32,
}

#[derive(Debug)]
pub struct IsbndbAnswerCache<S> {
    store: S,
    rows: Cell<DailyRowWrites>,
}

fn book_key(isbn: Isbn13) -> String {
    format!("b:{isbn}")
}

fn chunk_key(key: &str, number: usize) -> String {
    format!("{key}#{number}")
}

impl<S: IsbndbStore> IsbndbAnswerCache<S> {
    /// `rows` is the stored count of today's rows.
    pub fn new(store: S, rows: DailyRowWrites) -> Self {
        Self { store, rows: Cell::new(rows) }
    }

    /// The store, which also holds the service's state.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Today's count of written rows, which is stored with the state.
    pub fn row_count(&self) -> DailyRowWrites {
        self.rows.get()
    }

    pub fn cached_book(&self, isbn: Isbn13, now_ms: u64) -> Option<FoundOrNotFound<Edition>> {
        match self.read_fresh_entry(&book_key(isbn), now_ms)? {
            IsbndbCacheValue::Book(book) => Some(FoundOrNotFound::Found(*book)),
            IsbndbCacheValue::Absent(_) => Some(FoundOrNotFound::NotFound),
            IsbndbCacheValue::InChunk(row) => match self.read_fresh_entry(&row, now_ms)? {
                IsbndbCacheValue::Chunk(books) => books
                    .into_iter()
                    .find(|book| book.isbn13 == Some(isbn))
                    .map(FoundOrNotFound::Found),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn page_size_hint(&self, key: &str, now_ms: u64) -> Option<u32> {
        match self.read_fresh_entry(&format!("h:{key}"), now_ms)? {
            IsbndbCacheValue::Size(size) => Some(size),
            _ => None,
        }
    }

    pub fn remember_page_size(
        &self,
        key: &str,
        size: u32,
        now_ms: u64,
    ) -> Result<(), IsbndbStoreError> {
        let key = format!("h:{key}");
        let rows =
            [IsbndbCacheValue::Size(size).into_row(key, now_ms, Ttl::of(PAGE_SIZE_HINT_TTL_MS))];
        self.write_counted_rows(&rows, WriteMode::Replace, now_ms)
    }

    pub fn store_books(&self, books: &[Edition], now_ms: u64) -> Result<(), IsbndbStoreError> {
        let life = Ttl::of(CACHED_ANSWER_TTL_MS);
        let row_of = |book: &Edition| {
            let value = IsbndbCacheValue::Book(Box::new(book.clone()));
            Some(value.into_row(book_key(book.isbn13?), now_ms, life))
        };
        let rows: Vec<CacheTableRow> = books.iter().filter_map(row_of).collect();
        self.write_counted_rows(&rows, WriteMode::Replace, now_ms)
    }

    pub fn store_absent(&self, isbns: &[Isbn13], now_ms: u64) -> Result<(), IsbndbStoreError> {
        let rows: Vec<CacheTableRow> =
            isbns.iter().map(|isbn| self.absence(&book_key(*isbn), now_ms)).collect();
        self.write_counted_rows(&rows, WriteMode::Replace, now_ms)
    }

    pub fn store_no_list(&self, key: &str, now_ms: u64) -> Result<(), IsbndbStoreError> {
        self.write_counted_rows(&[self.absence(key, now_ms)], WriteMode::Replace, now_ms)
    }

    pub fn cached_list(
        &self,
        key: &str,
        now_ms: u64,
    ) -> Option<FoundOrNotFound<CachedBookListHead>> {
        match self.read_fresh_entry(key, now_ms)? {
            IsbndbCacheValue::List(head) => Some(FoundOrNotFound::Found(head)),
            IsbndbCacheValue::Absent(_) => Some(FoundOrNotFound::NotFound),
            _ => None,
        }
    }

    /// Books `from..to` of an upstream page; `None` if one of its rows is gone.
    pub fn cached_page_slice(
        &self,
        key: &str,
        head: &CachedBookListHead,
        from: usize,
        to: usize,
        now_ms: u64,
    ) -> Option<Vec<Edition>> {
        let mut books = Vec::new();
        let mut start = 0;
        for (number, count) in head.chunks.iter().enumerate() {
            let end = start + usize::try_from(*count).ok()?;
            if start < to && end > from {
                let IsbndbCacheValue::Chunk(chunk) =
                    self.read_fresh_entry(&chunk_key(key, number), now_ms)?
                else {
                    return None;
                };
                let (skip, take) = (from.saturating_sub(start), to - start.max(from));
                books.extend(chunk.into_iter().skip(skip).take(take));
            }
            start = end;
        }
        Some(books)
    }

    /// Stores an upstream page, and for each of its editions a pointer to the row. Fills in the
    /// head's chunks.
    pub fn store_list(
        &self,
        key: &str,
        mut head: CachedBookListHead,
        books: &[Edition],
        now_ms: u64,
    ) -> Result<(), IsbndbStoreError> {
        // An empty list lives no longer than an absence: books may be added as soon.
        let life = Ttl::of(if books.is_empty() { ABSENCE_MS } else { CACHED_ANSWER_TTL_MS });
        let mut rows = Vec::new();
        let mut pointers: Vec<(Isbn13, String)> = Vec::new();
        head.chunks.clear();
        for chunk in chunked(books) {
            let row_key = chunk_key(key, head.chunks.len());
            let isbns = chunk.iter().filter_map(|book| book.isbn13);
            pointers.extend(isbns.map(|isbn| (isbn, row_key.clone())));
            head.chunks.push(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            rows.push(IsbndbCacheValue::Chunk(chunk.to_vec()).into_row(row_key, now_ms, life));
        }
        // The head is last: it must not be found before its rows are stored.
        rows.push(IsbndbCacheValue::List(head).into_row(key.to_owned(), now_ms, life));
        self.write_counted_rows(&rows, WriteMode::Replace, now_ms)?;
        // If two records have one ISBN, the pointer is to the first.
        pointers.sort_by_key(|(isbn, _)| *isbn);
        pointers.dedup_by_key(|(isbn, _)| *isbn);
        let left = ROWS_A_DAY.saturating_sub(self.rows_today(now_ms));
        if pointers.len() > usize::try_from(left).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let row_of = |(isbn, row_key)| {
            IsbndbCacheValue::InChunk(row_key).into_row(book_key(isbn), now_ms, life)
        };
        let pointers: Vec<CacheTableRow> = pointers.into_iter().map(row_of).collect();
        self.write_counted_rows(&pointers, WriteMode::UnlessFresh { now_ms }, now_ms)
    }

    /// An absence lives twice as long each time it is confirmed.
    fn absence(&self, key: &str, now_ms: u64) -> CacheTableRow {
        let stored = self.store.get(key).ok().flatten();
        let before = match stored.and_then(|row| IsbndbCacheValue::read(&row)) {
            Some(IsbndbCacheValue::Absent(confirmed)) => confirmed,
            _ => 0,
        };
        let life_ms = ABSENCE_MS.saturating_mul(1 << before.min(10)).min(ABSENCE_MAX_MS);
        let confirmed = before.saturating_add(1);
        let life = Ttl { fresh_ms: life_ms, keep_ms: life_ms + ABSENCE_MEMORY_MS };
        IsbndbCacheValue::Absent(confirmed).into_row(key.to_owned(), now_ms, life)
    }

    fn read_fresh_entry(&self, key: &str, now_ms: u64) -> Option<IsbndbCacheValue> {
        // A failed read is a miss: ISBNdb can still answer.
        let row = self.store.get(key).ok().flatten()?;
        (row.fresh_until_ms > now_ms).then(|| IsbndbCacheValue::read(&row)).flatten()
    }

    fn write_counted_rows(
        &self,
        rows: &[CacheTableRow],
        how: WriteMode,
        now_ms: u64,
    ) -> Result<(), IsbndbStoreError> {
        let written =
            self.rows_today(now_ms).saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        self.rows.set(DailyRowWrites { rows: written, ..self.rows.get() });
        self.store.put(rows, how)
    }

    fn rows_today(&self, now_ms: u64) -> u32 {
        let day_ends_at_ms = QuotaTimeZone::Utc.next_midnight_ms(now_ms);
        if self.rows.get().day_ends_at_ms != day_ends_at_ms {
            self.rows.set(DailyRowWrites { day_ends_at_ms, rows: 0 });
        }
        self.rows.get().rows
    }
}

#[cfg(test)]
mod tests;
