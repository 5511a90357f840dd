//! Invented libraries: deterministic, with realistic titles, names and ISBNs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{author_name_key, title_key};

#[derive(Clone, Debug)]
pub struct Spec {
    pub books: usize,
    /// Different authors; not more than books.
    pub authors: usize,
    /// Percentage of rows whose ISBN is damaged or missing.
    pub mangled_percent: u64,
    /// Another seed makes another library.
    pub seed: u64,
    /// The program whose export is imitated.
    pub format: SampleCsvFormat,
    /// Minimum bytes of a row; a review fills the rest (Goodreads only).
    pub pad_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleCsvFormat {
    /// `title,author,isbn`
    Plain,
    /// Goodreads, 24 columns.
    Goodreads,
    /// The StoryGraph, with the relevant columns only.
    StoryGraph,
}

/// One book; [`written`] may damage its ISBN in the file.
#[derive(Clone, Debug)]
pub struct SampleBook {
    pub title: String,
    pub author: String,
    pub isbn: Isbn13,
}

/// SplitMix64: the same ISBNs on every machine.
pub struct SampleRandom(pub u64);

impl SampleRandom {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words.get(self.below(words.len())).copied().unwrap_or_default()
    }
}

const GIVEN: &str = "Ada Agnes Alma Amos Anouk Anton Astrid Basil Beatriz Bela Bruno Camille Carmen \
    Cecil Clara Cosmo Dalia Daphne Darius Edda Edgar Elena Elif Elio Emeka Enid Esther Fabian Farid \
    Felix Fiona Flora Gideon Greta Hana Harriet Hedda Hugo Ida Ines Ingrid Irma Isaac Ivo Jana Jasper \
    Joan Jonas Jules Kamila Karim Kezia Lars Leila Lena Leon Linus Lionel Livia Lucian Magda Malik \
    Marek Margot Matteo Maude Mila Milan Mira Nadia Nils Noor Odile Olaf Oscar Otis Pavel Petra Pia \
    Quentin Rafael Rania Rhea Roman Rosa Rufus Sabine Selma Signe Silas Sonja Stellan Tamar Tessa \
    Theo Tilda Uma Ursa Vera Viggo Wanda Wren Xenia Yara Yusuf Zelda Zoltan";
const FAMILY: &str = "Abara Adler Albrecht Almeida Amari Andersen Ashdown Aubry Baptiste Barlow \
    Becker Bellamy Berger Blackwood Bonnet Brandt Brodsky Caldwell Carlisle Castellan Chaudhry Cole \
    Conti Crowe Dahl Delacroix Demir Dorsey Drummond Eklund Ellery Falk Farrow Ferreira Fontaine \
    Forsberg Fujita Gallagher Garnier Giordano Goldberg Granger Grimm Haddad Halloran Hartmann Hassan \
    Hawthorne Hedlund Holloway Ibarra Iversen Jansen Jovanovic Kane Karlsson Keller Khalil Kimura \
    Kovacs Kruger Lambert Larkin Laurent Lindqvist Lombardi Lovelace Maddox Maguire Marchetti Marlowe \
    Medina Mercer Moreau Nakamura Navarro Nilsson Novak Oakes Okafor Okonkwo Olsen Ortega Paget \
    Papadakis Pereira Petrov Pickering Quist Ramires Ravn Reyes Rinaldi Rosenthal Rousseau Sandoval \
    Santini Sato Schaefer Seaton Sinclair Solberg Sorensen Stavros Sterling Takeda Tanaka Thorne \
    Tolliver Underhill Vance Varga Vasquez Verne Villanueva Vogel Wakefield Warrick Weiss Whitaker \
    Winslow Wolfe Yamada Yilmaz Zeller Ziegler";
