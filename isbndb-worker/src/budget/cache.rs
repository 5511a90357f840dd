//! What the object remembers: books by ISBN, pages of lists, confirmed absences.
//!
//! A list is stored once, in rows of some hundred kilobytes; the ISBNs in it get small rows that
//! point into it, so that an author's answer serves single look-ups as well. Nothing but answers is
//! stored: a failure never comes here.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::book::Book;
use shared::gate::DayBoundary;
use shared::isbn::Isbn13;

use super::store::{Put, Row, Store, StoreError};

/// Changes when an entry's shape does; entries of another version are not there.
const VERSION: u8 = 1;
const DAY_MS: u64 = 86_400_000;
/// Life of an answer. Shorter than the seven days of the search cache in front, so that its
/// refresh never gets this cache's copy of what it already has.
const ANSWER_LIFE_MS: u64 = 5 * DAY_MS;
/// First life of a confirmed absence; the provider says that a book may come within the hour.
const ABSENCE_MS: u64 = 3_600_000;
/// A confirmed absence grows to this.
const ABSENCE_MAX_MS: u64 = DAY_MS;
/// How long a stale absence is remembered, so that the next one lives longer.
const ABSENCE_MEMORY_MS: u64 = 7 * DAY_MS;
/// A learnt page size.
const HINT_LIFE_MS: u64 = 30 * DAY_MS;
/// A row holds two megabytes at most on the platform; smaller ones are read faster.
const CHUNK_BYTES: usize = 300_000;
/// Most the cache may weigh on disk; the free plan has 5 GB for all objects.
pub const MAX_BYTES: u64 = 500_000_000;
/// Rows of pointers and absences a day: half of the free plan's 100,000 rows written, so that the
/// ledger can always be written.
const ROWS_A_DAY: u32 = 50_000;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    v: u8,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum What {
    Book { book: Book },
    InList { row: String },
    Absent { confirmed: u32 },
    List(ListHead),
    Chunk { books: Vec<Book> },
    Hint { size: u32 },
}

/// What is known of one upstream page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListHead {
    /// Books in all where that is known.
    pub total: Option<u32>,
    /// The author in the provider's words.
    pub name: Option<String>,
    /// Books in each of the rows that hold them.
    pub chunks: Vec<u32>,
    /// Upstream's page size.
    pub page_size: u32,
    /// True where upstream may have a next page.
    pub more: bool,
}

/// What the cache knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    /// The thing.
    Found(T),
    /// That there is none.
    Absent,
    /// Nothing (any more).
    Nothing,
}

/// Rows written today, as far as the cache decides about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCount {
    day_ends_at_ms: u64,
    rows: u32,
}

/// The cache over a store.
#[derive(Debug)]
pub struct Cache<S> {
    store: S,
    rows: Cell<RowCount>,
}

/// The key of an edition.
fn book_key(isbn: Isbn13) -> String {
    format!("b:{isbn}")
}

impl<S: Store> Cache<S> {
    /// A cache over a store.
    pub fn new(store: S) -> Self {
        Self { store, rows: Cell::default() }
    }

    /// The store, for the state that is not cache.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Rows written today, to be stored with the state.
    pub fn row_count(&self) -> RowCount {
        self.rows.get()
    }

    /// Goes on from a stored count.
    pub fn set_row_count(&self, rows: RowCount) {
        self.rows.set(rows);
    }

    /// One edition.
    pub fn book(&self, isbn: Isbn13, now_ms: u64) -> Known<Book> {
        match self.fresh(&book_key(isbn), now_ms) {
            Some(What::Book { book }) => Known::Found(book),
            Some(What::Absent { .. }) => Known::Absent,
            Some(What::InList { row }) => match self.fresh(&row, now_ms) {
                Some(What::Chunk { books }) => books
                    .into_iter()
                    .find(|book| book.isbn13 == Some(isbn))
                    .map_or(Known::Nothing, Known::Found),
                _ => Known::Nothing,
            },
            _ => Known::Nothing,
        }
    }

    /// Head of an upstream page.
    pub fn list(&self, key: &str, now_ms: u64) -> Known<ListHead> {
        match self.fresh(key, now_ms) {
            Some(What::List(head)) => Known::Found(head),
            Some(What::Absent { .. }) => Known::Absent,
            _ => Known::Nothing,
        }
    }

    /// Books `from..to` of an upstream page; `None` where a row of it is gone.
    pub fn slice(
        &self,
        key: &str,
        head: &ListHead,
        from: usize,
        to: usize,
        now_ms: u64,
    ) -> Option<Vec<Book>> {
        let mut books = Vec::new();
        let mut start = 0;
        for (number, count) in head.chunks.iter().enumerate() {
            let end = start + usize::try_from(*count).ok()?;
            if start < to && end > from {
                let What::Chunk { books: chunk } = self.fresh(&chunk_key(key, number), now_ms)?
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

    /// Page size learnt for a list.
    pub fn hint(&self, key: &str, now_ms: u64) -> Option<u32> {
        match self.fresh(&format!("h:{key}"), now_ms)? {
            What::Hint { size } => Some(size),
            _ => None,
        }
    }

    /// Remembers a page size.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn learn(&self, key: &str, size: u32, now_ms: u64) -> Result<(), StoreError> {
        let life = (HINT_LIFE_MS, HINT_LIFE_MS);
        let rows = vec![row(format!("h:{key}"), &What::Hint { size }, now_ms, life)];
        self.write(&rows, Put::Replace, now_ms)
    }

    /// Stores editions, each under its own number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_books(&self, books: &[Book], now_ms: u64) -> Result<(), StoreError> {
        let life = (ANSWER_LIFE_MS, ANSWER_LIFE_MS);
        let numbered = books.iter().filter_map(|book| Some((book.isbn13?, book)));
        let rows: Vec<Row> = numbered
            .map(|(isbn, book)| {
                row(book_key(isbn), &What::Book { book: book.clone() }, now_ms, life)
            })
            .collect();
        self.write(&rows, Put::Replace, now_ms)
    }

    /// Stores that these editions do not exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_absent(&self, isbns: &[Isbn13], now_ms: u64) -> Result<(), StoreError> {
        let rows: Vec<Row> =
            isbns.iter().map(|isbn| self.absence(&book_key(*isbn), now_ms)).collect();
        self.write(&rows, Put::Replace, now_ms)
    }

