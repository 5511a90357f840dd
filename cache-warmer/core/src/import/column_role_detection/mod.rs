//! Detects from its name what a column holds.
//!
//! People name columns in every language, and write `Autor(en)`, `Author/s`, `BookTitle` or
//! `Автор(ы)`. A name is therefore read word by word. A word that begins with a known stem shows
//! the role. Neutral words ("name", "book", "of the") change nothing, and a contrary word ("sort",
//! "translator", "series") excludes the role. Any other word makes the match weak: it counts only
//! if the file has no better column. In scripts without spaces the stem may be anywhere.
//!
//! The lists are in `../words/`, named by role: `exact` (a whole name), `stems` (a word begins so),
//! `anywhere` (in scripts without spaces), `weak`, and `denied` (contrary words).
//!
//! Words are compared in the folded form of [`bibliography::text_normalization::fold_text`].

mod author_name_parts;
mod column_role;
mod isbn_column_names;
mod name_certainty;
mod unread_columns;

use bibliography::text_normalization::fold_text;

use self::name_certainty::{AUTHOR_COLUMN_WORDS, title_rank};

pub(super) use column_role::{
    ColumnRole, ColumnRoleRank, FIRST_WEAK_COLUMN_ROLE_RANK, IsbnColumnKind, NamePart,
};
pub(super) use unread_columns::{country_hint, is_known_column, is_numeric};

/// The roles that a column's name may have, the likeliest first.
pub(super) fn match_column_name(name: &str) -> Option<(ColumnRole, ColumnRoleRank)> {
    if name.len() > MAX_NAME_BYTES || !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    let plain = without_endings(name);
    let whole = read_folded(&fold_text(&split_camel_case(&plain)));
    // "Title / Series": the first of two names, if they are no name together.
    let one_of_two = || {
        let parts = plain.split('/').filter(|part| part.len() < plain.len());
        let mut roles = parts.filter_map(|part| read_folded(&fold_text(&split_camel_case(part))));
        roles.next().map(|(role, rank)| (role, FIRST_WEAK_COLUMN_ROLE_RANK + rank))
    };
    whole.or_else(one_of_two)
}

fn read_folded(folded: &str) -> Option<(ColumnRole, ColumnRoleRank)> {
    if let Some((kind, rank)) = isbn_column_names::isbn_column_kind(folded) {
        return Some((ColumnRole::Isbn(kind), rank));
    }
    if unread_columns::is_item_type(folded) {
        return Some((ColumnRole::ItemType, 0));
    }
    let title = title_rank(folded).map(|rank| (ColumnRole::Title, rank));
    if title.is_none_or(|(_, rank)| rank >= FIRST_WEAK_COLUMN_ROLE_RANK)
        && let Some(role) = author_name_parts::author_column_role(folded)
    {
        return Some((role, 0));
    }
    let author = AUTHOR_COLUMN_WORDS.role_rank(folded).map(|rank| (ColumnRole::Author, rank));
    match (title, author) {
        (Some(title), Some(author)) if author.1 < title.1 => Some(author),
        (Some(title), _) => Some(title),
        (None, author) => author,
    }
}

/// The role of a column with a part of a name, in a file without family names: "имя автора" is the
/// author's name then, and "Nombre" is the title of the book.
pub(super) fn read_whole(name: &str) -> Option<(ColumnRole, ColumnRoleRank)> {
    let folded = fold_text(&split_camel_case(&without_endings(name)));
    match AUTHOR_COLUMN_WORDS.role_rank(&folded) {
        Some(rank) => Some((ColumnRole::Author, rank)),
        None => author_name_parts::is_any_name(&folded)
            .then_some((ColumnRole::Title, FIRST_WEAK_COLUMN_ROLE_RANK + 90)),
    }
}

/// A longer text is a sentence, not a column name.
const MAX_NAME_BYTES: usize = 120;

/// A name without endings in brackets: `Autor(id)`, `Title(s)`.
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

/// Splits `BookTitle` into `Book Title`; `ISBN` and `eISBN` stay.
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