const QUALITY: &str = "Silent Hollow Crooked Golden Burning Distant Hidden Broken Endless Bitter \
    Gentle Forgotten Scarlet Northern Southern Winter Summer Paper Iron Glass Salt Velvet Wandering \
    Sleeping Drowned Borrowed Secret Lost Last First Second Quiet Restless Narrow Painted Tidal \
    Amber Ashen Brass Copper Emerald Feral Fragile Furious Haunted Ivory Jagged Luminous Midnight \
    Patient Perfect Pale Ragged Reluctant Ruined Savage Shallow Shattered Silver Slow Solitary \
    Stolen Stubborn Tender Unfinished Vanishing Weary Wild Woven";
const THING: &str = "Orchard River Kingdom Garden Harbor Library Lantern Mirror Mountain Island \
    Daughter Doctor Gardener Cartographer Clockmaker Lighthouse Bridge Tower Forest Meadow Cathedral \
    Station Winter Summer Season Shore Border Archive Atlas Compass Letter Promise Shadow Country \
    Empire Republic House Room Window Door Stair Road Journey Voyage Hunger Silence Memory Language \
    Alphabet Grammar Machine Engine Market Banquet Feast Wedding Funeral Trial Verdict Witness \
    Stranger Neighbor Orphan Soldier Sailor Painter Violin Piano Symphony Ballad Hymn Psalm Prayer \
    Tempest Storm Flood Drought Harvest Wolf Raven Heron Fox Hare Salmon Whale Moth Cicada Sparrow \
    Needle Thread Loom Anvil Hammer Candle Ember Furnace Glacier Canyon Desert Delta Estuary";

fn words(list: &str) -> Vec<&str> {
    list.split_whitespace().collect()
}

/// The books of a library; each author has at least one, and few have many.
pub fn books(spec: &Spec) -> Vec<SampleBook> {
    let mut random = SampleRandom(spec.seed);
    let authors = authors(spec.authors.min(spec.books).max(1), &mut random);
    let (quality, thing) = (words(QUALITY), words(THING));
    let mut titles = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut library = Vec::with_capacity(spec.books);
    while library.len() < spec.books {
        // The square gives the first authors most books.
        let (one, two) = (random.below(1_000), random.below(1_000));
        let often = authors.len() * (one * two / 1_000) / 1_000;
        let Some(author) = authors.get(library.len()).or_else(|| authors.get(often)) else { break };
        let title = random_title(&quality, &thing, &mut random);
        // Keys have no series and no ISBN, so the titles have to differ.
        if !titles.insert((title_key(&title), author)) {
            continue;
        }
        let isbn = loop {
            let prefix = match random.below(80) {
                0 | 1 => "9798",
                2..=40 => "9780",
                _ => "9781",
            };
            let first = format!("{prefix}{:08}", random.below(100_000_000));
            match Isbn13::from_first_twelve(first.as_bytes()) {
                Ok(isbn) if numbers.insert(isbn) => break isbn,
                _ => {}
            }
        };
        library.push(SampleBook { title, author: author.clone(), isbn });
    }
    for last in (1..library.len()).rev() {
        library.swap(last, random.below(last + 1));
    }
    library
}

fn authors(count: usize, random: &mut SampleRandom) -> Vec<String> {
    let (given, family) = (words(GIVEN), words(FAMILY));
    let mut seen = BTreeSet::new();
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let (first, last) = (random.of(&given), random.of(&family));
        let initial = char::from(b'A' + u8::try_from(random.below(26)).unwrap_or_default());
        let name = match random.below(10) {
            0 => format!("{}.{initial}. {last}", part(first, 0..1)),
            1 | 2 => format!("{first} {initial}. {last}"),
            // A second given name distinguishes names after the plain pairs.
            _ if names.len() > 8_000 => {
                format!("{first} {} {last}", random.of(&family))
            }
            _ => format!("{first} {last}"),
        };
        if seen.insert(author_name_key(&name)) {
            names.push(name);
        }
    }
    names
}

