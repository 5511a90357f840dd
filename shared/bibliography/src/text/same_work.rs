//! Whether two catalogue records without a number in common are of one work. The benchmark `matching`
//! measures it; the merge does not use it yet.

use super::fold::fold;
use super::series::volume_number;
use super::words::MOVED_ARTICLES;

/// What two records are compared by. Year, publisher and pages tell editions apart, not works: they
/// are no evidence.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorkRecord<'a> {
    pub title: &'a str,
    pub subtitle: &'a str,
    /// Names as catalogues write them, "Last, First".
    pub authors: &'a [&'a str],
}

/// Least words of a title for its being the beginning of the other to count.
const LEAST_WORDS: usize = 4;
/// Words of ten that two titles have to share where each has words that the other lacks.
const SHARED_OF_TEN: usize = 9;
/// Shorter words and names are compared letter by letter.
const LEAST_LETTERS: usize = 4;

/// Numbers that are written as words beside those of volumes.
const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// How far the names of two records agree.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    /// One name is on both sides.
    Same,
    /// One side has no name, or a body's name that is nearly the other's.
    Unclear,
    None,
    Other,
}

/// Whether two records are of one work, by titles and names alone. The numbers in the titles (volume,
/// part, year of a report) have to be equal.
pub fn same_work(a: &WorkRecord<'_>, b: &WorkRecord<'_>) -> bool {
    let (one, other) = (Words::of(a), Words::of(b));
    if one.numbers != other.numbers || one.whole.is_empty() || other.whole.is_empty() {
        return false;
    }
    let (whole, part) = (one.whole.concat(), other.whole.concat());
    let is_equal = whole == part;
    let short = one.whole.len().min(other.whole.len());
    let begins = (whole.starts_with(&part) || part.starts_with(&whole)) && short >= LEAST_WORDS;
    let shared = 10 * shared_words(&one.whole, &other.whole);
    let is_near = shared >= SHARED_OF_TEN * one.whole.len().max(other.whole.len());
    match names(a.authors, b.authors) {
        Names::Same => {
            let (title, other_title) = (one.title.concat(), other.title.concat());
            let least = one.title.len().min(other.title.len()) >= LEAST_WORDS;
            let holds = whole.starts_with(&other_title) || part.starts_with(&title);
            is_equal || title == other_title || begins || (holds && least) || is_near
        }
        Names::Unclear => is_equal || begins || is_near,
        Names::None => is_equal || (is_near && short >= LEAST_WORDS),
        Names::Other => is_equal && short >= LEAST_WORDS,
    }
}

/// The words of a title without articles.
struct Words {
    title: Vec<String>,
    /// With the subtitle.
    whole: Vec<String>,
    numbers: Vec<String>,
}

impl Words {
    fn of(record: &WorkRecord<'_>) -> Self {
        let words = |text: &str| -> Vec<String> {
            let folded = fold(text);
            let said = folded.split(' ').filter(|word| !MOVED_ARTICLES.holds(word));
            said.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let whole = words(&format!("{} {}", record.title, record.subtitle));
        let in_digits = |word: String| number(&word).unwrap_or(word);
        let whole: Vec<String> = whole.into_iter().map(in_digits).collect();
        let mut numbers: Vec<String> = whole.iter().filter_map(|word| number(word)).collect();
        numbers.sort();
        let title = words(record.title).into_iter().map(in_digits).collect();
        Self { title, whole, numbers }
    }
}

/// A number in a title; a single letter may be a name's initial.
fn number(word: &str) -> Option<String> {
    let is_letter = word.len() < 2 && !word.starts_with(|c: char| c.is_ascii_digit());
    if is_letter {
        return None;
    }
    if word.contains(|c: char| c.is_ascii_digit()) || ORDINALS.contains(&word) {
        return Some(word.to_owned());
    }
    volume_number(word)
}

/// How many words of one list are in the other, spellings that differ in one letter included.
fn shared_words(a: &[String], b: &[String]) -> usize {
    let mut left: Vec<&String> = b.iter().collect();
    let mut shared = 0;
    for word in a {
        if let Some(at) = left.iter().position(|other| is_spelling_of(word, other)) {
            left.swap_remove(at);
            shared += 1;
        }
    }
    shared
}

fn names(a: &[&str], b: &[&str]) -> Names {
    let surnames = |names: &[&str]| -> Vec<String> {
        let folded = names.iter().map(|name| fold(name.split(',').next().unwrap_or_default()));
        folded.filter(|name| name.contains(char::is_alphanumeric)).collect()
    };
    let (a, b) = (surnames(a), surnames(b));
    let any = |same: fn(&str, &str) -> bool| a.iter().any(|x| b.iter().any(|y| same(x, y)));
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Names::None,
        _ if any(is_spelling_of) => Names::Same,
        (true, _) | (_, true) => Names::Unclear,
        _ if any(have_a_word_in_common) => Names::Unclear,
        _ => Names::Other,
    }
}

fn have_a_word_in_common(a: &str, b: &str) -> bool {
    let is_telling =
        |word: &&str| word.len() > LEAST_LETTERS && !matches!(*word, "united" | "states");
    a.split(' ').filter(is_telling).any(|word| b.split(' ').any(|other| other == word))
}

/// Whether two words are equal, or differ in one letter and are long enough for that to be a slip.
fn is_spelling_of(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.chars().count() < LEAST_LETTERS || short.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let same = short.chars().zip(long.chars()).take_while(|(x, y)| x == y).count();
    let rest = |text: &str, skip: usize| text.chars().skip(skip).collect::<String>();
    rest(short, same) == rest(long, same + 1) || rest(short, same + 1) == rest(long, same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(title: &'a str, subtitle: &'a str, authors: &'a [&'a str]) -> WorkRecord<'a> {
        WorkRecord { title, subtitle, authors }
    }

    #[test]
    fn titles_and_names_decide_and_numbers_forbid() {
        let (king, none): (&[&str], &[&str]) = (&["King, Stephen"], &[]);
        for (a, b, same) in [
            (record("The home angel", "", king), record("Home angel.", "", king), true),
            (
                record("Surveying, its principles", "", king),
                record("Surveying", "its principles", king),
                true,
            ),
            (
                record("Clinical gynecology of today", "", king),
                record("Clinical gynaecology of today", "", king),
                true,
            ),
            (
                record("Reports of the society", "vol. 1", king),
                record("Reports of the society", "vol. 2", king),
                false,
            ),
            (record("The third reader", "", king), record("The first reader", "", king), false),
            (record("Annual report 1944", "", none), record("Annual report 1945", "", none), false),
            (
                record("Annual report", "part III", none),
                record("Annual report", "part 3", none),
                true,
            ),
            (record("Dune", "", king), record("Dune", "", &["Herbert, Frank"]), false),
            (
                record("Crawfish in South Carolina", "", king),
                record("Catfish in South Carolina", "", king),
                false,
            ),
            (record("Poems", "", none), record("Poems of love", "", none), false),
            (record("", "", king), record("", "", king), false),
        ] {
            assert_eq!(same_work(&a, &b), same, "{a:?} {b:?}");
            assert_eq!(same_work(&b, &a), same, "{b:?} {a:?}");
        }
    }
}
