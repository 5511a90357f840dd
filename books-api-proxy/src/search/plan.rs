//! Who is asked, and when an answer is complete: one table (it stands in docs/CACHING.md too).

use bibliography::query::Query;
use runtime::outcome::Failure;
use serde::{Deserialize, Serialize};

/// A source of books. The order is the order of trust where nothing else decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// ISBNdb, through the leaf.
    Isbndb,
    /// Google Books.
    GoogleBooks,
    /// Open Library.
    OpenLibrary,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Isbndb, Self::GoogleBooks, Self::OpenLibrary];

    /// The name in answers, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Isbndb => "isbndb",
            Self::GoogleBooks => "google-books",
            Self::OpenLibrary => "open-library",
        }
    }
}

/// The kind of a question, as far as the table goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One edition.
    Isbn,
    /// An author's works.
    Author,
    /// A title, or words of both.
    Title,
    /// A record that only the provider that gave it can give again.
    Volume,
}

/// What one provider has come to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not answered yet.
    Pending,
    /// It gave books (for an ISBN: the verified one).
    Found,
    /// It says it has none.
    None,
    /// It could not answer.
    Failed,
    /// It was not asked ([`is_unasked`]): it does not count.
    Absent,
}

/// A failure of one that was not asked: it has no key, or the text holds nothing it could look for.
#[must_use]
pub fn is_unasked(failure: &Failure) -> bool {
    matches!(failure.root(), Failure::NotConfigured | Failure::BadRequest { .. })
}

/// Whether the answer may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Everything that matters is there.
    Complete,
    /// Good enough once the grace is over.
    AfterGrace,
    /// Something that matters is missing.
    Waiting,
    /// Nothing is outstanding, and something that matters failed.
    Incomplete,
}

/// The calls a miss may cost at one provider: Google is asked for a number in two ways, and a text
/// that was taken for a title or an author is asked for as words where it is none.
#[must_use]
pub fn most_calls(query: &Query) -> u32 {
    if query.isbn13().is_some() || query.as_words().is_some() { 2 } else { 1 }
}

/// Row of the table: the providers whose answers make a question's answer complete, best first.
/// Where none of them is configured the next list counts.
fn needed(kind: Kind) -> &'static [&'static [Provider]] {
    match kind {
        Kind::Isbn => &[&Provider::ALL],
        Kind::Author => &[&[Provider::Isbndb], &[Provider::OpenLibrary, Provider::GoogleBooks]],
        Kind::Title => &[&[Provider::GoogleBooks, Provider::OpenLibrary], &[Provider::Isbndb]],
        // One of them is asked. ISBNdb has nothing without a number.
        Kind::Volume => &[&[Provider::GoogleBooks], &[Provider::OpenLibrary]],
    }
}

/// Judges the standings of the providers that were asked.
#[must_use]
pub fn completion(kind: Kind, standings: &[(Provider, Standing)]) -> Completion {
    let of = |provider: Provider| {
        standings.iter().find(|(p, _)| *p == provider).map_or(Standing::Absent, |(_, s)| *s)
    };
    let outstanding = standings.iter().any(|(_, s)| *s == Standing::Pending);
    let settled = if outstanding { Completion::Waiting } else { Completion::Incomplete };
    if kind == Kind::Isbn {
        let any = |wanted| standings.iter().any(|(_, s)| *s == wanted);
        return match (any(Standing::Found), outstanding) {
            (true, true) => Completion::AfterGrace,
            (true, false) => Completion::Complete,
            (false, true) => Completion::Waiting,
            (false, false) if any(Standing::Failed) => Completion::Incomplete,
            (false, false) => Completion::Complete,
        };
    }
    let present = |list: &&&[Provider]| list.iter().any(|p| of(*p) != Standing::Absent);
    let Some(list) = needed(kind).iter().find(present) else { return settled };
    let answered =
        |p: &Provider| matches!(of(*p), Standing::Found | Standing::None | Standing::Absent);
    if !list.iter().all(answered) {
        return settled;
    }
    // "None" counts only once nobody is left who could have it.
    let found = standings.iter().any(|(_, s)| *s == Standing::Found);
    match (found, outstanding) {
        (true, _) => Completion::Complete,
        (false, true) => Completion::Waiting,
        (false, false) if standings.iter().any(|(_, s)| *s == Standing::Failed) => {
            Completion::Incomplete
        }
        (false, false) => Completion::Complete,
    }
}

