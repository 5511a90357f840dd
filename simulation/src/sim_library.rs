//! The books that exist in a simulated world, and the library of one reader.

use bibliography::isbn::Isbn13;

use crate::seeded_random::SplitMix64;

const AUTHORS: usize = 40;
const BOOKS_AN_AUTHOR: usize = 4;

const GIVEN: &str = "Ada Bruno Chiara Dmitri Élise Farid Greta Hugo Inés Jonas";
const FAMILY: &str = "Albrecht Bianchi Castillo Duarte Eriksen Fontaine García Holloway Ivanova Jankowski O'Brien \
                      Löwenthal";
const FIRST: &str = "Amber Broken Copper Distant Eastern Frozen Gilded Hollow Iron Jagged Little Marble Northern Opal \
                     Quiet Scarlet";
const SECOND: &str = "Anchor Bridge Cathedral Divide Estuary Ferry Garden Harbour Island Journey Kingdom Lantern Meadow \
                      Night Orchard Palace River Signal Tower Winter";

/// A book that every provider knows.
#[derive(Clone, Debug)]
pub struct SimBook {
    pub title: String,
    pub author: String,
    pub isbn13: String,
}

/// All books, the same in every world.
#[must_use]
pub fn library_books() -> Vec<SimBook> {
    let [given, family, first_words, second_words] =
        [GIVEN, FAMILY, FIRST, SECOND].map(|words| words.split(' ').collect::<Vec<_>>());
    let word =
        |words: &[&'static str], at: usize| words.get(at % words.len()).copied().unwrap_or("");
    let book = |number: usize| {
        let of = number / BOOKS_AN_AUTHOR;
        let first = word(&first_words, number);
        let second = word(&second_words, number / first_words.len() + number * 7);
        let title = match number % 9 {
            0 => format!("{first}'s {second}"),
            1 => format!("The {first} {second} (Tales, #{})", number % 5 + 1),
            _ => format!("The {first} {second}"),
        };
        let author = format!("{} {}", word(&given, of), word(&family, of * 5 + of / 12));
        SimBook { title, author, isbn13: isbn_of_number(number) }
    };
    (0..AUTHORS * BOOKS_AN_AUTHOR).map(book).collect()
}

/// The valid ISBN with that number.
#[must_use]
pub fn isbn_of_number(number: usize) -> String {
    let digits = format!("9780{:08}", 34_500_000 + number * 37);
    Isbn13::from_first_twelve(digits.as_bytes()).map_or(digits, |isbn| isbn.to_string())
}

/// All books as the providers' catalogue reads them.
#[must_use]
pub fn catalogue_csv() -> Vec<u8> {
    let rows = library_books()
        .into_iter()
        .map(|book| format!("\"{}\",\"{}\",{}\n", book.title, book.author, book.isbn13));
    format!("Title,Author,ISBN13\n{}", rows.collect::<String>()).into_bytes()
}

/// The CSV of a reader with some of the books. A quarter of the rows has no valid ISBN, and one row
/// in twenty cannot be used.
#[must_use]
pub fn export_csv<'a>(books: impl Iterator<Item = &'a SimBook>, random: &SplitMix64) -> String {
    let mut csv = "Title,Author,ISBN13\n".to_owned();
    for book in books {
        let SimBook { title, author, isbn13 } = book;
        let cells = match random.random_between(0, 20) {
            0 => format!("\"\",\"\",{}\n", random.random_between(1, 99_999)),
            1..=2 => format!("\"{title}\",\"{author}\",\n"),
            3..=5 => {
                let (body, last) = isbn13.split_at(12);
                let wrong = (last.parse::<u32>().unwrap_or(0) + 3) % 10;
                format!("\"{title}\",\"{author}\",{body}{wrong}\n")
            }
            _ => format!("\"{title}\",\"{author}\",{isbn13}\n"),
        };
        csv.push_str(&cells);
    }
    csv
}
