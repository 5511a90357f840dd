//! The names of title and author columns, ranked word by word.

use super::column_role::{ColumnRoleRank, FIRST_WEAK_COLUMN_ROLE_RANK};
use crate::import::ordered_word_list::OrderedWordList;

/// Ranks of stems begin here, after those of literal names.
const STEM: ColumnRoleRank = 200;

/// Added for the title of the original.
const ORIGINAL: ColumnRoleRank = 300;

/// Neutral words in several languages.
pub(super) const FILLER_WORDS: OrderedWordList =
    OrderedWordList(include_str!("../words/plain.txt"));

/// Whether the rest of a word after its stem is an ending: `Autor` + `en`, `автор` + `ы`.
fn is_ending(rest: &str) -> bool {
    const LONG: OrderedWordList = OrderedWordList(include_str!("../words/endings.txt"));
    let count = rest.chars().count();
    let is_latin = rest.chars().all(|c| c.is_ascii_lowercase());
    let is_digits = rest.bytes().all(|byte| byte.is_ascii_digit());
    match rest {
        "id" | "ids" | "no" | "nr" | "lf" | "fl" | "url" => false,
        _ if is_digits => count <= 2,
        _ if is_latin => count <= 2 || LONG.contains(rest),
        _ => count <= 4 && rest.chars().all(char::is_alphabetic),
    }
}

pub(super) struct Vocabulary {
    /// Whole names, the most certain first.
    pub exact: OrderedWordList,
    /// Whole names that may mean something else.
    pub weak: OrderedWordList,
    pub stems: OrderedWordList,
    /// Stems at any place, for scripts without spaces and languages with a prefixed article.
    pub anywhere: OrderedWordList,
    /// Words that exclude the role.
    pub denied: OrderedWordList,
}

impl Vocabulary {
    /// The rank of a folded name for this role.
    pub fn role_rank(&self, name: &str) -> Option<ColumnRoleRank> {
        let at = |list: OrderedWordList| list.iter().position(|known| known == name);
        let rank = |at: usize| ColumnRoleRank::try_from(at).unwrap_or(FIRST_WEAK_COLUMN_ROLE_RANK);
        if let Some(at) = at(self.exact) {
            return Some(rank(at));
        }
        if let Some(at) = at(self.weak) {
            return Some(FIRST_WEAK_COLUMN_ROLE_RANK + rank(at));
        }
        if name.split(' ').any(|word| self.denied.contains(word)) {
            return None;
        }
        if let Some(stem) = self.anywhere.iter().find(|stem| name.contains(stem)) {
            let more = name.chars().count() - stem.chars().count();
            let first = if more <= 8 { STEM } else { FIRST_WEAK_COLUMN_ROLE_RANK };
            return Some(first + rank(more));
        }
        let (mut found, mut more, mut unknown) = (false, 0, 0);
        for word in name.split(' ') {
            if self.has_stem(word) {
                found = true;
                more += if is_original(word) { ORIGINAL } else { 0 };
                more += suffix_number(word);
            } else if is_original(word) {
                more += ORIGINAL;
            } else if is_neutral_word(word) {
                more += 1 + suffix_number(word);
            } else {
                unknown += 1;
            }
        }
        match unknown {
            0 if found => Some(STEM + more),
            1 | 2 if found => Some(FIRST_WEAK_COLUMN_ROLE_RANK + 100 + 10 * unknown + more),
            _ => None,
        }
    }

    fn has_stem(&self, word: &str) -> bool {
        let begins = |word: &str| {
            self.stems.iter().any(|stem| word.strip_prefix(stem).is_some_and(is_ending))
        };
        // "l'auteur" is one word in folded form.
        begins(word) || word.strip_prefix(['l', 'd']).is_some_and(begins)
    }
}

pub(super) const AUTHOR_COLUMN_WORDS: Vocabulary = Vocabulary {
    exact: OrderedWordList(include_str!("../words/author.exact.txt")),
    weak: OrderedWordList(include_str!("../words/author.weak.txt")),
    stems: OrderedWordList(include_str!("../words/author.stems.txt")),
    anywhere: OrderedWordList(include_str!("../words/author.anywhere.txt")),
    denied: OrderedWordList(include_str!("../words/author.denied.txt")),
};

pub(super) const TITLE_COLUMN_WORDS: Vocabulary = Vocabulary {
    exact: OrderedWordList(include_str!("../words/title.exact.txt")),
    weak: OrderedWordList(include_str!("../words/title.weak.txt")),
    stems: OrderedWordList(include_str!("../words/title.stems.txt")),
    anywhere: OrderedWordList(include_str!("../words/title.anywhere.txt")),
    denied: OrderedWordList(include_str!("../words/title.denied.txt")),
};

/// Words for "book": a name with one of them is the book's.
pub(super) const BOOK: OrderedWordList = OrderedWordList(include_str!("../words/book.txt"));

const NAME_WORDS: OrderedWordList = OrderedWordList(include_str!("../words/name.txt"));

/// The rank of "name of the book" as a title.
const NAME_OF_BOOK: ColumnRoleRank = 400;

/// The rank of a folded name as that of the title column.
pub(super) fn title_rank(name: &str) -> Option<ColumnRoleRank> {
    TITLE_COLUMN_WORDS.role_rank(name).or_else(|| is_name_of_book(name).then_some(NAME_OF_BOOK))
}

fn is_name_of_book(name: &str) -> bool {
    let is_name = |word: &str| NAME_WORDS.contains(word);
    let is_book = |word: &str| BOOK.contains(word);
    name.split(' ').any(is_name)
        && name.split(' ').any(is_book)
        && name.split(' ').all(|word| is_name(word) || is_book(word) || word.chars().count() <= 3)
}

/// "Original title" is a title, but the edition's title is preferred.
fn is_original(word: &str) -> bool {
    word.starts_with("original") || word.starts_with("оригинал") || word.starts_with("оригінал")
}

/// The number at the end of a word: "Author 1" is preferred to "Author 2".
fn suffix_number(word: &str) -> ColumnRoleRank {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or(0).min(100)
}

fn is_neutral_word(word: &str) -> bool {
    let is_listed = |word: &str| FILLER_WORDS.contains(word);
    let elided = word.strip_prefix(['l', 'd']).filter(|rest| rest.len() > 3);
    is_listed(word) || elided.is_some_and(is_listed) || word.chars().count() <= 2
}
