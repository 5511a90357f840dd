//! The rows of a slice fold into items: books by number or by title with author, and authors.

use std::collections::BTreeMap;

use crate::ledger::draft::Draft;
use crate::ledger::item::{Item, Rejected, RowRef, What};
use crate::ledger::job::clip;
use library::import::{Row, RowOutcome};
use library::plan::{Wanted, isbn_id};

/// A title and a name as they are asked for: a query has room for 500 characters.
const MAX_TITLE_BYTES: usize = 400;
const MAX_AUTHOR_BYTES: usize = 200;
/// Ids of works begin with it.
const WORK: &str = "t:";

/// The items that the rows of a slice fold into.
pub(super) struct Taken {
    /// Items of this slice and of earlier ones that its rows may belong to.
    pub(super) known: BTreeMap<String, Item>,
}

impl Taken {
    /// Takes one row in.
    pub(super) fn take(&mut self, draft: &mut Draft, row: Row) {
        let Row { line, outcome, original, .. } = row;
        let raw = RowRef { line, raw: original };
        let Some(wanted) = Wanted::of(&outcome) else {
            if let RowOutcome::Rejected { reason } = &outcome {
                draft.reject(Rejected { line, reason: reason.to_string(), raw: raw.raw });
            }
            return;
        };
        let key = self.key_of(draft, &wanted);
        let mut item = match self.known.get(&key) {
            Some(item) => item.clone(),
            None => Item::new(key.clone(), book(&wanted, key.starts_with(WORK))),
        };
        item.add_row(raw);
        self.put(draft, item);
        if let (Some(author), Some(name)) = (wanted.author_id(), wanted.author) {
            self.author(draft, author, name, key);
        }
    }

    /// The item a row belongs to: its number's, unless another book stands there.
    fn key_of(&mut self, draft: &mut Draft, wanted: &Wanted<'_>) -> String {
        let Some(isbn) = wanted.isbn else { return wanted.id() };
        let valid = isbn_id(isbn);
        let Some(known) = self.known.get(&valid).cloned() else { return wanted.id() };
        let What::Book { title, author, .. } = &known.what else { return wanted.id() };
        match (wanted.agrees(title.as_deref(), author.as_deref()), wanted.confirm) {
            (true, _) => valid,
            (false, true) => wanted.id(),
            (false, false) => {
                // Two books under one number: neither title is believed. The number is asked
                // for by itself, and each title too.
                let other = Wanted {
                    isbn: None,
                    confirm: false,
                    title: title.as_deref(),
                    author: author.as_deref(),
                };
                if title.is_some() && !self.known.contains_key(&other.work_id()) {
                    self.put(draft, Item::new(other.work_id(), book(&other, true)));
                }
                let mut alone = known.clone();
                if let What::Book { title, .. } = &mut alone.what {
                    *title = None;
                }
                self.put(draft, alone);
                wanted.work_id()
            }
        }
    }

    fn author(&mut self, draft: &mut Draft, author: String, name: &str, book: String) {
        let item = self.known.get(&author).cloned();
        let mut item = item.unwrap_or_else(|| {
            draft.job.authors += 1;
            let name = clip(name, MAX_AUTHOR_BYTES).to_owned();
            Item::new(author, What::Author { name, books: Vec::new() })
        });
        if let What::Author { books, .. } = &mut item.what {
            if books.contains(&book) {
                return;
            }
            books.push(book);
        }
        self.put(draft, item);
    }

    fn put(&mut self, draft: &mut Draft, item: Item) {
        let before = self.known.insert(item.key.clone(), item.clone());
        draft.put(before.as_ref(), item);
    }
}

fn book(wanted: &Wanted<'_>, by_title: bool) -> What {
    What::Book {
        isbn: wanted.isbn.filter(|_| !by_title),
        confirm: wanted.confirm && !by_title,
        title: wanted.title.map(|title| clip(title, MAX_TITLE_BYTES).to_owned()),
        author: wanted.author.map(|author| clip(author, MAX_AUTHOR_BYTES).to_owned()),
    }
}
