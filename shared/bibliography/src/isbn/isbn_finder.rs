//! Finds an ISBN inside a text: a link, a line of a shop, a note.

use super::{Isbn13, to_ascii};

/// The first valid ISBN in a text that no letter or digit touches.
pub fn find_isbn(text: &str) -> Option<Isbn13> {
    let text = &*to_ascii(text);
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '-' | '\u{2010}'..='\u{2015}');
    let parse = |run: &str| Isbn13::parse(run).ok();
    let spaced = char_runs(text, |c| is_part(c) || c == ' ').find_map(parse);
    spaced.or_else(|| char_runs(text, is_part).find_map(parse))
}

/// The longest runs of such characters that no letter touches.
fn char_runs(text: &str, is_part: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(is_part)?;
            let (skipped, from) = rest.split_at_checked(start)?;
            let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
            let (run, after) = from.split_at_checked(end)?;
            let touched = skipped.chars().next_back().or(before);
            (before, rest) = (run.chars().next_back(), after);
            let is_letter = |c: Option<char>, inner: Option<char>| {
                c.is_some_and(char::is_alphanumeric) && inner != Some(' ')
            };
            let is_labelled = skipped.to_ascii_lowercase().ends_with("isbn");
            let is_touched = is_letter(touched, run.chars().next()) && !is_labelled
                || is_letter(after.chars().next(), run.chars().next_back());
            if !is_touched {
                return Some(run);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_links_and_text() {
        let dune = Isbn13::parse("9780441172719").ok();
        for text in [
            "https://www.amazon.com/Dune-Frank-Herbert/dp/0441172717/ref=sr_1_1?keywords=dune",
            "https://www.amazon.com/dp/0441172717?psc=1",
            "https://openlibrary.org/isbn/9780441172719",
            "https://www.goodreads.com/search?q=9780441172719&search_type=books",
            "https://books.google.com/books?vid=ISBN0441172717",
            "Dune, Frank Herbert, ISBN 978-0-441-17271-9 (paperback)",
            "dune 978 0 441 17271 9 hardcover",
            "1984 9780441172719",
            "see [9780441172719].",
            "isbn=0-441-17271-7",
        ] {
            assert_eq!(find_isbn(text), dune, "{text}");
        }
        for text in [
            "dune",
            "B0441172717",
            "https://example.org/item/04411727170001",
            "9780441172710",
            "call 555 0100",
            "catch 22",
        ] {
            assert_eq!(find_isbn(text), None, "{text}");
        }
    }
}