    /// Stores that a list does not exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_no_list(&self, key: &str, now_ms: u64) -> Result<(), StoreError> {
        self.write(&[self.absence(key, now_ms)], Put::Replace, now_ms)
    }

    /// Stores an upstream page, and for each edition in it where it is found. The head's chunks are
    /// filled in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_list(
        &self,
        key: &str,
        mut head: ListHead,
        books: &[Book],
        now_ms: u64,
    ) -> Result<(), StoreError> {
        // An empty list may fill as soon as an absence may end.
        let life = if books.is_empty() { ABSENCE_MS } else { ANSWER_LIFE_MS };
        let life = (life, life);
        let mut rows = Vec::new();
        let mut pointers: BTreeMap<Isbn13, String> = BTreeMap::new();
        head.chunks.clear();
        for chunk in chunked(books) {
            let row_key = chunk_key(key, head.chunks.len());
            for isbn in chunk.iter().filter_map(|book| book.isbn13) {
                pointers.entry(isbn).or_insert_with(|| row_key.clone());
            }
            head.chunks.push(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            rows.push(row(row_key, &What::Chunk { books: chunk.to_vec() }, now_ms, life));
        }
        // The head last: it is only found once its rows are there.
        rows.push(row(key.to_owned(), &What::List(head), now_ms, life));
        self.write(&rows, Put::Replace, now_ms)?;
        let left = ROWS_A_DAY.saturating_sub(self.rows_today(now_ms));
        if pointers.len() > usize::try_from(left).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let pointers: Vec<Row> = pointers
            .into_iter()
            .map(|(isbn, row_key)| {
                row(book_key(isbn), &What::InList { row: row_key }, now_ms, life)
            })
            .collect();
        self.write(&pointers, Put::UnlessFresh { now_ms }, now_ms)
    }

    /// An absence lives twice as long each time it is confirmed.
    fn absence(&self, key: &str, now_ms: u64) -> Row {
        let before = match self.store.get(key).ok().flatten().and_then(|row| what(&row)) {
            Some(What::Absent { confirmed }) => confirmed,
            _ => 0,
        };
        let life_ms = ABSENCE_MS.saturating_mul(1 << before.min(10)).min(ABSENCE_MAX_MS);
        let confirmed = before.saturating_add(1);
        let life = (life_ms, life_ms + ABSENCE_MEMORY_MS);
        row(key.to_owned(), &What::Absent { confirmed }, now_ms, life)
    }

    fn fresh(&self, key: &str, now_ms: u64) -> Option<What> {
        // A read that fails is a miss: the answer can still be had upstream.
        let row = self.store.get(key).ok().flatten()?;
        (row.fresh_until_ms > now_ms).then(|| what(&row)).flatten()
    }

    fn write(&self, rows: &[Row], how: Put, now_ms: u64) -> Result<(), StoreError> {
        let written =
            self.rows_today(now_ms).saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        self.rows.set(RowCount { rows: written, ..self.rows.get() });
        self.store.put(rows, how)
    }

    fn rows_today(&self, now_ms: u64) -> u32 {
        let day_ends_at_ms = DayBoundary::Utc.end_after_ms(now_ms);
        if self.rows.get().day_ends_at_ms != day_ends_at_ms {
            self.rows.set(RowCount { day_ends_at_ms, rows: 0 });
        }
        self.rows.get().rows
    }
}

fn chunk_key(key: &str, number: usize) -> String {
    format!("{key}#{number}")
}

/// Books in runs of some hundred kilobytes.
fn chunked(books: &[Book]) -> Vec<&[Book]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, book) in books.iter().enumerate() {
        // Titles, links and names are short; the description is what weighs.
        let weight = 700 + book.description.as_ref().map_or(0, String::len);
        if bytes + weight > CHUNK_BYTES && at > start {
            chunks.push(books.get(start..at).unwrap_or_default());
            (start, bytes) = (at, 0);
        }
        bytes += weight;
    }
    if start < books.len() {
        chunks.push(books.get(start..).unwrap_or_default());
    }
    chunks
}

fn row(key: String, what: &What, now_ms: u64, (life_ms, keep_ms): (u64, u64)) -> Row {
    #[derive(Serialize)]
    struct Borrowed<'a> {
        v: u8,
        #[serde(flatten)]
        what: &'a What,
    }
    // Our own types always serialise; an empty text reads back as nothing.
    let body = serde_json::to_string(&Borrowed { v: VERSION, what }).unwrap_or_default();
    Row {
        key,
        body,
        fresh_until_ms: now_ms.saturating_add(life_ms),
        keep_until_ms: now_ms.saturating_add(keep_ms),
    }
}

fn what(row: &Row) -> Option<What> {
    let entry: Entry = serde_json::from_str(&row.body).ok()?;
    (entry.v == VERSION).then_some(entry.what)
}

#[cfg(test)]
mod tests;
