//! Upstream pages: stored once, read in slices, and found by the ISBNs of their books.

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use runtime::call_outcome::LookupAnswer;

use super::cached_value::{BookListPageHead, CachedValue, Ttl, chunked};
use super::{ABSENCE_MS, CACHED_ANSWER_TTL_MS, IsbndbAnswerCache, ROWS_A_DAY, book_key};
use crate::isbndb_service::isbndb_store::{CacheTableRow, IsbndbStore, StoreError, WriteMode};

impl<S: IsbndbStore> IsbndbAnswerCache<S> {
    pub fn cached_list(&self, key: &str, now_ms: u64) -> Option<LookupAnswer<BookListPageHead>> {
        match self.fresh_entry(key, now_ms)? {
            CachedValue::List(head) => Some(LookupAnswer::Found(head)),
            CachedValue::Absent(_) => Some(LookupAnswer::NotFound),
            _ => None,
        }
    }

    /// Books `from..to` of an upstream page; `None` if one of its rows is gone.
    pub fn cached_page_slice(
        &self,
        key: &str,
        head: &BookListPageHead,
        from: usize,
        to: usize,
        now_ms: u64,
    ) -> Option<Vec<Edition>> {
        let mut books = Vec::new();
        let mut start = 0;
        for (number, count) in head.chunks.iter().enumerate() {
            let end = start + usize::try_from(*count).ok()?;
            if start < to && end > from {
                let CachedValue::Chunk(chunk) =
                    self.fresh_entry(&chunk_key(key, number), now_ms)?
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
        mut head: BookListPageHead,
        books: &[Edition],
        now_ms: u64,
    ) -> Result<(), StoreError> {
        // An empty list lives no longer than an absence: books may be added as soon.
        let life = if books.is_empty() { ABSENCE_MS } else { CACHED_ANSWER_TTL_MS };
        let life = Ttl::of(life);
        let mut rows = Vec::new();
        let mut pointers: Vec<(Isbn13, String)> = Vec::new();
        head.chunks.clear();
        for chunk in chunked(books) {
            let row_key = chunk_key(key, head.chunks.len());
            let isbns = chunk.iter().filter_map(|book| book.isbn13);
            pointers.extend(isbns.map(|isbn| (isbn, row_key.clone())));
            head.chunks.push(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            rows.push(CachedValue::Chunk(chunk.to_vec()).into_row(row_key, now_ms, life));
        }
        // The head is last: it must not be found before its rows are stored.
        rows.push(CachedValue::List(head).into_row(key.to_owned(), now_ms, life));
        self.write(&rows, WriteMode::Replace, now_ms)?;
        // If two records have one ISBN, the pointer is to the first.
        pointers.sort_by_key(|(isbn, _)| *isbn);
        pointers.dedup_by_key(|(isbn, _)| *isbn);
        let left = ROWS_A_DAY.saturating_sub(self.rows_today(now_ms));
        if pointers.len() > usize::try_from(left).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let pointers: Vec<CacheTableRow> = pointers
            .into_iter()
            .map(|(isbn, row_key)| {
                CachedValue::InChunk(row_key).into_row(book_key(isbn), now_ms, life)
            })
            .collect();
        self.write(&pointers, WriteMode::UnlessFresh { now_ms }, now_ms)
    }
}

fn chunk_key(key: &str, number: usize) -> String {
    format!("{key}#{number}")
}
