//! Whether two records without a common ISBN are of one work: the merge groups records by this.

use super::comparison::same_person;
use super::name_and_title_words::{GIVEN_NAMES, MOVED_ARTICLES};
use super::series::BookSeries;
use super::title_words::{TitleWords, are_other_volumes, number_in_word, volume_of_namesake};

/// The parts of a record that are compared. Year, publisher and pages distinguish editions, not
/// works, so they are left out.
#[derive(Clone, Debug, Default)]
pub struct ComparableWork {
    /// The words of title and subtitle, without articles.
    words: Vec<String>,
    /// The same words without spaces.
    joined: String,
    /// The number of bytes of `joined` that belong to the title.
    head: usize,
    /// The numbers in the title, and in title and subtitle.
    numbers: [Vec<String>; 2],
    series: Option<BookSeries>,
    /// The title and the volume's number, if the volume is named like its series.
    as_volume: Option<String>,
    /// Names in comparable form.
    pub authors: Vec<String>,
}

/// A title with fewer words is not accepted as the beginning of the other title, nor with a
/// difference as a slip.
const LEAST_WORDS: usize = 4;
/// A title with fewer words is no evidence if a name is missing.
const LEAST_WORDS_WITHOUT_NAMES: usize = 3;
/// Of so many words of a title, one may be missing in the other.
const WORDS_FOR_A_SLIP: usize = 10;
/// Shorter words and names must match exactly.
const LEAST_LETTERS: usize = 4;

/// How far the names of two records match.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    /// Both sides have one name.
    Same,
    /// A side has no name, or an organisation's name that is similar to the other's.
    Unclear,
    Other,
}

impl ComparableWork {
    /// From a title with its subtitle after a colon, and names in comparable form.
    pub fn of(title: &str, authors: Vec<String>) -> Self {
        let TitleWords { head, tail, series } = TitleWords::of(title);
        let telling = |words: Vec<String>| -> Vec<String> {
            words.into_iter().filter(|word| !MOVED_ARTICLES.contains(word)).collect()
        };
        let (head, tail) = (telling(head), telling(tail));
        let as_volume =
            volume_of_namesake(series.as_ref(), &head).map(|number| head.concat() + &number);
        let head_bytes = head.iter().map(String::len).sum();
        let words = [head.as_slice(), &tail].concat();
        let numbers = [&head, &words].map(|words| {
            let mut all: Vec<String> =
                words.iter().filter_map(|word| number_in_word(word)).collect();
            all.sort();
            all
        });
        Self {
            joined: words.concat(),
            words,
            head: head_bytes,
            numbers,
            series,
            as_volume,
            authors,
        }
    }

    /// Whether two records are of one work, by titles and names alone. Numbers in the titles
    /// (volume, part, year of a report) must be equal.
    pub fn is_same_work(&self, other: &Self) -> bool {
        if self.joined.is_empty() || other.joined.is_empty() {
            return false;
        }
        if self.is_volume_of_namesake(other) || other.is_volume_of_namesake(self) {
            return compare_names(&self.authors, &other.authors) == Names::Same;
        }
        if self.differs_in_a_number(other) {
            return false;
        }
        let (a, b) = (&self.words, &other.words);
        let short = a.len().min(b.len());
        let agrees = self.joined == other.joined
            || (short >= LEAST_WORDS && (a.starts_with(b) || b.starts_with(a) || are_near(a, b)));
        (agrees || self.is_short_form_of(other) || other.is_short_form_of(self))
            && match compare_names(&self.authors, &other.authors) {
                Names::Same => true,
                Names::Unclear => agrees && short >= LEAST_WORDS_WITHOUT_NAMES,
                Names::Other => false,
            }
    }

    /// Whether the other record has more of the same work: a subtitle, a volume or a name that is
    /// missing here. The record here may then be one of several works.
    pub fn says_less_than(&self, other: &Self) -> bool {
        let is_shorter = self.joined.len() < other.joined.len();
        (is_shorter && other.joined.starts_with(&self.joined))
            || (self.series.is_none() && other.series.is_some())
            || (self.authors.is_empty() && !other.authors.is_empty())
    }

    /// "Dune" of "Dune: A Novel". Two different subtitles are two works.
    fn is_short_form_of(&self, other: &Self) -> bool {
        self.head == self.joined.len() && other.joined.get(..other.head) == Some(&self.joined)
    }

    /// "Naruto (Naruto, #3)" beside "Naruto, Vol. 3".
    fn is_volume_of_namesake(&self, other: &Self) -> bool {
        self.as_volume.is_some() && self.as_volume.as_deref() == other.joined.get(..other.head)
    }

    /// A subtitle that one side leaves out may name a number.
    fn differs_in_a_number(&self, other: &Self) -> bool {
        let is_bare = [self, other].iter().any(|texts| texts.head == texts.joined.len());
        let ([head, all], [other_head, other_all]) = (&self.numbers, &other.numbers);
        let differ = if is_bare { head != other_head } else { all != other_all };
        differ || are_other_volumes(self.series.as_ref(), other.series.as_ref())
    }
}

/// Whether two titles have the same words, except one of ten and mistyped letters.
fn are_near(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut slips = long.len() / WORDS_FOR_A_SLIP;
    let mut left: Vec<&String> = short.iter().collect();
    for word in long {
        match left.iter().position(|other| is_spelling_of(word, other)) {
            Some(at) => {
                left.swap_remove(at);
            }
            None if slips == 0 => return false,
            None => slips -= 1,
        }
    }
    true
}

fn compare_names(a: &[String], b: &[String]) -> Names {
    let any = |same: fn(&str, &str) -> bool| a.iter().any(|x| b.iter().any(|y| same(x, y)));
    if any(same_person) || any(is_spelling_of) {
        Names::Same
    } else if a.is_empty() || b.is_empty() || any(have_a_word_in_common) {
        Names::Unclear
    } else {
        Names::Other
    }
}

fn have_a_word_in_common(a: &str, b: &str) -> bool {
    let is_telling = |word: &&str| {
        word.len() > LEAST_LETTERS
            && !matches!(*word, "united" | "states")
            && !GIVEN_NAMES.contains(word)
    };
    a.split(' ').filter(is_telling).any(|word| b.split(' ').any(|other| other == word))
}

/// Whether two words are equal, or differ in one letter and are long enough for a slip.
fn is_spelling_of(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.chars().count() < LEAST_LETTERS || short.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let same = short.chars().zip(long.chars()).take_while(|(x, y)| x == y).count();
    let rest = || long.chars().skip(same + 1);
    short.chars().skip(same).eq(rest()) || short.chars().skip(same + 1).eq(rest())
}
