//! Tolerant comparisons: is the book found the requested one?

use super::author_names::author_name_key;
use super::name_and_title_words::{DEGREES, GENERATION_SUFFIXES, HONORIFICS};
use super::text_folding::is_name_initial;
use super::title_words::{TitleWords, are_other_volumes, volume_of_namesake};

/// Whether two names can be one person: equal keys, or an equal surname and given names that do not
/// contradict each other ("J.R.R." and "John Ronald Reuel", a middle name on one side only).
///
/// A surname alone matches any given name. Order counts: Henry James is not James Henry.
pub fn same_author(a: &str, b: &str) -> bool {
    same_person(&author_name_key(a), &author_name_key(b))
}

/// [`same_author`] of two names in comparable form ([`author_name_key`]).
pub fn same_person(a: &str, b: &str) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    if a == b || a.replace(' ', "") == b.replace(' ', "") {
        return true;
    }
    let (a, b) = (bare_name(a), bare_name(b));
    match (a.split_last(), b.split_last()) {
        (Some((x, given_a)), Some((y, given_b))) => x == y && agree(given_a, given_b),
        _ => false,
    }
}

/// The words of a name without honorifics and generations; at least one stays.
fn bare_name(key: &str) -> Vec<&str> {
    let mut words: Vec<&str> = key.split(' ').collect();
    while words.len() > 2 && words.first().is_some_and(|word| HONORIFICS.contains(word)) {
        words.remove(0);
    }
    let is_suffix = |word: &&str| GENERATION_SUFFIXES.contains(word) || DEGREES.contains(word);
    while words.len() > 2 && words.last().is_some_and(is_suffix) {
        words.pop();
    }
    words
}

/// Whether the shorter list of given names can be derived from the longer one.
fn agree(a: &[&str], b: &[&str]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    agree_from(short, long, true)
}

fn agree_from(short: &[&str], long: &[&str], at_start: bool) -> bool {
    let (Some((x, short_rest)), Some((y, long_rest))) = (short.split_first(), long.split_first())
    else {
        return short.is_empty()
            || (long.is_empty() && short.iter().all(|word| is_name_initial(word)));
    };
    let abbreviates =
        |initial: &str, name: &str| is_name_initial(initial) && name.starts_with(initial);
    if x == y || abbreviates(x, y) || abbreviates(y, x) {
        return agree_from(short_rest, long_rest, false);
    }
    if let Some(used) = spelled_out(x, long).filter(|_| x.chars().count() > 1) {
        return agree_from(short_rest, long.get(used..).unwrap_or_default(), false);
    }
    if let Some(used) = spelled_out(y, short) {
        return agree_from(short.get(used..).unwrap_or_default(), long_rest, false);
    }
    // A middle name on one side only; the first name may be missing only if it is an initial.
    (!at_start || is_name_initial(y)) && agree_from(short, long_rest, false)
}

/// The number of names for which the joined initials `letters` stand, if they match ("jrr" and John
/// Ronald). Letters with a vowel can be a short name: they must not outnumber the names.
fn spelled_out(letters: &str, names: &[&str]) -> Option<usize> {
    let count = letters.chars().count();
    let voiced = letters.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if !(2..=4).contains(&count) || (count > names.len() && (voiced || count > 3)) {
        return None;
    }
    let used = count.min(names.len());
    let fits = letters.chars().zip(names).all(|(c, name)| name.starts_with(c));
    (fits && used > 0).then_some(used)
}

/// Whether two titles can be one book's: see [`ComparableTitle::is_same_book_title`].
pub fn same_title(a: &str, b: &str) -> bool {
    ComparableTitle::of(a).is_same_book_title(&ComparableTitle::of(b))
}

/// A title that is read once and compared with many others.
#[derive(Clone, Debug)]
pub struct ComparableTitle {
    words: TitleWords,
    /// Head and subtitle together, and each alone.
    whole: String,
    head: String,
    tail: String,
    /// For a volume named like its series: the name with the number.
    volume: Option<String>,
}

impl ComparableTitle {
    pub fn of(title: &str) -> Self {
        let words = TitleWords::of(title);
        let whole = title_core(&[&*words.head, &*words.tail].concat());
        let (head, tail) = (title_core(&words.head), title_core(&words.tail));
        let number = volume_of_namesake(words.series.as_ref(), without_article(&words.head));
        let volume = number.map(|number| head.clone() + &number);
        Self { words, whole, head, tail, volume }
    }

    /// Whether two titles can be one book's: a series bracket, an edition, a leading article or a
    /// subtitle may be on one side only. "Dune" is not "Dune Messiah", and two different subtitles
    /// or two volumes are two books.
    pub fn is_same_book_title(&self, other: &Self) -> bool {
        let (a, b) = (&self.words, &other.words);
        if self.whole.is_empty()
            || other.whole.is_empty()
            || are_other_volumes(a.series.as_ref(), b.series.as_ref())
        {
            return false;
        }
        self.whole == other.whole
            || self.volume.as_ref() == Some(&other.head)
            || other.volume.as_ref() == Some(&self.head)
            || match (a.tail.is_empty(), b.tail.is_empty()) {
                (false, true) => self.has_part(&other.whole),
                (true, false) => other.has_part(&self.whole),
                (false, false) => {
                    self.head == other.head
                        && (a.tail.starts_with(&b.tail) || b.tail.starts_with(&a.tail))
                }
                (true, true) => false,
            }
    }

    /// The head of a subtitled title, or its tail ("Mistborn: The Final Empire") if the tail has
    /// more than one word.
    fn has_part(&self, whole: &str) -> bool {
        self.head == whole || (self.words.tail.len() > 1 && self.tail == whole)
    }
}

/// The title without its leading English article and all spaces ("Spider-Man", "Spiderman").
fn title_core(words: &[String]) -> String {
    without_article(words).concat()
}

fn without_article(words: &[String]) -> &[String] {
    match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && matches!(&**first, "the" | "a" | "an") => rest,
        _ => words,
    }
}
