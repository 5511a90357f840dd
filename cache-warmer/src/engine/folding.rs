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
/// Books that an author's item remembers: several times what its question names. All of them would
/// not fit into a row of the ledger where one author has a whole large library.
const MAX_BOOKS_KEPT: usize = 300;
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
        let (key, shared) = self.place(draft, &wanted);
        let mut item = match self.known.get(&key) {
            Some(item) => item.clone(),
            None => Item::new(key.clone(), book(&wanted, key.starts_with(WORK))),
        };
        complete(&mut item, &wanted);
        item.add_row(raw.clone());
        self.put(draft, item);
        // Should nobody know the number, this row is one that carries it.
        if let Some(mut number) = shared.as_ref().and_then(|key| self.known.get(key).cloned()) {
            number.add_row(raw);
            self.put(draft, number);
        }
        // The page of each author may hold the number.
        for key in [Some(key), shared].into_iter().flatten() {
            if let (Some(author), Some(name)) = (wanted.author_id(), wanted.author) {
                self.add_to_author(draft, author, name, key);
            }
        }
    }

    /// The item a row belongs to: its number's, unless another book stands there. With it the item
    /// of a number that it shares with other books.
    fn place(&mut self, draft: &mut Draft, wanted: &Wanted<'_>) -> (String, Option<String>) {
        let Some(isbn) = wanted.isbn else { return (wanted.id(), None) };
        let number = isbn_id(isbn);
        if wanted.confirm {
            return (self.place_of_guess(wanted, number), None);
        }
        let Some(What::Book { shared, title, author, .. }) =
            self.known.get(&number).map(|item| &item.what)
        else {
            return (number, None);
        };
        let agrees = wanted.agrees(title.as_deref(), author.as_deref());
        if !shared && agrees {
            return (number, None);
        }
        if !shared {
            self.share(draft, &number);
        }
        match wanted.title {
            Some(_) => (wanted.work_id(), Some(number)),
            None => (number, None),
        }
    }

    /// A repaired number joins the book that agrees with it. Where another row's guess stands under
    /// it, only one can be right: this row has its title.
    fn place_of_guess(&self, wanted: &Wanted<'_>, number: String) -> String {
        let guess = wanted.id();
        let agrees = |key: &String| match self.known.get(key).map(|item| &item.what) {
            Some(What::Book { title: Some(title), author, .. }) => {
                wanted.agrees(Some(title), author.as_deref())
            }
            _ => false,
        };
        if agrees(&number) {
            return number;
        }
        if self.known.contains_key(&guess) && !agrees(&guess) {
            return wanted.work_id();
        }
        guess
    }

    /// Two books under one number: neither title is believed. The number is asked for by itself,
    /// and each title too.
    fn share(&mut self, draft: &mut Draft, number: &str) {
        let Some(mut alone) = self.known.get(number).cloned() else { return };
        let What::Book { title, author, shared, .. } = &mut alone.what else { return };
        let (title, author) = (title.take(), author.take());
        *shared = true;
        let (isbn, confirm) = (None, false);
        let first = Wanted { isbn, confirm, title: title.as_deref(), author: author.as_deref() };
        if title.is_some() {
            let work = first.work_id();
            let mut titled = match self.known.get(&work) {
                Some(item) => item.clone(),
                None => Item::new(work.clone(), book(&first, true)),
            };
            alone.rows.iter().for_each(|row| titled.add_row(row.clone()));
            titled.more_rows = titled.more_rows.saturating_add(alone.more_rows);
            self.put(draft, titled);
            if let (Some(id), Some(name)) = (first.author_id(), first.author) {
                self.add_to_author(draft, id, name, work);
            }
        }
        self.put(draft, alone);
    }

    fn add_to_author(&mut self, draft: &mut Draft, author: String, name: &str, book: String) {
        let item = self.known.get(&author).cloned();
        let mut item = item.unwrap_or_else(|| {
            draft.job.authors += 1;
            let name = clip(name, MAX_AUTHOR_BYTES).to_owned();
            Item::new(author, What::Author { name, books: Vec::new() })
        });
        if let What::Author { books, .. } = &mut item.what {
            if books.len() >= MAX_BOOKS_KEPT || books.contains(&book) {
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
        shared: false,
        title: wanted.title.map(|title| clip(title, MAX_TITLE_BYTES).to_owned()),
        author: wanted.author.map(|author| clip(author, MAX_AUTHOR_BYTES).to_owned()),
    }
}

/// A row may know what an earlier one with the same number left out; a guess is no knowledge.
fn complete(item: &mut Item, wanted: &Wanted<'_>) {
    if wanted.confirm {
        return;
    }
    if let What::Book { shared: false, title, author, .. } = &mut item.what {
        let clipped = |text: Option<&str>, max| text.map(|text| clip(text, max).to_owned());
        *title = title.take().or(clipped(wanted.title, MAX_TITLE_BYTES));
        *author = author.take().or(clipped(wanted.author, MAX_AUTHOR_BYTES));
    }
}

/// The keys of the books and authors that a number's item turns into where another title shares
/// its number.
pub(super) fn keys_if_shared(item: &Item) -> Vec<String> {
    let What::Book { isbn: Some(_), confirm: false, title, author, .. } = &item.what else {
        return Vec::new();
    };
    let (title, author) = (title.as_deref(), author.as_deref());
    let first = Wanted { isbn: None, confirm: false, title, author };
    title.map(|_| first.work_id()).into_iter().chain(first.author_id()).collect()
}
