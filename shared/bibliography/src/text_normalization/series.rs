//! The series of a book.

use std::fmt;

use super::author_names::collapse_spaces;
use super::name_and_title_words::{SERIES_NOUNS, VOLUME_NOUNS};
use super::text_folding::fold_text;
use super::title_normalization::{brackets, names_series};
use super::volume_numbers::{number_prefix, volume_number};

/// A series, and the place of a volume in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BookSeries {
    pub name: String,
    /// In digits: `2`, `2.5`; `1-3` for several volumes in one book.
    pub number: Option<String>,
}

impl BookSeries {
    /// Reads a series: `Dune, #1`, `Earthsea Cycle, Book 3`, `Monk & Robot 1`, `Mistborn`.
    pub fn parse(text: &str) -> Self {
        let text = collapse_spaces(text);
        let of = |name: &str, number: Option<String>| Self {
            name: name.trim_matches(|c: char| !is_part_of_name(c)).to_owned(),
            number,
        };
        if let Some((name, number)) = text.split_once('#') {
            return of(name, number_prefix(number.trim_start()));
        }
        let Some((head, last)) = text.rsplit_once(' ') else { return of(&text, None) };
        let (name, noun) = head.rsplit_once(' ').unwrap_or(("", head));
        if VOLUME_NOUNS.contains(&fold_text(noun))
            && let Some(number) = volume_number(last)
        {
            return of(name, Some(number));
        }
        match number_prefix(last).filter(|number| number.len() == last.len() && number.len() <= 4) {
            Some(number) => of(head, Some(number)),
            None => of(&text, None),
        }
    }

    /// The series in a bracket of a title; `None` if no bracket names one.
    pub fn in_title(title: &str) -> Option<Self> {
        let found = brackets(title).find(|inside| names_series(inside))?;
        Some(Self::parse(found)).filter(|series| !series.name.is_empty())
    }

    /// The comparable form of the name: without a leading article and a final "series".
    pub fn comparable_name(&self) -> String {
        let folded = fold_text(&self.name);
        let bare = folded.strip_prefix("the ").unwrap_or(&folded);
        match bare.rsplit_once(' ') {
            Some((name, noun)) if SERIES_NOUNS.contains(noun) => name.to_owned(),
            _ => bare.to_owned(),
        }
    }

    /// The position in the series, for ordering; `None` if the book holds several volumes.
    pub fn series_position(&self) -> Option<f32> {
        self.number.as_ref()?.parse().ok()
    }

    /// Whether the book holds several volumes: `1-3`.
    pub fn is_set(&self) -> bool {
        self.number.as_ref().is_some_and(|number| number.contains('-'))
    }
}

impl fmt::Display for BookSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.number {
            Some(number) => write!(f, "{}, #{number}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || "!?.'’)\"".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_a_name_and_a_number() {
        for (text, name, number) in [
            ("Dune, #1", "Dune", Some("1")),
            ("The Locked Tomb #1", "The Locked Tomb", Some("1")),
            ("Earthsea Cycle, Book 3", "Earthsea Cycle", Some("3")),
            ("the lord of the rings book two", "the lord of the rings", Some("2")),
            ("Mistborn, Book III", "Mistborn", Some("3")),
            ("Frontiers Saga, Book 15", "Frontiers Saga", Some("15")),
            ("percy jackson and the olympians 2", "percy jackson and the olympians", Some("2")),
            ("Monk & Robot 1", "Monk & Robot", Some("1")),
            ("Dune, #1-3", "Dune", Some("1-3")),
            ("Discworld, #01.5", "Discworld", Some("1.5")),
            ("The Farseer Trilogy", "The Farseer Trilogy", None),
            ("Henry V", "Henry V", None),
            ("Catch-22", "Catch-22", None),
            ("", "", None),
        ] {
            let series = BookSeries::parse(text);
            assert_eq!((series.name.as_str(), series.number.as_deref()), (name, number), "{text}");
        }
    }

    #[test]
    fn a_bracket_names_the_series_of_a_title() {
        for (title, shown) in [
            ("The Two Towers (The Lord of the Rings, #2)", Some("The Lord of the Rings, #2")),
            ("Aleación de Ley (Nacidos de la bruma [Mistborn] 4)", None),
            ("The Hobbit (Illustrated Edition)", None),
            ("Dune", None),
        ] {
            let found = BookSeries::in_title(title).map(|series| series.to_string());
            assert_eq!(found.as_deref(), shown, "{title}");
        }
        let key = |text: &str| BookSeries::parse(text).comparable_name();
        assert_eq!(key("The Farseer Trilogy, #1"), key("farseer 1"));
        assert_eq!(key("Monk & Robot, #1"), key("monk and robot 1"));
    }
}