/// Who is asked while warming; Google is asked for what the first ones lack, within its share.
#[must_use]
pub fn warming(kind: Kind) -> &'static [Provider] {
    match kind {
        Kind::Isbn | Kind::Author | Kind::Title => &[Provider::Isbndb, Provider::OpenLibrary],
        // No library names a book by such an id.
        Kind::Volume => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standings in the order ISBNdb, Google, Open Library, one letter each.
    fn standings(text: &str) -> Vec<(Provider, Standing)> {
        let standing = |c| match c {
            '?' => Standing::Pending,
            '+' => Standing::Found,
            '0' => Standing::None,
            'x' => Standing::Failed,
            _ => Standing::Absent,
        };
        Provider::ALL.into_iter().zip(text.chars().map(standing)).collect()
    }

    #[test]
    fn the_table_of_completeness() {
        use Completion::{AfterGrace, Complete, Incomplete, Waiting};
        for (kind, asked, expected) in [
            (Kind::Isbn, "???", Waiting),
            (Kind::Isbn, "+??", AfterGrace),
            (Kind::Isbn, "x?+", AfterGrace),
            (Kind::Isbn, "+0x", Complete),
            (Kind::Isbn, "000", Complete),
            (Kind::Isbn, "00?", Waiting),
            (Kind::Isbn, "00x", Incomplete),
            (Kind::Isbn, "xxx", Incomplete),
            (Kind::Isbn, "--0", Complete),
            (Kind::Author, "+??", Complete),
            (Kind::Author, "?++", Waiting),
            (Kind::Author, "x++", Incomplete),
            (Kind::Author, "x+?", Waiting),
            (Kind::Author, "0??", Waiting),
            (Kind::Author, "0x?", Waiting),
            (Kind::Author, "0x0", Incomplete),
            (Kind::Author, "000", Complete),
            (Kind::Author, "-++", Complete),
            (Kind::Author, "-+?", Waiting),
            (Kind::Author, "--+", Complete),
            (Kind::Title, "?++", Complete),
            (Kind::Title, "++?", Waiting),
            (Kind::Title, "?+0", Complete),
            (Kind::Title, "?00", Waiting),
            (Kind::Title, "+00", Complete),
            (Kind::Title, "+x+", Incomplete),
            (Kind::Title, "?x+", Waiting),
            (Kind::Title, "x-+", Complete),
            (Kind::Title, "0-0", Complete),
            (Kind::Title, "+--", Complete),
            (Kind::Title, "x00", Incomplete),
            (Kind::Volume, "-?-", Waiting),
            (Kind::Volume, "-+-", Complete),
            (Kind::Volume, "--0", Complete),
            (Kind::Volume, "--x", Incomplete),
        ] {
            assert_eq!(completion(kind, &standings(asked)), expected, "{kind:?} {asked}");
        }
    }

    #[test]
    fn an_answer_never_waits_once_nothing_is_outstanding() {
        for kind in [Kind::Isbn, Kind::Author, Kind::Title, Kind::Volume] {
            for n in 0..4_u32.pow(3) {
                let text: String =
                    (0..3).map(|i| ['+', '0', 'x', '-'][(n / 4_u32.pow(i) % 4) as usize]).collect();
                let judged = completion(kind, &standings(&text));
                assert!(
                    matches!(judged, Completion::Complete | Completion::Incomplete),
                    "{kind:?} {text}"
                );
            }
        }
    }

    #[test]
    fn a_miss_that_may_ask_twice_takes_two() {
        for (text, calls) in [
            ("9780441172719", 2),
            ("Ursula K. Le Guin", 2),
            ("dune", 1),
            ("The Secret Tartt", 2),
            ("inauthor:herbert", 1),
            ("the left hand of darkness by a person nobody remembers", 1),
        ] {
            assert_eq!(most_calls(&bibliography::query::Query::auto(text)), calls, "{text}");
        }
    }
}