fn random_title(quality: &[&str], thing: &[&str], random: &mut SampleRandom) -> String {
    let (a, b) = (random.of(quality), random.of(quality));
    let (x, y) = (random.of(thing), random.of(thing));
    match random.below(12) {
        0 | 1 => format!("The {a} {x}"),
        2 => format!("{a} {x}"),
        3 => format!("The {x} and the {y}"),
        4 => format!("The {x} of the {a} {y}"),
        5 => format!("One {x} for the {a}"),
        6 => format!("{x}, {y}"),
        7 => format!("The {a} {x}: A Novel of the {b} {y}"),
        8 => format!("What the {x} Said to the {y}"),
        9 => format!("The {a} {x} ({b} {y}, #{})", 1 + random.below(7)),
        10 => format!("“{a}” and Other Stories of the {x}"),
        _ => format!("Under the {a} {x}"),
    }
}

/// An ISBN as a file has it: mostly unchanged, else damaged by a spreadsheet or a typing error.
pub fn written(isbn: Isbn13, mangled: bool, random: &mut SampleRandom) -> String {
    let text = isbn.to_string();
    if !mangled {
        return text;
    }
    let ten = isbn.to_isbn10().unwrap_or_else(|| text.clone());
    let other = |digit: u8| char::from(b'0' + (digit - b'0' + 1) % 10);
    match random.below(8) {
        // A wrong check digit is by far the commonest damage.
        0..=3 => {
            let last = text.bytes().last().unwrap_or(b'0');
            format!("{}{}", part(&text, 0..12), other(last))
        }
        4 if ten.starts_with('0') => part(&ten, 1..10).to_owned(),
        4 => part(&text, 0..12).to_owned(),
        5 => format!("{}.{}E+12", part(&text, 0..1), part(&text, 1..6)),
        6 => "n/a".to_owned(),
        _ => String::new(),
    }
}

fn part(text: &str, range: std::ops::Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

pub fn build_sample_csv(spec: &Spec) -> String {
    let mut random = SampleRandom(spec.seed ^ 0x5bd1_e995);
    let mut file = String::new();
    file.push_str(match spec.format {
        SampleCsvFormat::Plain => "title,author,isbn\n",
        SampleCsvFormat::Goodreads => {
            "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average \
             Rating,Publisher,Binding,Number of Pages,Year Published,Original Publication Year,Date \
             Read,Date Added,Bookshelves,Bookshelves with positions,Exclusive Shelf,My Review,\
             Spoiler,Private Notes,Read Count,Owned Copies\n"
        }
        SampleCsvFormat::StoryGraph => "Title,Authors,Contributors,ISBN/UID,Format,Read Status,Star Rating,Moods\n",
    });
    for (number, book) in books(spec).iter().enumerate() {
        let mangled = (random.next() % 100) < spec.mangled_percent;
        let isbn = written(book.isbn, mangled, &mut random);
        let (title, author) = (quoted(&book.title), quoted(&book.author));
        let row = match spec.format {
            SampleCsvFormat::Plain => format!("{title},{author},{isbn}"),
            SampleCsvFormat::StoryGraph => format!("{title},{author},,{isbn},paperback,to-read,,"),
            SampleCsvFormat::Goodreads => {
                let last = book.author.rsplit_once(' ').unwrap_or(("", &book.author));
                let inverted = quoted(&format!("{}, {}", last.1, last.0));
                let ten =
                    if mangled { String::new() } else { book.isbn.to_isbn10().unwrap_or_default() };
                let used = title.len() + author.len() + 200;
                let review = "Slow at first, then \"\"very\"\" good.\n"
                    .repeat(spec.pad_bytes.saturating_sub(used) / 35);
                format!(
                    "{},{title},{author},{inverted},,\"=\"\"{ten}\"\"\",\"=\"\"{isbn}\"\"\",{},4.0{},\
                     Press,Paperback,{},{},{},,2023/01/{:02},to-read,to-read (#{number}),to-read,\
                     \"{review}\",,,0,1",
                    100_000 + number,
                    number % 6,
                    number % 10,
                    120 + number % 700,
                    1950 + number % 70,
                    1900 + number % 120,
                    1 + number % 28,
                )
            }
        };
        // Writing into a string cannot fail.
        let _ = writeln!(file, "{row}");
    }
    file
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
