//! What a column's name says its cells hold.
//!
//! People name columns in every language, and write `Autor(en)`, `Author/s`, `BookTitle` or
//! `Автор(ы)`. A name is therefore read word by word: a word that begins with a known stem says
//! what the column is, words that add nothing ("name", "book", "of the") keep it so, a word that
//! turns the meaning ("sort", "translator", "series") denies it, and any other word leaves a weak
//! match, which counts only where no better column is there. Scripts without spaces between words
//! are searched for the stem anywhere.
//!
//! Words are compared in the folded form of [`bibliography::text::fold`].

mod author;
mod isbn;
mod other;
mod person;
mod role;
mod title;
mod vocabulary;

use bibliography::text::fold;

pub(super) use other::{is_known, is_numeric, language};
pub(super) use role::{ColumnRole, IsbnColumn, NamePart, RoleRank, WEAK_RANK};

/// The roles that a column's name may have, the likeliest first.
pub(super) fn read(name: &str) -> Option<(ColumnRole, RoleRank)> {
    if name.len() > MAX_NAME_BYTES || !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    let plain = without_endings(name);
    let whole = read_folded(&fold(&split_camel_case(&plain)));
    // "Title / Series": one of two names, where they make none together.
    let one_of_two = || {
        let parts = plain.split('/').filter(|part| part.len() < plain.len());
        let mut roles = parts.filter_map(|part| read_folded(&fold(&split_camel_case(part))));
        roles.next().map(|(role, rank)| (role, WEAK_RANK + rank))
    };
    whole.or_else(one_of_two)
}

fn read_folded(folded: &str) -> Option<(ColumnRole, RoleRank)> {
    if let Some((kind, rank)) = isbn::read(folded) {
        return Some((ColumnRole::Isbn(kind), rank));
    }
    if other::is_item_type(folded) {
        return Some((ColumnRole::ItemType, 0));
    }
    let title = title::read(folded).map(|rank| (ColumnRole::Title, rank));
    if title.is_none_or(|(_, rank)| rank >= WEAK_RANK)
        && let Some(role) = person::read(folded)
    {
        return Some((role, 0));
    }
    let author = author::read(folded).map(|rank| (ColumnRole::Author, rank));
    match (title, author) {
        (Some(title), Some(author)) if author.1 < title.1 => Some(author),
        (Some(title), _) => Some(title),
        (None, author) => author,
    }
}

/// The role of a column that would hold a part of a name, in a file that has no family names:
/// "имя автора" is the author's name then.
///
/// "Nombre" alone is the name of the book.
pub(super) fn read_whole(name: &str) -> Option<(ColumnRole, RoleRank)> {
    let folded = fold(&split_camel_case(&without_endings(name)));
    match author::read(&folded) {
        Some(rank) => Some((ColumnRole::Author, rank)),
        None => person::is_any_name(&folded).then_some((ColumnRole::Title, WEAK_RANK + 90)),
    }
}

/// A sentence is no column name.
const MAX_NAME_BYTES: usize = 120;

/// A name without the endings that people put in brackets behind a word: `Autor(id)`, `Title(s)`.
fn without_endings(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, bracket)) = rest.split_once('(') {
        out.push_str(before);
        let ending = bracket.split_once(')').filter(|(inside, _)| {
            let letters = inside.trim_start_matches(['-', '/']);
            (1..=4).contains(&letters.chars().count())
                && letters.chars().all(char::is_lowercase)
                && before.ends_with(char::is_alphabetic)
        });
        match ending {
            Some((_, after)) => rest = after,
            None => {
                out.push('(');
                rest = bracket;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `BookTitle` as `Book Title`; `ISBN` and `eISBN` stay what they are to a reader.
fn split_camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut small = false;
    for c in name.chars() {
        if small && c.is_ascii_uppercase() {
            out.push(' ');
        }
        small = c.is_ascii_lowercase();
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
