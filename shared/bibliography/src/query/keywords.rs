//! Free text as a search engine takes it: without initials.

use super::analyse::is_single_initial;
use super::words::NOT_INITIALS;
use crate::text::words::GIVEN_NAMES;
use crate::text::{fold, is_initial};

/// A canonical text without the initials that stand before a name: "the hobbit j r r tolkien" is
/// "the hobbit tolkien".
///
/// `J. R. R.` and `J.R.R.` are one to us, but each provider indexes them in its own way, and
/// one that wants every word to be in a record finds nothing. Without them it finds the surname's
/// books, and the ranking, which sees the whole text, picks among those. Letters that can be words,
/// numerals or abbreviations ("a", "Henry V", "U.S.") stay.
pub(super) fn keywords(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let run = rest.iter().take_while(|word| letter(word).is_some()).count();
        let (initials, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
        match after.split_first() {
            Some((name, _)) if are_initials(initials, kept.last(), name) => kept.push(name),
            Some((word, _)) => kept.extend(initials.iter().chain([word])),
            None => kept.extend(initials),
        }
        at += run + 1;
    }
    kept.join(" ")
}

/// The letter of a word that is one.
fn letter(word: &str) -> Option<String> {
    // Long words, the most of them, need no folding to be seen as such.
    let short = word.chars().nth(1).is_none();
    short.then(|| fold(word)).filter(|letter| is_initial(letter))
}

/// Whether single letters between two words are the initials of a person.
fn are_initials(run: &[&str], before: Option<&&str>, after: &str) -> bool {
    let joined: String = run.iter().filter_map(|word| letter(word)).collect();
    let given = |word: &str| GIVEN_NAMES.holds(&fold(word));
    let is_name = after.chars().any(char::is_alphabetic);
    if joined.is_empty() || !is_name || NOT_INITIALS.holds(&joined) {
        return false;
    }
    let is_between =
        is_single_initial(&joined) && (before.is_some_and(|word| given(word)) || given(after));
    run.len() > 1 || is_between
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::canonical_text;

    #[test]
    fn initials_go_and_words_of_one_letter_stay() {
        for (text, expected) in [
            ("the fellowship of the ring j. r. r. tolkien", "the fellowship of the ring tolkien"),
            ("The Hobbit J.R.R. Tolkien", "The Hobbit Tolkien"),
            ("j r r tolkien hobbit", "tolkien hobbit"),
            ("2001: a space odyssey arthur c. clarke", "2001: a space odyssey arthur clarke"),
            ("the dispossessed ursula k le guin", "the dispossessed ursula le guin"),
            ("f scott fitzgerald the great gatsby", "scott fitzgerald the great gatsby"),
            ("cragside: a dci ryan mystery l j ross", "cragside: a dci ryan mystery ross"),
            // Nothing behind them that could be a name.
            ("plan b", "plan b"),
            ("malcolm x", "malcolm x"),
            ("tolkien j. r. r.", "tolkien j. r. r."),
            // Words, numerals, abbreviations.
            ("henry v shakespeare", "henry v shakespeare"),
            ("a tale of two cities", "a tale of two cities"),
            ("the u.s. constitution", "the u.s. constitution"),
            ("vitamin c recipes", "vitamin c recipes"),
            ("c++ primer", "c++ primer"),
            ("x", "x"),
            ("", ""),
            // Other scripts: a letter without case is a word.
            ("三 体 刘慈欣", "三 体 刘慈欣"),
            ("идиот ф. м. достоевский", "идиот достоевский"),
        ] {
            assert_eq!(keywords(&canonical_text(text)), canonical_text(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn only_words_are_taken_out_and_never_all(text in "[a-zA-Z.,é三 ]{0,40}|\\PC{0,40}") {
            let kept = keywords(&text);
            let mut words = text.split_whitespace();
            for word in kept.split_whitespace() {
                prop_assert!(words.any(|other| other == word), "{} of {}", kept, text);
            }
            prop_assert_eq!(kept.is_empty(), text.trim().is_empty());
        }
    }
}
