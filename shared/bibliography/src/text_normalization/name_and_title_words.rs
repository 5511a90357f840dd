//! Word lists, all in folded form.

use std::cmp::Ordering;

/// A list of words, sorted and written as one string: a slice of words takes eight bytes a word
/// more in the wasm. A query is looked up in several lists of hundreds, hence the binary search.
#[derive(Clone, Copy, Debug)]
pub struct StaticWordList(&'static str);

impl StaticWordList {
    /// The words of a text, in byte order, separated by one space or line end.
    pub const fn new(text: &'static str) -> Self {
        Self(text.trim_ascii_end())
    }

    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split_ascii_whitespace()
    }

    /// Whether the words are in strictly ascending order, which the search requires.
    #[cfg(test)]
    pub(crate) fn is_sorted(&self) -> bool {
        self.iter().is_sorted_by(|a, b| a < b)
    }

    pub fn contains(&self, word: &str) -> bool {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n');
        let mut rest = self.0.as_bytes();
        while !rest.is_empty() {
            let (left, right) = rest.split_at(rest.len() / 2);
            let start = left.iter().rposition(is_space).map_or(0, |at| at + 1);
            let end = right.iter().position(is_space).map_or(rest.len(), |at| left.len() + at);
            rest = match word.as_bytes().cmp(rest.get(start..end).unwrap_or_default()) {
                Ordering::Equal => return true,
                Ordering::Less => rest.get(..start.saturating_sub(1)).unwrap_or_default(),
                Ordering::Greater => rest.get(end + 1..).unwrap_or_default(),
            };
        }
        false
    }
}

/// Generations after a name (father and son): kept in keys.
pub(crate) const GENERATION_SUFFIXES: StaticWordList =
    StaticWordList::new("ii iii iv jr junior senior sr");

/// Degrees and orders after a name, dots removed: dropped.
pub(crate) const DEGREES: StaticWordList =
    StaticWordList::new(include_str!("../words/degrees.txt"));

/// Titles before a name, ignored when two names are compared.
pub(crate) const HONORIFICS: StaticWordList =
    StaticWordList::new(include_str!("../words/honorifics.txt"));

/// Dignities that follow a name after a comma ("Prince Harry, The Duke of Sussex").
pub(crate) const DIGNITIES: StaticWordList =
    StaticWordList::new(include_str!("../words/dignities.txt"));

/// Words after a comma that mean an organisation, not a person ("Little, Brown and Company").
pub(crate) const CORPORATE: StaticWordList =
    StaticWordList::new(include_str!("../words/corporate.txt"));

/// The role in a bracket after an author's name.
pub(crate) const ROLES: StaticWordList = StaticWordList::new(include_str!("../words/roles.txt"));

/// Name particles: part of a surname, no evidence of a title.
pub(crate) const NAME_PARTICLES: StaticWordList =
    StaticWordList::new(include_str!("../words/particles.txt"));

/// Nouns for a series, as the last word in a bracket.
pub(crate) const SERIES_NOUNS: StaticWordList = StaticWordList::new(
    "chronicles cycle duology quartet quintet saga sequence series tetralogy trilogy universe",
);

/// Words before the number of a volume.
pub(crate) const VOLUME_NOUNS: StaticWordList =
    StaticWordList::new(include_str!("../words/volume_nouns.txt"));

/// A bracket or an ending with one of these words names an edition.
pub(crate) const EDITION_NOUNS: StaticWordList =
    StaticWordList::new(include_str!("../words/edition_nouns.txt"));

/// The other words in names of editions.
pub(crate) const EDITION_WORDS: StaticWordList =
    StaticWordList::new(include_str!("../words/edition_words.txt"));

/// Words that require a noun after them: in the middle of a text they show a title. Name particles
/// (de, van, la …) are left out, because names have them too.
pub(crate) const CONNECTORS: StaticWordList =
    StaticWordList::new(include_str!("../words/connectors.txt"));

/// Articles that begin a title but never a name.
pub(crate) const LEADING_ARTICLES: StaticWordList =
    StaticWordList::new("a an das der det een ein eine gli het il las les los the uma un une");

/// Whether a folded word alone identifies no book: an article, a preposition, "and".
pub fn is_function_word(word: &str) -> bool {
    CONNECTORS.contains(word) || LEADING_ARTICLES.contains(word) || MOVED_ARTICLES.contains(word)
}

/// Articles that a catalogue moves to the end of a title ("Hobbit, The").
pub(crate) const MOVED_ARTICLES: StaticWordList = StaticWordList::new(
    "a an das der die een ein eine el gli het i il la las le les lo los the un une",
);

/// Common given names in several languages. They do not show who is a person (the form alone
/// cannot), but that a letter after one is an initial.
pub(crate) const GIVEN_NAMES: StaticWordList =
    StaticWordList::new(include_str!("../words/given_names.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_is_sorted_and_holds_its_words() {
        let lists = [
            GENERATION_SUFFIXES,
            DEGREES,
            HONORIFICS,
            DIGNITIES,
            CORPORATE,
            ROLES,
            NAME_PARTICLES,
            SERIES_NOUNS,
            VOLUME_NOUNS,
            EDITION_NOUNS,
            EDITION_WORDS,
            CONNECTORS,
            LEADING_ARTICLES,
            MOVED_ARTICLES,
            GIVEN_NAMES,
        ];
        for list in lists {
            assert!(list.is_sorted(), "{}", list.0);
            let words: Vec<&str> = list.iter().collect();
            for word in &words {
                assert!(list.contains(word), "{word}");
                for other in [format!("{word}a"), format!("a{word}"), String::new()] {
                    assert_eq!(list.contains(&other), words.contains(&other.as_str()), "{other}");
                }
            }
        }
        assert!(!StaticWordList::new("").contains(""));
        assert!(!StaticWordList::new("a").contains(""));
    }
}
