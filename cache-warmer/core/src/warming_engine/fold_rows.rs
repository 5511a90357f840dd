//! Folds the rows of a slice into items: books by ISBN or by title with author, and authors.

use std::collections::BTreeMap;

use super::library_row_book::{LibraryRowBook, isbn_ledger_key};
use crate::import::{LibraryFileRow, RowImportOutcome};
use crate::warming_ledger::job::LibraryWarmingJob;
use crate::warming_ledger::warming_item::{
    BookIsbnStatus, RejectedRow, RowRef, WarmTarget, WarmingItem,
};
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;

/// Books that an author's item lists, several times as many as one request sends. The books of a
/// whole large library by one author would exceed a row of the ledger.
const MAX_BOOKS_KEPT: usize = 300;
/// Beginning of a title's key; `LibraryRowBook::id` lists all.
const TITLE_KEY_PREFIX: &str = "t:";

/// Folds the rows of a slice into the items of a job.
pub(super) struct RowFold {
    pub(super) warming_ledger_changes: WarmingLedgerChanges,
    /// All items that the rows may belong to, by key, also those of earlier slices
    /// (`existing_items`): a key that is absent here gets a new item.
    known: BTreeMap<String, WarmingItem>,
}

impl RowFold {
    pub(super) fn new(job: LibraryWarmingJob, known: Vec<WarmingItem>) -> Self {
        let known = known.into_iter().map(|item| (item.key.clone(), item)).collect();
        Self { warming_ledger_changes: WarmingLedgerChanges::new(job), known }
    }

    pub(super) fn fold_row(&mut self, row: LibraryFileRow) {
        let LibraryFileRow { line, outcome, original: raw, .. } = row;
        if let RowImportOutcome::Rejected { reason } = &outcome {
            let reason = reason.to_string();
            self.warming_ledger_changes.add_rejected_row(RejectedRow { line, reason, raw });
            return;
        }
        let Some(library_row_book) = LibraryRowBook::of(&outcome) else { return };
        let row = RowRef { line, raw };
        let (key, shared_isbn_key) = self.resolve_item_keys(&library_row_book);
        let mut item = self.known.get(&key).cloned().unwrap_or_else(|| {
            let by_title = key.starts_with(TITLE_KEY_PREFIX);
            WarmingItem::new(key.clone(), book_target(&library_row_book, by_title))
        });
        fill_missing(&mut item, &library_row_book);
        item.add_row(row.clone());
        self.put(item);
        // The row is also added to the ISBN's item, so that `failures.csv` names it.
        if let Some(mut item) =
            shared_isbn_key.as_ref().and_then(|key| self.known.get(key).cloned())
        {
            item.add_row(row);
            self.put(item);
        }
        // Each author lists the item of a shared ISBN too: the author's page may hold the ISBN.
        for key in [Some(key), shared_isbn_key].into_iter().flatten() {
            self.add_to_author(&library_row_book, key);
        }
    }

    /// The key of the row's item: that of its ISBN, unless the item of the ISBN is another book.
    /// Then its title's key, with the key of the shared ISBN's item as the second.
    fn resolve_item_keys(
        &mut self,
        library_row_book: &LibraryRowBook<'_>,
    ) -> (String, Option<String>) {
        let Some(isbn) = library_row_book.isbn else { return (library_row_book.id(), None) };
        let isbn_key = isbn_ledger_key(isbn);
        if library_row_book.repaired {
            return (self.key_of_repaired(library_row_book, isbn_key), None);
        }
        let isbn_key = self.resolve_valid_isbn(library_row_book, isbn_key);
        let Some(WarmTarget::Book { isbn, title, author }) =
            self.known.get(&isbn_key).map(|item| &item.target)
        else {
            return (isbn_key, None);
        };
        if !matches!(isbn, BookIsbnStatus::Shared(_)) {
            if library_row_book.may_be_same_book(title.as_deref(), author.as_deref()) {
                return (isbn_key, None);
            }
            self.mark_shared(&isbn_key);
        }
        match library_row_book.title {
            Some(_) => (library_row_book.title_author_key(), Some(isbn_key)),
            None => (isbn_key, None),
        }
    }

    /// An earlier row may have the same ISBN as a repaired one. If this row has a title, that item
    /// gets the valid ISBN if the titles agree and the ISBN has no item of its own; else its
    /// repaired ISBN is rejected, and it is searched by its title.
    fn resolve_valid_isbn(
        &mut self,
        library_row_book: &LibraryRowBook<'_>,
        isbn_key: String,
    ) -> String {
        let repaired_key = LibraryRowBook { repaired: true, ..*library_row_book }.id();
        let Some(mut item) = self.known.get(&repaired_key).cloned() else { return isbn_key };
        let WarmTarget::Book { isbn, title, author } = &mut item.target else { return isbn_key };
        let repaired = match *isbn {
            // An earlier row with the valid ISBN confirmed it.
            BookIsbnStatus::Stated(_) | BookIsbnStatus::Shared(_) => return repaired_key,
            BookIsbnStatus::Repaired(repaired) if library_row_book.title.is_some() => repaired,
            BookIsbnStatus::Repaired(_) | BookIsbnStatus::Rejected(_) | BookIsbnStatus::None => {
                return isbn_key;
            }
        };
        let is_same = library_row_book.may_be_same_book(title.as_deref(), author.as_deref())
            && !self.known.contains_key(&isbn_key);
        if is_same {
            *isbn = BookIsbnStatus::Stated(repaired);
        } else {
            item.reject_isbn();
        }
        self.put(item);
        if is_same { repaired_key } else { isbn_key }
    }

