//! The golden set over generated records: a catalogue with lookalikes, and three providers that
//! each have a part of it, rank it badly and use their own spelling.

use bibliography::edition::Edition;
use bibliography::hash::fnv1a;
use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use bibliography::text_normalization::{author_name_key, fold_text, strip_series};
use runtime::wire_types::volume::Volume;
use serde::Deserialize;

use super::tests::merge_records;
use crate::provider::Provider;
use crate::provider_record::ProviderRecord;

const LIBRARY: &str = include_str!("../../tests/golden/library.csv");
const QUERIES: &str = include_str!("../../tests/golden/queries.json");
const NATURAL: &str = include_str!("../../tests/golden/natural.json");

#[derive(Deserialize)]
struct Golden {
    kind: String,
    path: String,
    params: Params,
    expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Params {
    q: String,
    title: Option<String>,
    author: Option<String>,
}

#[derive(Deserialize)]
struct Expect {
    isbn: Option<Isbn13>,
    #[serde(default)]
    title: String,
    author: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum BookKind {
    Real,
    Lookalike,
}

#[derive(Clone, Debug)]
struct CatalogueBook {
    isbn: Isbn13,
    title: String,
    subtitle: Option<String>,
    series: Option<String>,
    authors: Vec<String>,
    language: &'static str,
    work: u64,
    kind: BookKind,
    ratings: Option<u32>,
    binding: &'static str,
    /// The folded text in a provider's index.
    indexed: String,
}

fn pseudo_random(text: &str, sides: u64) -> u64 {
    let hash = fnv1a(text);
    (hash ^ (hash >> 29)) % sides
}

fn invented_isbn(label: &str) -> Isbn13 {
    let digits = format!("97819{:07}", pseudo_random(label, 10_000_000));
    Isbn13::from_first_twelve(digits.as_bytes()).unwrap()
}

/// Rows of a CSV whose fields may be quoted.
fn parse_csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .skip(1)
        .map(|line| {
            let mut fields = vec![String::new()];
            let mut quoted = false;
            for c in line.chars() {
                match c {
                    '"' => quoted = !quoted,
                    ',' if !quoted => fields.push(String::new()),
                    c => fields.last_mut().unwrap().push(c),
                }
            }
            fields
        })
        .collect()
}

/// The names in a library's author cell.
fn split_library_authors(cell: &str) -> Vec<String> {
    let parts: Vec<&str> = cell.split(", ").collect();
    let is_list = parts.len() == 2 && parts.iter().all(|part| part.contains(' '));
    if is_list && !parts[1].starts_with("The ") {
        parts.into_iter().map(str::to_owned).collect()
    } else {
        vec![cell.to_owned()]
    }
}

fn catalogue() -> Vec<CatalogueBook> {
    let mut all: Vec<CatalogueBook> = Vec::new();
    let rows = parse_csv_rows(LIBRARY);
    let titles: Vec<String> = rows.iter().map(|row| fold_text(&strip_series(&row[0]))).collect();
    for (work, row) in (1..).zip(&rows) {
        let (whole, cell, isbn) = (row[0].as_str(), row[1].as_str(), row[2].as_str());
        let plain = strip_series(whole);
        let series = (plain != whole).then(|| whole[plain.len()..].trim().to_owned());
        let (title, subtitle) = match plain.split_once(": ") {
            Some((head, tail)) => (head.to_owned(), Some(tail.to_owned())),
            None => (plain.clone(), None),
        };
        let authors = split_library_authors(cell);
        let real = CatalogueBook {
            isbn: Isbn13::parse(isbn).unwrap(),
            title: title.clone(),
            subtitle: subtitle.clone(),
            series,
            authors: authors.clone(),
            language: "en",
            work,
            kind: BookKind::Real,
            ratings: Some(200 + u32::try_from(pseudo_random(&plain, 90_000)).unwrap()),
            binding: "Paperback",
            indexed: String::new(),
        };
        all.push(real.clone());
        for n in 0..pseudo_random(&format!("editions {plain}"), 4) {
            let isbn = invented_isbn(&format!("edition {n} {plain} {cell}"));
            let subtitle = if n == 1 && subtitle.is_none() {
                Some("A Novel".to_owned())
            } else {
                subtitle.clone()
            };
            all.push(CatalogueBook {
                isbn,
                subtitle,
                series: None,
                ratings: Some(12),
                ..real.clone()
            });
        }
        add_lookalikes(
            &mut all,
            &real,
            &plain,
            titles.iter().filter(|t| **t == fold_text(&plain)).count(),
        );
    }
    for edition in &mut all {
        let subtitle = edition.subtitle.as_deref().unwrap_or_default();
        edition.indexed =
            fold_text(&format!("{} {subtitle} {}", edition.title, edition.authors.join(" ")));
    }
    all
}

fn add_lookalikes(
    all: &mut Vec<CatalogueBook>,
    real: &CatalogueBook,
    plain: &str,
    namesakes: usize,
) {
    let author = real.authors[0].clone();
    let lookalike = |label: &str, title: String, by: &str| CatalogueBook {
        isbn: invented_isbn(&format!("{label} {plain} {author}")),
        title,
        subtitle: None,
        series: None,
        authors: vec![by.to_owned()],
        work: 1_000_000 + pseudo_random(&format!("{label} {plain} {author}"), 1_000_000),
        kind: BookKind::Lookalike,
        ratings: None,
        ..real.clone()
    };
    let happens =
        |label: &str, percent: u64| pseudo_random(&format!("{label}? {plain}"), 100) < percent;
    if happens("translation", 40) {
        let base = lookalike("translation", format!("{plain} (Edición en español)"), &author);
        all.push(CatalogueBook { language: "es", work: real.work, ..base });
    }
    if happens("guide", 70) {
        let (title, subtitle) = match pseudo_random(&format!("form {plain}"), 4) {
            0 => (format!("Summary of {plain} by {author}"), None),
            1 => (plain.to_owned(), Some(format!("by {author} | Summary & Analysis"))),
            2 => (format!("Study Guide: {plain}"), Some(format!("A Reading of {author}"))),
            _ => (format!("Workbook for {plain}"), Some(format!("A Guide to {author}'s Book"))),
        };
        let base = lookalike("guide", title, "BookHabits");
        all.push(CatalogueBook { subtitle, ratings: Some(2_000), ..base });
    }
    if happens("sampler", 40) {
        all.push(lookalike("sampler", format!("{plain}: Chapter Sampler"), &author));
    }
    if happens("disc", 30) {
        let base = lookalike("disc", format!("{plain} [DVD]"), &author);
        all.push(CatalogueBook { binding: "DVD", ..base });
    }
    if happens("box", 50) {
        let title = format!("{author} 3 Books Collection Set: {plain} / Another / A Third");
        all.push(CatalogueBook { ratings: Some(3_000), ..lookalike("box", title, &author) });
    }
    if namesakes == 1 && happens("same title", 50) {
        let base = lookalike("same title", plain.to_owned(), "Owen Pritchard");
        all.push(CatalogueBook { ratings: Some(30), ..base });
    }
    if happens("life", 40) {
        let base = lookalike("life", format!("{author}: A Life"), "Harriet Blackwood");
        all.push(CatalogueBook { ratings: Some(5_000), ..base });
    }
    if happens("homonym", 25) {
        all.push(lookalike("homonym", "Diseases of Dairy Cattle".to_owned(), &author));
    }
    for n in 0..pseudo_random(&format!("others {author}"), 4) {
        let title =
            format!("The Hollow Garden {}", ["of Stone", "at Midnight", "in Rain"][n as usize]);
        let base = lookalike(&format!("other {n}"), title, &author);
        all.push(CatalogueBook { kind: BookKind::Real, ratings: Some(3), ..base });
    }
}

/// The share of the query's words in a record, in percent.
fn overlap(asked: &str, edition: &CatalogueBook) -> usize {
    let text = &edition.indexed;
    if !asked.contains(' ') && !asked.is_ascii() {
        // Scripts without spaces are matched by character.
        return if text.chars().any(|c| !c.is_ascii() && asked.contains(c)) { 60 } else { 0 };
    }
    let words: Vec<&str> = asked.split(' ').collect();
    let found = words.iter().filter(|word| text.split(' ').any(|other| other == **word)).count();
    100 * found / words.len()
}

fn provider_answers(query: &Query, all: &[CatalogueBook]) -> Vec<ProviderRecord> {
    let mut candidates = Vec::new();
    let asked = fold_text(query.search_text());
    for provider in Provider::ALL {
        let mut hits: Vec<(u64, &CatalogueBook)> = all
            .iter()
            .filter(|edition| {
                let known = pseudo_random(&format!("{provider:?} {}", edition.isbn), 100) < 80;
                let sure = provider == Provider::Isbndb && edition.kind == BookKind::Real;
                known || sure
            })
            .filter_map(|edition| {
                let noise = pseudo_random(
                    &format!("{provider:?} {} {}", edition.isbn, query.search_text()),
                    60,
                );
                match query.isbn13() {
                    // Google also returns books with other ISBNs.
                    Some(asked) => (asked == edition.isbn
                        || (provider == Provider::GoogleBooks && noise == 7))
                        .then_some((noise, edition)),
                    None => {
                        let overlap = overlap(&asked, edition);
                        (overlap >= 40).then_some((100 - overlap as u64 + noise, edition))
                    }
                }
            })
            .collect();
        hits.sort_by_key(|(score, edition)| (*score, edition.isbn));
        hits.truncate(60);
        candidates.extend(
            (0..).zip(hits).map(|(rank, (_, e))| raw_provider_record(provider, rank, e, all)),
        );
    }
    candidates
}

/// A record as the provider writes it.
fn raw_provider_record(
    provider: Provider,
    rank: u32,
    edition: &CatalogueBook,
    all: &[CatalogueBook],
) -> ProviderRecord {
    let mut record = ProviderRecord::new(provider, rank, Edition::default());
    record.edition.isbn13 = Some(edition.isbn);
    record.edition.title.clone_from(&edition.title);
    record.edition.subtitle.clone_from(&edition.subtitle);
    record.edition.authors.clone_from(&edition.authors);
    record.edition.language = Some(edition.language.to_owned());
    match provider {
        Provider::GoogleBooks => {
            record.provider_id = format!("g{:010}", pseudo_random(edition.isbn.as_str(), 1 << 33));
            record.edition.ratings_count = edition.ratings.map(|count| count / 40 + 1);
            record.edition.average_rating = record.edition.ratings_count.map(|_| 4.0);
            record.edition.image =
                Some("http://books.google.com/books?id=x&edge=curl&source=y".to_owned());
            if pseudo_random(edition.isbn.as_str(), 20) == 0 {
                record.edition.isbn13 = None;
            }
        }
        Provider::OpenLibrary => {
            record.provider_id = format!("OL{}W", edition.work);
            record.work_id = Some(record.provider_id.clone());
            record.edition.ratings_count = edition.ratings;
            record.edition.average_rating = edition.ratings.map(|_| 4.1);
            record.edition_isbns =
                all.iter().filter(|e| e.work == edition.work).map(|e| e.isbn).collect();
            record.edition.language = None;
            if pseudo_random(edition.isbn.as_str(), 3) == 0 {
                record.edition.isbn13 = None;
                record.edition.subtitle = None;
            }
        }
        Provider::Isbndb => {
            record.edition.binding = Some(edition.binding.to_owned());
            for author in &mut record.edition.authors {
                if let Some((first, last)) = author.rsplit_once(' ').filter(|_| author.is_ascii())
                    && !author.contains(',')
                    && last != "Jr."
                {
                    *author = format!("{last}, {first}");
                }
            }
            if let Some(series) = &edition.series {
                record.edition.title = format!("{} {series}", record.edition.title);
            }
        }
    }
    record
}

fn query_of(golden: &Golden) -> Query {
    match golden.path.as_str() {
        "/search/auto" => Query::from_free_text(&golden.params.q),
        "/search/title" => Query::title_query(&golden.params.q),
        "/search/author" => Query::author_query(&golden.params.q),
        "/search/advanced" => Query::title_author_query(
            golden.params.title.as_deref(),
            golden.params.author.as_deref(),
        ),
        other => panic!("unknown path {other}"),
    }
}

fn is_right(expect: &Expect, volume: &Volume, all: &[CatalogueBook]) -> bool {
    let edition = all.iter().find(|edition| {
        volume.id == format!("isbn-{}", edition.isbn)
            || volume.id == format!("ol-OL{}W", edition.work)
            || volume.id == format!("g-g{:010}", pseudo_random(edition.isbn.as_str(), 1 << 33))
    });
    let Some(edition) = edition else { return false };
    let whole = match &edition.subtitle {
        Some(subtitle) => format!("{}: {subtitle}", edition.title),
        None => edition.title.clone(),
    };
    let titled = expect.title.is_empty()
        || [&edition.title, &whole].iter().any(|title| {
            fold_text(title) == fold_text(&expect.title)
                || fold_text(&expect.title).starts_with(&format!("{} ", fold_text(title)))
        });
    let written = edition
        .authors
        .iter()
        .any(|author| author_name_key(author) == author_name_key(&expect.author));
    edition.kind == BookKind::Real && titled && written
}

#[test]
fn the_golden_set_is_ranked_right() {
    let all = catalogue();
    let mut goldens: Vec<Golden> = serde_json::from_str(QUERIES).unwrap();
    assert!(goldens.len() >= 150);
    goldens.extend(serde_json::from_str::<Vec<Golden>>(NATURAL).unwrap());
    let mut low = Vec::new();
    for kind in ["isbn", "title", "titleAuthor", "author", "natural"] {
        let mut sum = 0.0;
        let mut count = 0.0;
        for golden in goldens.iter().filter(|golden| golden.kind == kind) {
            let query = query_of(golden);
            let items = merge_records(&query, provider_answers(&query, &all));
            let at = items.iter().position(|volume| is_right(&golden.expect, volume, &all));
            let score = at.map_or(0.0, |at| 1.0 / (at as f64 + 1.0));
            if let Some(isbn) = golden.expect.isbn {
                assert_eq!(query.kind(), QueryKind::Isbn, "{}", golden.params.q);
                let ids: Vec<&str> = items.iter().map(|volume| volume.id.as_str()).collect();
                assert_eq!(ids, [format!("isbn-{isbn}")], "{}", golden.params.q);
            }
            if score < 1.0 {
                let first = items.first().map(|v| (&v.edition.title, &v.edition.authors));
                low.push(format!(
                    "{score:.2} {kind} {} {:?}: {first:?}",
                    query.search_text(),
                    query.kind()
                ));
            }
            sum += score;
            count += 1.0;
        }
        let mean = sum / count;
        println!("{kind}: {mean:.4} over {count}");
        assert!(
            mean >= if kind == "isbn" { 1.0 } else { 0.95 },
            "{kind} {mean}\n{}",
            low.join("\n")
        );
    }
    println!("{}", low.join("\n"));
}
