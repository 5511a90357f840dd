//! The plan itself: items in the order they are asked.

use bibliography::isbn::Isbn13;
use runtime::api::batch::{BatchItem, BatchQuery, LibraryBook};

use super::fold::{Library, PlannedAuthor, PlannedBook, SharedIsbn};
use super::provider_limits::Workload;
use super::requested_book::RequestedBook;
use crate::import::RowOutcome;

/// Books that one author item names. A longer list is cut into several items; those after the
/// first find the author's answer in the cache.
pub const MAX_BOOKS_PER_ITEM: usize = 50;

/// What is asked of the cache to know whether it has to be asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Author(&'a str),
    Isbn(Isbn13),
    /// A title, with its author.
    Title(&'a str, Option<&'a str>),
}

/// What a library needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Authors with something to do, those with most books first; their `books` are those to do.
    pub authors: Vec<PlannedAuthor>,
    /// Books with something to do and no author.
    pub alone: Vec<usize>,
    /// All books of the library.
    pub books: Vec<PlannedBook>,
    /// Numbers that rows with different titles carry.
    pub shared_isbns: Vec<SharedIsbn>,
    /// What the library is.
    pub counts: PlanCounts,
    /// The whole library's work, as if nothing were warm.
    pub all_work: Workload,
    /// The work that is left.
    pub remaining_work: Workload,
}

/// A library in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanCounts {
    /// Rows that can be looked up.
    pub rows: u64,
    pub rejected: u64,
    /// Rows that name a book which another row names too.
    pub folded: u64,
    pub books: u64,
    /// Works, that is, titles with authors.
    pub works: u64,
    pub authors: u64,
    /// Numbers used for different books.
    pub shared_isbns: u64,
    /// Books and authors that are warm already.
    pub already_warm: u64,
}

/// Plans a library: each row with its line. `is_warm` says what is in the cache and fresh.
///
/// The rows are taken by reference and the plan keeps copies of what it needs of them: about 300
/// bytes a book.
pub fn plan<'a>(
    rows: impl IntoIterator<Item = (u64, &'a RowOutcome)>,
    is_warm: impl Fn(Target<'_>) -> bool,
) -> Plan {
    let mut counts = PlanCounts::default();
    let mut library = Library::default();
    let (mut repaired, mut titles) = (Vec::new(), Vec::new());
    for (line, outcome) in rows {
        let Some(requested_book) = RequestedBook::of(outcome) else {
            counts.rejected += 1;
            continue;
        };
        counts.rows += 1;
        match (requested_book.isbn, requested_book.repaired) {
            (Some(_), false) => library.add_valid(line, requested_book),
            (Some(_), true) => repaired.push((line, requested_book)),
            (None, _) => titles.push((line, requested_book)),
        }
    }
    for (line, requested_book) in repaired {
        library.add_repaired(line, requested_book);
    }
    for (line, requested_book) in titles {
        library.add_title(line, requested_book);
    }
    library.group();
    counts.folded = library.folded;
    counts.books = library.books.len() as u64;
    counts.works = library.works;
    counts.authors = library.authors.len() as u64;
    counts.shared_isbns = library.shared_isbns.len() as u64;
    choose(library, counts, is_warm)
}

fn choose(library: Library, mut counts: PlanCounts, is_warm: impl Fn(Target<'_>) -> bool) -> Plan {
    let Library { books, authors, shared_isbns, .. } = library;
    let (mut all_work, mut remaining_work) = (Workload::default(), Workload::default());
    let cold: Vec<bool> = books.iter().map(|book| !is_book_warm(book, &is_warm)).collect();
    counts.already_warm += cold.iter().filter(|cold| !**cold).count() as u64;
    let is_cold = |at: &usize| cold.get(*at).copied().unwrap_or_default();
    let mut has_author = vec![false; books.len()];
    let mut chosen = Vec::new();
    for mut author in authors {
        let is_author_warm = is_warm(Target::Author(&author.name));
        all_work.authors += 1;
        remaining_work.authors += u64::from(!is_author_warm);
        counts.already_warm += u64::from(is_author_warm);
        for at in &author.books {
            if let Some(place) = has_author.get_mut(*at) {
                *place = true;
            }
            if let Some(book) = books.get(*at) {
                all_work.add(book, true);
                if is_cold(at) {
                    remaining_work.add(book, true);
                }
            }
        }
        author.books.retain(is_cold);
        if !is_author_warm || !author.books.is_empty() {
            chosen.push(author);
        }
    }
    let mut alone = Vec::new();
    for (at, book) in books.iter().enumerate().filter(|(at, _)| has_author.get(*at) == Some(&false))
    {
        all_work.add(book, false);
        if is_cold(&at) {
            remaining_work.add(book, false);
            alone.push(at);
        }
    }
    // Numbers in bulk come before single searches.
    alone.sort_by_key(|at| books.get(*at).is_none_or(|book| book.isbn.is_none()));
    Plan { authors: chosen, alone, books, shared_isbns, counts, all_work, remaining_work }
}

/// Every way in which a book is searched is warm: by its ISBN, and by title with author.
fn is_book_warm(book: &PlannedBook, is_warm: &impl Fn(Target<'_>) -> bool) -> bool {
    let title = book.title.as_deref().map(|title| Target::Title(title, book.author.as_deref()));
    book.isbn.is_none_or(|isbn| is_warm(Target::Isbn(isbn))) && title.is_none_or(is_warm)
}

impl Plan {
    /// What is asked at once, in order: authors with their books, then books without an author.
    /// For each book that an author's answer did not hold, [`Plan::follow_up`] comes after.
    pub fn items(&self) -> impl Iterator<Item = BatchItem> {
        let authors = self.authors.iter().flat_map(|author| self.author_items(author));
        authors.chain(self.alone.iter().filter_map(|at| self.follow_up(*at)))
    }

    fn author_items(&self, author: &PlannedAuthor) -> Vec<BatchItem> {
        let books: Vec<LibraryBook> =
            author.books.iter().filter_map(|at| self.library_book(*at)).collect();
        let mut pieces: Vec<Vec<LibraryBook>> =
            books.chunks(MAX_BOOKS_PER_ITEM).map(<[LibraryBook]>::to_vec).collect();
        if pieces.is_empty() {
            pieces.push(Vec::new());
        }
        let item = |(piece, books)| BatchItem {
            id: if piece == 0 { author.id.clone() } else { format!("{}#{}", author.id, piece + 1) },
            query: BatchQuery::Author { name: author.name.clone(), books },
        };
        pieces.into_iter().enumerate().map(item).collect()
    }

    /// A repaired ISBN is looked for in the author's page too, and confirmed there.
    fn library_book(&self, at: usize) -> Option<LibraryBook> {
        let book = self.books.get(at)?;
        let title = book.title.clone().unwrap_or_default();
        Some(LibraryBook { id: book.id.clone(), isbn: book.isbn, title, repaired: book.repaired })
    }

    /// The book's own question: by ISBN, else by title.
    #[must_use]
    pub fn follow_up(&self, at: usize) -> Option<BatchItem> {
        let book = self.books.get(at)?;
        let (title, author) = (book.title.clone(), book.author.clone());
        let query = match (book.isbn, title) {
            (Some(isbn), title) => {
                BatchQuery::Isbn { isbn, title, author, repaired: book.repaired }
            }
            (None, Some(title)) => BatchQuery::Title { title, author },
            (None, None) => return None,
        };
        Some(BatchItem { id: book.id.clone(), query })
    }
}