    /// A repaired ISBN joins the item of that ISBN if the titles agree. If they differ, only one
    /// can be right, and the row is searched by its title.
    fn key_of_repaired(&self, library_row_book: &LibraryRowBook<'_>, isbn_key: String) -> String {
        let repaired_key = library_row_book.id();
        for key in [isbn_key, repaired_key.clone()] {
            match self.known.get(&key).map(|item| &item.target) {
                Some(WarmTarget::Book { title: Some(title), author, .. }) => {
                    let is_same = library_row_book.may_be_same_book(Some(title), author.as_deref());
                    return if is_same { key } else { library_row_book.title_author_key() };
                }
                Some(WarmTarget::Book { isbn: BookIsbnStatus::Shared(_), .. }) => {
                    return library_row_book.title_author_key();
                }
                _ => {}
            }
        }
        repaired_key
    }

    /// Two books have one ISBN: neither title is trusted. The ISBN is searched alone, and so is
    /// each title.
    fn mark_shared(&mut self, isbn_key: &str) {
        let Some(mut alone) = self.known.get(isbn_key).cloned() else { return };
        let WarmTarget::Book { title, author, isbn } = &mut alone.target else { return };
        let BookIsbnStatus::Stated(stated) = *isbn else { return };
        *isbn = BookIsbnStatus::Shared(stated);
        let (title, author) = (title.take(), author.take());
        let first = LibraryRowBook::without_isbn(title.as_deref(), author.as_deref());
        if first.title.is_some() {
            let work = first.title_author_key();
            let known = self.known.get(&work).cloned();
            let mut titled =
                known.unwrap_or_else(|| WarmingItem::new(work.clone(), book_target(&first, true)));
            alone.rows.iter().for_each(|row| titled.add_row(row.clone()));
            titled.more_rows = titled.more_rows.saturating_add(alone.more_rows);
            self.put(titled);
            self.add_to_author(&first, work);
        }
        self.put(alone);
    }

    fn add_to_author(&mut self, library_row_book: &LibraryRowBook<'_>, book: String) {
        let (Some(key), Some(name)) = (library_row_book.author_id(), library_row_book.author)
        else {
            return;
        };
        let item = self.known.get(&key).cloned();
        let mut item = item.unwrap_or_else(|| {
            self.warming_ledger_changes.job.authors += 1;
            let name = name.to_owned();
            WarmingItem::new(key, WarmTarget::Author { name, books: Vec::new() })
        });
        if let WarmTarget::Author { books, .. } = &mut item.target {
            if books.len() >= MAX_BOOKS_KEPT || books.contains(&book) {
                return;
            }
            books.push(book);
        }
        self.put(item);
    }

    fn put(&mut self, item: WarmingItem) {
        let before = self.known.insert(item.key.clone(), item.clone());
        self.warming_ledger_changes.put(before.as_ref(), item);
    }
}

fn book_target(library_row_book: &LibraryRowBook<'_>, by_title: bool) -> WarmTarget {
    WarmTarget::Book {
        isbn: match library_row_book.isbn {
            Some(isbn) if library_row_book.repaired && !by_title => BookIsbnStatus::Repaired(isbn),
            Some(isbn) if !by_title => BookIsbnStatus::Stated(isbn),
            _ => BookIsbnStatus::None,
        },
        title: library_row_book.title.map(str::to_owned),
        author: library_row_book.author.map(str::to_owned),
    }
}

/// Adds title and author that an earlier row with the ISBN lacks; not from a repaired ISBN.
fn fill_missing(item: &mut WarmingItem, library_row_book: &LibraryRowBook<'_>) {
    if let WarmTarget::Book { isbn, title, author } = &mut item.target
        && !matches!(isbn, BookIsbnStatus::Shared(_))
        && !library_row_book.repaired
    {
        *title = title.take().or(library_row_book.title.map(str::to_owned));
        *author = author.take().or(library_row_book.author.map(str::to_owned));
    }
}

/// The keys of the title and the author that the item of an ISBN is split into if a row with
/// another title has the same ISBN: `known` has to hold their items too.
pub(super) fn keys_if_isbn_is_shared(item: &WarmingItem) -> Vec<String> {
    let WarmTarget::Book { isbn: BookIsbnStatus::Stated(_), title, author } = &item.target else {
        return Vec::new();
    };
    let first = LibraryRowBook::without_isbn(title.as_deref(), author.as_deref());
    first.title.map(|_| first.title_author_key()).into_iter().chain(first.author_id()).collect()
}
