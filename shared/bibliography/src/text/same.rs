//! Tolerant comparisons: is the book that came back the requested book?

use super::author::author_key;
use super::fold::is_initial;
use super::title_words::{TitleWords, are_other_volumes, volume_of_namesake};
use super::words::{DEGREES, GENERATIONS, HONORIFICS};

/// Whether two names can be one person: equal keys, or an equal surname and given names that do
/// not contradict each other ("J.R.R." and "John Ronald Reuel", a middle name on one side only).
///
/// A surname alone agrees with any given name. Order counts: Henry James is not James Henry.
pub fn same_author(a: &str, b: &str) -> bool {
    same_person(&author_key(a), &author_key(b))
}

/// [`same_author`] of two names in comparable form.
pub(super) fn same_person(a: &str, b: &str) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    if a == b || compact(a) == compact(b) {
        return true;
    }
    let (a, b) = (person(a), person(b));
    match (a.split_last(), b.split_last()) {
        (Some((x, given_a)), Some((y, given_b))) => x == y && agree(given_a, given_b),
        _ => false,
    }
}

/// The words of a name without honorifics and generations; at least one stays.
fn person(key: &str) -> Vec<&str> {
    let mut words: Vec<&str> = key.split(' ').collect();
    while words.len() > 2 && words.first().is_some_and(|word| HONORIFICS.holds(word)) {
        words.remove(0);
    }
    let is_suffix = |word: &&str| GENERATIONS.holds(word) || DEGREES.holds(word);
    while words.len() > 2 && words.last().is_some_and(is_suffix) {
        words.pop();
    }
    words
}

/// Whether the shorter list of given names can be read off the longer one.
fn agree(a: &[&str], b: &[&str]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        return true;
    }
    agree_from(short, long, true)
}

fn agree_from(short: &[&str], long: &[&str], at_start: bool) -> bool {
    let (Some((x, short_rest)), Some((y, long_rest))) = (short.split_first(), long.split_first())
    else {
        return short.is_empty() || (long.is_empty() && short.iter().all(|word| is_initial(word)));
    };
    let abbreviates = |initial: &str, name: &str| is_initial(initial) && name.starts_with(initial);
    if x == y || abbreviates(x, y) || abbreviates(y, x) {
        return agree_from(short_rest, long_rest, false);
    }
    if let Some(used) = spelled_out(x, long).filter(|_| x.chars().count() > 1) {
        return agree_from(short_rest, long.get(used..).unwrap_or_default(), false);
    }
    if let Some(used) = spelled_out(y, short) {
        return agree_from(short.get(used..).unwrap_or_default(), long_rest, false);
    }
    // A middle name on one side only; the first may be left out only where it is an initial.
    (!at_start || is_initial(y)) && agree_from(short, long_rest, false)
}

/// How many names the joined initials `letters` stand for, where they fit ("jrr" and John Ronald).
/// A short name is no initials: where names are missing it must not be readable as a word.
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

/// Whether two titles can be one book's: a series bracket, an edition, a leading article or a
/// subtitle may stand on one side only. "Dune" is not "Dune Messiah", two different subtitles are
/// two books, and so are two volumes.
pub fn same_title(a: &str, b: &str) -> bool {
    let (a, b) = (TitleWords::of(a), TitleWords::of(b));
    let whole = |title: &TitleWords| title_core(&[&*title.head, &*title.tail].concat());
    let (key_a, key_b) = (whole(&a), whole(&b));
    if key_a.is_empty()
        || key_b.is_empty()
        || are_other_volumes(a.series.as_ref(), b.series.as_ref())
    {
        return false;
    }
    let volume_of = |title: &TitleWords| {
        let head = without_article(&title.head);
        volume_of_namesake(title.series.as_ref(), head).map(|number| head.concat() + &number)
    };
    let is_volume_of = |one: &TitleWords, other: &TitleWords| {
        volume_of(one).is_some_and(|volume| volume == title_core(&other.head))
    };
    key_a == key_b
        || is_volume_of(&a, &b)
        || is_volume_of(&b, &a)
        || match (a.tail.is_empty(), b.tail.is_empty()) {
            (false, true) => is_part(&a, &key_b),
            (true, false) => is_part(&b, &key_a),
            (false, false) => {
                title_core(&a.head) == title_core(&b.head)
                    && (a.tail.starts_with(&b.tail) || b.tail.starts_with(&a.tail))
            }
            (true, true) => false,
        }
}

/// The head of a subtitled title, or its tail ("Mistborn: The Final Empire") where that is more
/// than a word.
fn is_part(title: &TitleWords, key: &str) -> bool {
    title_core(&title.head) == key || (title.tail.len() > 1 && title_core(&title.tail) == key)
}

/// The leading English article and all spaces gone ("Spider-Man", "Spiderman").
fn title_core(words: &[String]) -> String {
    without_article(words).concat()
}

fn without_article(words: &[String]) -> &[String] {
    match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && matches!(&**first, "the" | "a" | "an") => rest,
        _ => words,
    }
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| *c != ' ').collect()
}
