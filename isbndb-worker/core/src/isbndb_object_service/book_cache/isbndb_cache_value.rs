//! The value of one row of the cache.

use bibliography::edition::Edition;
use serde::{Deserialize, Serialize};

use super::super::isbndb_store::CacheTableRow;

/// Raised when an entry's shape changes; entries of another version are not read.
const ENTRY_VERSION: u8 = 2;
/// Largest chunk of books in a row: the platform allows 2 MB, and smaller rows are read faster.
pub(super) const CHUNK_BYTES: usize = 300_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum IsbndbCacheValue {
    Book(Box<Edition>),
    /// An edition inside the list row with this key.
    InChunk(String),
    /// Confirmed absent so many times in a row.
    Absent(u32),
    List(CachedBookListHead),
    Chunk(Vec<Edition>),
    Size(u32),
}

/// The head of one page of an author's or a search's books; the books are in rows of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CachedBookListHead {
    pub total: Option<u32>,
    /// The author's name as the provider writes it.
    pub name: Option<String>,
    /// The number of books in each of the rows that hold them.
    #[serde(default)]
    pub chunks: Vec<u32>,
    #[serde(default)]
    pub page_size: u32,
    #[serde(default)]
    pub more: bool,
}

/// How long a row answers, and how long it is kept, from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ttl {
    pub fresh_ms: u64,
    pub keep_ms: u64,
}

impl Ttl {
    /// A row that is kept as long as it answers.
    pub(super) fn of(ms: u64) -> Self {
        Self { fresh_ms: ms, keep_ms: ms }
    }
}

impl IsbndbCacheValue {
    pub(super) fn into_row(self, key: String, now_ms: u64, life: Ttl) -> CacheTableRow {
        CacheTableRow {
            key,
            // Our own types always serialise; an empty text would be read as no entry.
            body: serde_json::to_string(&(ENTRY_VERSION, &self)).unwrap_or_default(),
            fresh_until_ms: now_ms.saturating_add(life.fresh_ms),
            keep_until_ms: now_ms.saturating_add(life.keep_ms),
        }
    }

    /// The entry of a row; `None` if it is of another version or cannot be read.
    pub(super) fn read(row: &CacheTableRow) -> Option<Self> {
        let (version, entry): (u8, Self) = serde_json::from_str(&row.body).ok()?;
        (version == ENTRY_VERSION).then_some(entry)
    }
}

/// Splits books into chunks of some hundred kilobytes.
pub(super) fn chunked(books: &[Edition]) -> Vec<&[Edition]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, book) in books.iter().enumerate() {
        // Title, link and names are short; only the description and many subjects are long.
        let texts = book.description.iter().chain(&book.categories);
        let size = 700 + texts.map(String::len).sum::<usize>();
        if bytes + size > CHUNK_BYTES && at > start {
            chunks.push(books.get(start..at).unwrap_or_default());
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < books.len() {
        chunks.push(books.get(start..).unwrap_or_default());
    }
    chunks
}
