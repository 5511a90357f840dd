use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use proptest::prelude::*;
use runtime::wire_types::volume::Volume;

use super::*;
use crate::provider::Provider;
use crate::volume_id::AnswerVolumeId;

pub(super) fn merge_records(query: &Query, candidates: Vec<ProviderRecord>) -> Vec<Volume> {
    MergedItems::of(candidates).ordered(query)
}

const DUNE_ISBN: &str = "9780441172719";

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

fn test_provider_record(
    provider: Provider,
    rank: u32,
    number: &str,
    title: &str,
    author: &str,
) -> ProviderRecord {
    ProviderRecord::new(
        provider,
        rank,
        Edition {
            isbn13: Some(isbn(number)),
            title: title.to_owned(),
            authors: vec![author.to_owned()],
            ..Edition::default()
        },
    )
}

fn volume_titles(volumes: &[Volume]) -> Vec<&str> {
    volumes.iter().map(|volume| volume.edition.title.as_str()).collect()
}

fn volumes_json(volumes: &[Volume]) -> String {
    serde_json::to_string(volumes).unwrap()
}

#[test]
fn records_of_one_isbn_become_one_item() {
    let google = ProviderRecord {
        provider_id: "B1hSG45JCX4C".to_owned(),
        edition: Edition {
            description: Some("Short.".to_owned()),
            published_date: Some("1990".to_owned()),
            small_image: Some("javascript:alert(1)".to_owned()),
            image: Some("http://books.google.com/c?id=1&edge=curl&source=gbs".to_owned()),
            other_ids: vec![IndustryIdentifier {
                kind: "OTHER".to_owned(),
                identifier: "UOM:39015".to_owned(),
            }],
            average_rating: Some(4.5),
            ratings_count: Some(3),
            ..test_provider_record(Provider::GoogleBooks, 3, DUNE_ISBN, "Dune", "Frank Herbert")
                .edition
        },
        ..test_provider_record(Provider::GoogleBooks, 3, DUNE_ISBN, "Dune", "Frank Herbert")
    };
    let isbndb = ProviderRecord {
        edition: Edition {
            publisher: Some("\"Ace Books\"".to_owned()),
            published_date: Some("1990-09-01".to_owned()),
            page_count: Some(535),
            description: Some("A longer description of the book.".to_owned()),
            binding: Some("Paperback".to_owned()),
            ..test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "DUNE", "Herbert, Frank").edition
        },
        ..test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "DUNE", "Herbert, Frank")
    };
    let library = ProviderRecord {
        work_id: Some("OL893415W".to_owned()),
        edition: Edition {
            average_rating: Some(4.2),
            ratings_count: Some(900),
            page_count: Some(0),
            ..test_provider_record(Provider::OpenLibrary, 1, DUNE_ISBN, "Dune", "Frank Herbert")
                .edition
        },
        ..test_provider_record(Provider::OpenLibrary, 1, DUNE_ISBN, "Dune", "Frank Herbert")
    };
    let merged = merge_records(&Query::from_free_text(DUNE_ISBN), vec![isbndb, library, google]);
    assert_eq!(merged.len(), 1);
    let volume = &merged[0];
    let info = &volume.edition;
    assert_eq!(volume.id, "isbn-9780441172719");
    assert_eq!(volume.work_id.as_deref(), Some("OL893415W"));
    assert_eq!(
        (info.title.as_str(), info.authors.as_slice()),
        ("Dune", &["Frank Herbert".into()][..])
    );
    assert_eq!(info.publisher.as_deref(), Some("Ace Books"));
    assert_eq!(info.published_date.as_deref(), Some("1990-09-01"));
    assert_eq!(info.page_count, Some(535));
    assert_eq!(info.description.as_deref(), Some("A longer description of the book."));
    assert_eq!((info.average_rating, info.ratings_count), (Some(4.2), Some(900)));
    assert_eq!(info.image.as_deref(), Some("https://books.google.com/c?id=1&source=gbs"));
    assert_eq!(info.small_image, None);
    assert_eq!(identifiers_of(volume), [DUNE_ISBN, "0441172717", "UOM:39015"]);
    let source = |name: &str| {
        let found = volume.sources.iter().find(|source| source.provider == name);
        found.map(|source| source.fields.join(" ")).unwrap()
    };
    assert_eq!(source("google-books"), "authors imageLinks industryIdentifiers title");
    assert_eq!(source("isbndb"), "binding description pageCount publishedDate publisher");
    assert_eq!(source("open-library"), "averageRating");
}

#[test]
fn an_isbn_answer_has_that_edition_only() {
    let asked = test_provider_record(Provider::OpenLibrary, 0, DUNE_ISBN, "Dune", "Frank Herbert");
    let other = test_provider_record(
        Provider::GoogleBooks,
        0,
        "9780593098233",
        "Dune Messiah",
        "Frank Herbert",
    );
    let ten = ProviderRecord {
        edition: Edition {
            isbn13: None,
            other_ids: vec![IndustryIdentifier {
                kind: "ISBN_10".to_owned(),
                identifier: "0441172717".to_owned(),
            }],
            ..test_provider_record(Provider::GoogleBooks, 1, DUNE_ISBN, "Dune", "Frank Herbert")
                .edition
        },
        ..test_provider_record(Provider::GoogleBooks, 1, DUNE_ISBN, "Dune", "Frank Herbert")
    };
    let merged = merge_records(&Query::from_free_text(DUNE_ISBN), vec![other.clone(), asked, ten]);
    assert_eq!(volume_titles(&merged), ["Dune"]);
    assert_eq!(merged[0].sources.len(), 2);
    assert!(merge_records(&Query::from_free_text(DUNE_ISBN), vec![other]).is_empty());
}

#[test]
fn a_record_with_a_wrong_isbn_is_dropped() {
    let merged = merge_records(
        &Query::from_free_text(DUNE_ISBN),
        vec![
            test_provider_record(
                Provider::GoogleBooks,
                0,
                DUNE_ISBN,
                "Knitting for Beginners",
                "Ann Wool",
            ),
            test_provider_record(Provider::OpenLibrary, 0, DUNE_ISBN, "Dune", "Frank Herbert"),
            test_provider_record(
                Provider::Isbndb,
                0,
                DUNE_ISBN,
                "Dune (Dune, #1)",
                "Herbert, Frank",
            ),
        ],
    );
    assert_eq!(merged[0].edition.authors, ["Frank Herbert"]);
    assert_eq!(merged[0].sources.len(), 2);
}

#[test]
fn a_record_without_authors_matches_any_author() {
    let nameless = ProviderRecord {
        edition: Edition {
            authors: Vec::new(),
            description: Some("A desert planet.".to_owned()),
            ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Der Wüstenplanet", "")
                .edition
        },
        ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Der Wüstenplanet", "")
    };
    let named = test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "Dune", "Frank Herbert");
    let merged = merge_records(&Query::from_free_text(DUNE_ISBN), vec![nameless, named]);
    let info = &merged[0].edition;
    assert_eq!(info.description.as_deref(), Some("A desert planet."));
    assert_eq!(info.authors, ["Frank Herbert"]);
}

#[test]
fn a_title_agrees_in_another_form_and_in_the_subtitle() {
    let novel = ProviderRecord {
        edition: Edition {
            description: Some("A desert planet.".to_owned()),
            ..test_provider_record(
                Provider::GoogleBooks,
                0,
                DUNE_ISBN,
                "Dune: A Novel",
                "Ace Editors",
            )
            .edition
        },
        ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune: A Novel", "Ace Editors")
    };
    let dune = test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "Dune", "Frank Herbert");
    let merged = merge_records(&Query::from_free_text(DUNE_ISBN), vec![novel, dune]);
    assert_eq!(merged[0].sources.len(), 2);
    let (g, title) = (Provider::GoogleBooks, "The Final Empire");
    let mistborn = ProviderRecord {
        edition: Edition {
            subtitle: Some(title.to_owned()),
            ..test_provider_record(g, 1, "9781900000017", "Mistborn", "Brandon Sanderson").edition
        },
        ..test_provider_record(g, 1, "9781900000017", "Mistborn", "Brandon Sanderson")
    };
    let strikes =
        test_provider_record(g, 0, "9781900000000", "The Final Empire Strikes", "Ann Hart");
    let merged = merge_records(&Query::title_query(title), vec![strikes, mistborn]);
    assert_eq!(volume_titles(&merged), ["Mistborn", "The Final Empire Strikes"]);
}

#[test]
fn editions_of_a_work_stand_together() {
    let query = Query::from_free_text("Frank Herbert");
    let merged = merge_records(
        &query,
        vec![
            test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "Frank Herbert"),
            test_provider_record(
                Provider::GoogleBooks,
                1,
                "9780593098233",
                "Dune Messiah",
                "Frank Herbert",
            ),
            test_provider_record(
                Provider::GoogleBooks,
                2,
                "9780340960196",
                "Dune: A Novel",
                "Herbert, Frank",
            ),
        ],
    );
    assert_eq!(volume_titles(&merged), ["Dune", "Dune: A Novel", "Dune Messiah"]);
}

/// The number of works that records of these titles and authors are grouped to.
fn works_of(records: &[(&str, &str)]) -> usize {
    let items = records.iter().zip(0_u32..).map(|((title, author), at)| {
        let number = Isbn13::from_first_twelve(format!("97800001{at:04}").as_bytes()).unwrap();
        let mut record =
            test_provider_record(Provider::GoogleBooks, at, number.as_str(), title, author);
        record.edition.authors.retain(|name| !name.is_empty());
        field_picker::merge_edition(
            item_id_of(&record),
            vec![record],
            &work_grouping::WorkIndex::default(),
        )
    });
    work_grouping::group_by_work(items.collect()).len()
}

#[test]
fn volumes_are_different_works() {
    for titles in [
        ["Mistborn: The Final Empire", "Mistborn: The Well of Ascension"],
        ["Naruto (Naruto, #3)", "Naruto (Naruto, #4)"],
        ["Naruto, Vol. 3", "Naruto, Vol. 4"],
        ["Naruto", "Naruto: Volume 4"],
        ["Saga: Book Two", "Saga: Book Three"],
        ["Der Turm, Band 3", "Der Turm, Band 4"],
        ["Blake et Mortimer T03", "Blake et Mortimer T04"],
        ["ワンピース 3巻", "ワンピース 4巻"],
        ["三国演义 第三卷", "三国演义 第四卷"],
        ["Faust. Part I", "Faust. Part II"],
        ["Final Fantasy XIII", "Final Fantasy XIV"],
        ["Lost: Season 1", "Lost: Season 2"],
        ["Amazing Tales: Issue 12", "Amazing Tales: Issue 13"],
        ["The Best American Essays 2018", "The Best American Essays 2019"],
        ["Best of: 2018", "Best of: 2019"],
        ["Война и мир. Том 1", "Война и мир. Том 2"],
        ["The First Reader", "The Second Reader"],
    ] {
        let records = titles.map(|title| (title, "Ann Author"));
        assert_eq!(works_of(&records), 2, "{titles:?}");
    }
}

#[test]
fn one_volume_in_two_forms_is_one_work() {
    for titles in [
        ["Abhorsen (Abhorsen, #3)", "Abhorsen"],
        ["Naruto 3", "Naruto: Volume III"],
        ["Saga, Book Three", "Saga: Volume 3"],
        ["The Final Empire", "The Final Empire (Mistborn, #1)"],
        ["Dune", "Dune (Dune, #1)"],
        ["Unbroken", "Unbroken: A World War II Story of Survival"],
        ["The Way of Kings", "The Way of Kings, Deluxe Edition"],
        ["A Brief History of Time", "A Brief History of Time: From the Big Bang"],
        ["Clinical Gynaecology of Today", "Clinical Gynecology of Today"],
    ] {
        let records = titles.map(|title| (title, "Ann Author"));
        assert_eq!(works_of(&records), 1, "{titles:?}");
    }
}

#[test]
fn a_record_with_less_text_joins_only_a_single_work() {
    let works = works_of(&[
        ("Mistborn", "Brandon Sanderson"),
        ("Mistborn: The Final Empire", "Sanderson, Brandon"),
        ("Mistborn: The Well of Ascension", "Brandon Sanderson"),
    ]);
    assert_eq!(works, 3);
    let by = "Masashi Kishimoto";
    let works =
        works_of(&[("Naruto (Naruto, #3)", by), ("Naruto", by), ("Naruto (Naruto, #4)", by)]);
    assert_eq!(works, 3);
    let title = "The Art of Simple Bread";
    for (records, count) in [
        (vec![(title, "Ann Baker"), (title, "")], 1),
        (vec![(title, "Ann Baker"), (title, "Carl Miller")], 2),
        (vec![(title, "Ann Baker"), (title, ""), (title, "Carl Miller")], 3),
        (vec![("Poems", "Ann Baker"), ("Poems", "")], 2),
    ] {
        assert_eq!(works_of(&records), count, "{records:?}");
    }
}

#[test]
fn editions_with_one_work_id_are_one_work() {
    let by = |at, number, title, work: Option<&str>| ProviderRecord {
        work_id: work.map(str::to_owned),
        ..test_provider_record(Provider::GoogleBooks, at, number, title, "Brandon Sanderson")
    };
    let works = |ids: [Option<&str>; 2]| {
        let records = [
            by(0, DUNE_ISBN, "Mistborn", None),
            by(1, "9780593098233", "Mistborn: The Final Empire", ids[0]),
            by(2, "9780340960196", "Mistborn: The Last Empire", ids[1]),
        ];
        let index = work_grouping::WorkIndex::default();
        let item = |record: ProviderRecord| {
            let work_id = record.work_id.clone();
            let mut item = field_picker::merge_edition(item_id_of(&record), vec![record], &index);
            item.volume.work_id = work_id;
            item
        };
        work_grouping::group_by_work(records.map(item).into()).len()
    };
    assert_eq!(works([Some("OL1W"), Some("OL1W")]), 1);
    assert_eq!(works([Some("OL1W"), Some("OL2W")]), 3);
}

#[test]
fn a_work_fills_fields_and_id_of_its_editions() {
    let work = ProviderRecord {
        provider_id: "OL893415W".to_owned(),
        work_id: Some("OL893415W".to_owned()),
        edition_isbns: vec![isbn(DUNE_ISBN)],
        ..ProviderRecord::new(
            Provider::OpenLibrary,
            0,
            Edition {
                title: "Dune".to_owned(),
                authors: vec!["Frank Herbert".to_owned()],
                categories: vec!["Ecology".to_owned()],
                ratings_count: Some(40),
                average_rating: Some(4.0),
                ..Edition::default()
            },
        )
    };
    let book = test_provider_record(Provider::GoogleBooks, 5, DUNE_ISBN, "Dune", "Frank Herbert");
    let merged = merge_records(&Query::title_query("Dune"), vec![work.clone(), book]);
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].work_id.as_deref(), Some("OL893415W"));
    assert_eq!(merged[0].edition.categories, ["Ecology"]);
    assert_eq!(merged[0].edition.ratings_count, Some(40));
    let alone = merge_records(&Query::title_query("Dune"), vec![work]);
    assert_eq!(alone[0].id, "ol-OL893415W");
}

fn martian_record(numbers: &[&str]) -> ProviderRecord {
    ProviderRecord {
        provider_id: "OL1W".to_owned(),
        work_id: Some("OL1W".to_owned()),
        edition_isbns: numbers.iter().map(|number| isbn(number)).collect(),
        ..ProviderRecord::new(
            Provider::OpenLibrary,
            0,
            Edition {
                title: "The Martian".to_owned(),
                authors: vec!["Andy Weir".to_owned()],
                languages: vec!["en".to_owned(), "es".to_owned()],
                ..Edition::default()
            },
        )
    }
}

/// All identifiers as the answer shows them.
fn identifiers_of(volume: &Volume) -> Vec<String> {
    let json = serde_json::to_value(volume).unwrap();
    let ids = json["volumeInfo"]["industryIdentifiers"].as_array().unwrap();
    ids.iter().map(|id| id["identifier"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_work_shows_the_numbers_of_its_editions() {
    let work = martian_record(&[DUNE_ISBN, "9780804139021"]);
    let alone = merge_records(&Query::from_free_text("the martian"), vec![work.clone()]);
    assert_eq!(alone[0].id, "ol-OL1W");
    assert_eq!(identifiers_of(&alone[0]), [DUNE_ISBN, "9780804139021"]);
    assert_eq!(alone[0].edition.languages, ["en", "es"]);
    // With editions the work is no item; an ISBN that is no item is shown by the edition.
    let own =
        test_provider_record(Provider::OpenLibrary, 0, "9780804139021", "The Martian", "Andy Weir");
    let own = ProviderRecord { work_id: Some("OL1W".to_owned()), ..own };
    let merged =
        merge_records(&Query::from_free_text("the martian"), vec![work.clone(), own.clone()]);
    assert_eq!(merged.len(), 1);
    assert_eq!(identifiers_of(&merged[0]), ["9780804139021", "0804139024", DUNE_ISBN]);
    assert_eq!(merged[0].edition.languages, ["en", "es"]);
    let late =
        test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "The Martian", "Andy Weir");
    let mut all = candidates_of(&merged);
    all.push(late.clone());
    let late = merge_records(&Query::from_free_text("the martian"), all);
    assert_eq!(late.len(), 2);
    assert!(late.iter().all(|volume| identifiers_of(volume).len() == 2));
}

#[test]
fn garbage_loses_to_a_clean_value() {
    let query = Query::isbn_query(isbn(DUNE_ISBN));
    let good = ProviderRecord {
        edition: Edition {
            image: Some("https://images.isbndb.com/covers/1.jpg".to_owned()),
            publisher: Some("Ace".to_owned()),
            ..test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "Dune", "Frank Herbert").edition
        },
        ..test_provider_record(Provider::Isbndb, 0, DUNE_ISBN, "Dune", "Frank Herbert")
    };
    for title in [
        "Book 9780441172719",
        "ISBN 978-0-441-17271-9",
        "0441172717",
        "<>",
        "????",
        "???? ?????",
        "Dun\u{fffd}",
        "D\u{c3}\u{bc}ne",
        "[Untitled]",
        "Unknown Title",
        "<b></b>",
        "n/a",
    ] {
        for cover in ["-1", "None", "0"] {
            let cover = format!("https://covers.openlibrary.org/b/id/{cover}-M.jpg");
            let bad = ProviderRecord {
                edition: Edition {
                    image: Some(cover.clone()),
                    publisher: Some("????".to_owned()),
                    authors: vec!["????".to_owned(), "Unknown".to_owned()],
                    ..test_provider_record(Provider::OpenLibrary, 0, DUNE_ISBN, title, "").edition
                },
                ..test_provider_record(Provider::OpenLibrary, 0, DUNE_ISBN, title, "")
            };
            let info = merge_records(&query, vec![bad.clone(), good.clone()]).remove(0).edition;
            assert_eq!(
                (info.title.as_str(), info.authors),
                ("Dune", vec!["Frank Herbert".to_owned()])
            );
            assert_eq!(info.publisher.as_deref(), Some("Ace"));
            assert_eq!(info.image, good.edition.image, "{title} {cover}");
        }
    }
    // Real titles that look like placeholders.
    for title in ["1984", "Book 1", "What???", "Catch-22", "Number 9 Dream", "Book of Numbers"] {
        assert!(!record_cleanup::is_suspicious(title), "{title}");
    }
}

#[test]
fn a_value_that_two_records_agree_on_is_preferred() {
    let merged = merge_records(
        &Query::isbn_query(isbn(DUNE_ISBN)),
        vec![
            test_provider_record(
                Provider::GoogleBooks,
                0,
                DUNE_ISBN,
                "Dune Tales",
                "Frank Herbert",
            ),
            test_provider_record(Provider::OpenLibrary, 0, DUNE_ISBN, "Dune", "Frank Herbert"),
            test_provider_record(
                Provider::Isbndb,
                0,
                DUNE_ISBN,
                "Dune (Dune, #1)",
                "Herbert, Frank",
            ),
        ],
    );
    assert_eq!(merged[0].edition.title, "Dune");
    assert_eq!(merged[0].edition.series.as_deref(), Some("Dune, #1"));
}

#[test]
fn no_markup_is_left_in_an_item() {
    let html = ProviderRecord {
        edition: Edition {
            description: Some("<p>One &amp; <b>two</b><br>&#39;three&#39;</p>".to_owned()),
            publisher: Some("Simon &amp; Schuster".to_owned()),
            categories: vec!["Sand &amp; Sea".to_owned(), "nyt:fiction=2012-01-01".to_owned()],
            ..test_provider_record(
                Provider::GoogleBooks,
                0,
                DUNE_ISBN,
                "Ch&acirc;teau <i>Dune</i>",
                "Frank &amp; Herbert",
            )
            .edition
        },
        ..test_provider_record(
            Provider::GoogleBooks,
            0,
            DUNE_ISBN,
            "Ch&acirc;teau <i>Dune</i>",
            "Frank &amp; Herbert",
        )
    };
    let info = merge_records(&Query::isbn_query(isbn(DUNE_ISBN)), vec![html]).remove(0).edition;
    assert_eq!(info.title, "Château Dune");
    assert_eq!(info.description.as_deref(), Some("One & two\n'three'"));
    assert_eq!(info.publisher.as_deref(), Some("Simon & Schuster"));
    assert_eq!(
        (info.authors, info.categories),
        (vec!["Frank & Herbert".to_owned()], vec!["Sand & Sea".to_owned()])
    );
}

#[test]
fn an_edition_without_authors_gets_those_of_its_work() {
    let bare = ProviderRecord {
        edition: Edition {
            authors: Vec::new(),
            ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "").edition
        },
        ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "")
    };
    let other =
        test_provider_record(Provider::GoogleBooks, 1, "9780593099322", "Dune", "Frank Herbert");
    let work = ProviderRecord {
        provider_id: "OL893415W".to_owned(),
        work_id: Some("OL893415W".to_owned()),
        edition_isbns: vec![isbn(DUNE_ISBN)],
        ..ProviderRecord::new(
            Provider::OpenLibrary,
            0,
            Edition {
                title: "Dune".to_owned(),
                authors: vec!["Frank Herbert".to_owned()],
                ..Edition::default()
            },
        )
    };
    let merged =
        merge_records(&Query::from_free_text("dune frank herbert"), vec![bare, other, work]);
    let lent = merged.iter().find(|volume| volume.id == format!("isbn-{DUNE_ISBN}")).unwrap();
    assert_eq!(lent.edition.authors, ["Frank Herbert"]);
    let source = lent.sources.iter().find(|source| source.provider == "open-library").unwrap();
    assert_eq!(source.fields, ["authors"]);
    // All editions of the work have its id.
    assert!(merged.iter().all(|volume| volume.work_id.as_deref() == Some("OL893415W")));
}

#[test]
fn an_edition_of_an_unknown_work_gets_no_author() {
    let bare = ProviderRecord {
        edition: Edition {
            authors: Vec::new(),
            ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "").edition
        },
        ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "")
    };
    let other =
        test_provider_record(Provider::GoogleBooks, 1, "9780593099322", "Dune", "Owen Pritchard");
    let merged = merge_records(&Query::title_query("Dune"), vec![bare, other]);
    // The edition with an author is ranked first.
    assert_eq!(merged[0].edition.authors, ["Owen Pritchard"]);
    assert!(merged[1].edition.authors.is_empty());
}

#[test]
fn of_equal_titles_the_one_with_more_editions_leads() {
    let rated = |rank, number, author, ratings| ProviderRecord {
        edition: Edition {
            ratings_count: Some(ratings),
            average_rating: Some(4.0),
            ..test_provider_record(Provider::GoogleBooks, rank, number, "Emma", author).edition
        },
        ..test_provider_record(Provider::GoogleBooks, rank, number, "Emma", author)
    };
    let records = |ratings| {
        vec![
            rated(0, DUNE_ISBN, "Owen Pritchard", ratings),
            rated(1, "9780141439587", "Jane Austen", 100),
            rated(2, "9780593099322", "Jane Austen", 100),
        ]
    };
    let first = |ratings| {
        merge_records(&Query::title_query("Emma"), records(ratings))[0].edition.authors[0].clone()
    };
    assert_eq!(first(250), "Jane Austen");
    // Unless the other book is far better known.
    assert_eq!(first(90_000), "Owen Pritchard");
}

#[test]
fn books_about_the_book_are_ranked_below_it() {
    let by = "Frank Herbert";
    let all = |query: &Query| {
        merge_records(
            query,
            vec![
                test_provider_record(
                    Provider::GoogleBooks,
                    0,
                    "9781900000000",
                    "Summary of Dune",
                    "BookHabits",
                ),
                test_provider_record(
                    Provider::GoogleBooks,
                    1,
                    "9781900000017",
                    "Dune: Study Guide",
                    "SuperSummary",
                ),
                test_provider_record(Provider::GoogleBooks, 2, "9781900000024", "Dune [DVD]", by),
                test_provider_record(
                    Provider::GoogleBooks,
                    3,
                    "9781900000031",
                    "Dune Boxed Set",
                    by,
                ),
                ProviderRecord {
                    edition: Edition {
                        binding: Some("DVD".to_owned()),
                        ..test_provider_record(Provider::Isbndb, 0, "9781900000048", "Dune", by)
                            .edition
                    },
                    ..test_provider_record(Provider::Isbndb, 0, "9781900000048", "Dune", by)
                },
                test_provider_record(Provider::GoogleBooks, 9, DUNE_ISBN, "Dune", by),
            ],
        )
    };
    let merged = all(&Query::from_free_text("dune"));
    assert_eq!(merged[0].id, "isbn-9780441172719");
    assert_eq!(merged.len(), 6);
    // A query for such a book ranks it first.
    assert_eq!(
        volume_titles(&all(&Query::from_free_text("dune study guide")))[0],
        "Dune: Study Guide"
    );
    assert_eq!(volume_titles(&all(&Query::title_query("Summary of Dune")))[0], "Summary of Dune");
}

#[test]
fn translations_and_namesakes_come_after() {
    let in_language = |candidate: ProviderRecord, language: &str| ProviderRecord {
        edition: Edition { language: Some(language.to_owned()), ..candidate.edition },
        ..candidate
    };
    let g = Provider::GoogleBooks;
    let merged = merge_records(
        &Query::from_free_text("Hyperion"),
        vec![
            // A translation as well known as the original, and before it in the provider's answer.
            in_language(
                test_provider_record(g, 0, "9781900000000", "Hyperion", "Dan Simmons"),
                "fr",
            ),
            in_language(
                test_provider_record(
                    Provider::Isbndb,
                    0,
                    "9781900000000",
                    "Hyperion",
                    "Dan Simmons",
                ),
                "fr",
            ),
            in_language(
                test_provider_record(g, 1, "9781900000017", "Hyperion", "Owen Pritchard"),
                "en",
            ),
            in_language(
                test_provider_record(g, 5, "9780553283686", "Hyperion", "Dan Simmons"),
                "en",
            ),
            in_language(
                test_provider_record(
                    Provider::Isbndb,
                    5,
                    "9780553283686",
                    "Hyperion",
                    "Dan Simmons",
                ),
                "en",
            ),
        ],
    );
    let ids: Vec<&str> = merged.iter().map(|volume| volume.id.as_str()).collect();
    assert_eq!(ids, ["isbn-9780553283686", "isbn-9781900000000", "isbn-9781900000017"]);
}

#[test]
fn a_subtitle_comes_from_a_record_of_the_same_title() {
    let with = |provider, title: &str, subtitle: Option<&str>| ProviderRecord {
        edition: Edition {
            subtitle: subtitle.map(str::to_owned),
            ..test_provider_record(provider, 0, DUNE_ISBN, title, "David Epstein").edition
        },
        ..test_provider_record(provider, 0, DUNE_ISBN, title, "David Epstein")
    };
    let why = "Why Generalists Triumph";
    let plain = |provider| with(provider, "Range", None);
    for (one, other, expected) in [
        (plain(Provider::Isbndb), with(Provider::GoogleBooks, "RANGE", Some(why)), Some(why)),
        (plain(Provider::Isbndb), with(Provider::GoogleBooks, "", Some(why)), Some(why)),
        (plain(Provider::GoogleBooks), with(Provider::Isbndb, "Reichweite", Some("Warum")), None),
    ] {
        let merged = merge_records(&Query::from_free_text(DUNE_ISBN), vec![one, other]);
        assert_eq!(merged[0].edition.subtitle.as_deref(), expected);
    }
    let said_twice = with(Provider::GoogleBooks, "Range: Why Generalists Triumph", Some(why));
    assert_eq!(
        merge_records(&Query::from_free_text(DUNE_ISBN), vec![said_twice])[0].edition.subtitle,
        None
    );
}

#[test]
fn more_matching_words_rank_higher() {
    let g = Provider::GoogleBooks;
    for (query, second, first) in [
        (
            Query::title_query("Silver Winter Garden"),
            ("Silver Fish", "Ann Hart"),
            ("Silver Winter Song", "Ann Hart"),
        ),
        (
            Query::from_free_text(
                "quiet harbour night train winter silver lantern meadow furnace mirror",
            ),
            ("Train Lessons for Very Patient Old Winter People", "Bob Lee"),
            ("Mirror", "Ann Furnace"),
        ),
        // The author counts as well as the title.
        (
            Query::title_author_query(Some("Dune"), Some("Frank Herbert")),
            ("Dune", "Jane Smith"),
            ("Dune Messiah", "Frank Herbert"),
        ),
        // A title with its author is that book rather than the beginning of another title.
        (
            Query::from_free_text("emma jane austen"),
            ("Emma Jane Austen: Her World", "Lucy Worsley"),
            ("Emma", "Jane Austen"),
        ),
        // The whole title after the series name ranks above a longer title.
        (
            Query::title_query("The Final Empire"),
            ("The Final Empire Strikes", "Ann Hart"),
            ("Mistborn: The Final Empire", "Brandon Sanderson"),
        ),
        // An equal surname is not the author.
        (
            Query::author_query("Andy Weir"),
            ("The Lady in the Tower", "Alison Weir"),
            ("The Martian", "Weir Andy"),
        ),
    ] {
        let books = vec![
            test_provider_record(g, 0, "9781900000000", second.0, second.1),
            test_provider_record(g, 1, "9781900000017", first.0, first.1),
        ];
        assert_eq!(volume_titles(&merge_records(&query, books)), [first.0, second.0]);
    }
}

#[test]
fn a_volume_of_a_series_ranks_above_common_words() {
    let (i, g) = (Provider::Isbndb, Provider::GoogleBooks);
    for (query, volume, author, lookalike) in [
        (
            "the lord of the rings book 2",
            "The Two Towers (The Lord of the Rings, #2)",
            "J.R.R. Tolkien",
            "The Last Daughters of the Sea",
        ),
        (
            "percy jackson and the olympians 2",
            "The Sea of Monsters (Percy Jackson and the Olympians, #2)",
            "Rick Riordan",
            "Harry Potter and the Chamber of Secrets",
        ),
        (
            "monk and robot 1",
            "A Psalm for the Wild-Built (Monk & Robot, #1)",
            "Becky Chambers",
            "The Crooked Kingdom and Other Stories 1",
        ),
        (
            "the farseer trilogy 1",
            "Assassin’s Apprentice (The Farseer Trilogy, #1)",
            "Robin Hobb",
            "The Dark Forest",
        ),
    ] {
        let rated = |record: ProviderRecord| ProviderRecord {
            edition: Edition { ratings_count: Some(90_000), ..record.edition },
            ..record
        };
        let records = vec![
            rated(test_provider_record(g, 1, "9781900000017", lookalike, "Ann Hart")),
            rated(test_provider_record(i, 1, "9781900000017", lookalike, "Ann Hart")),
            test_provider_record(i, 0, DUNE_ISBN, volume, author),
        ];
        assert_eq!(
            volume_titles(&merge_records(&Query::from_free_text(query), records))[0],
            volume,
            "{query}"
        );
        // The title without its series still ranks above insignificant words in common.
        let bare = volume.split(" (").next().unwrap();
        let records = vec![
            rated(test_provider_record(
                g,
                1,
                "9781900000017",
                lookalike.trim_end_matches(" 1"),
                "Ann Hart",
            )),
            test_provider_record(g, 0, DUNE_ISBN, bare, author),
        ];
        assert_eq!(
            volume_titles(&merge_records(&Query::from_free_text(query), records))[0],
            bare,
            "{query}"
        );
    }
}

/// A provider's list of titles with their authors, editions and readers.
fn listed_candidates(list: &[(&str, &str, u32)]) -> Vec<ProviderRecord> {
    let one = |(rank, (title, author, editions)): (u32, &(&str, &str, u32))| ProviderRecord {
        provider_id: format!("OL{rank}W"),
        ..ProviderRecord::new(
            Provider::OpenLibrary,
            rank,
            Edition {
                edition_count: Some(*editions),
                title: (*title).to_owned(),
                authors: vec![(*author).to_owned()],
                ..Edition::default()
            },
        )
    };
    (0..).zip(list).map(one).collect()
}

#[test]
fn novels_of_a_series_come_before_books_about_it() {
    let potter = listed_candidates(&[
        ("Harry Potter Box Set: The Complete Collection (Books 1-7)", "J. K. Rowling", 30),
        ("Harry Potter: The Complete Collection (1-7)", "J.K. Rowling", 9),
        ("Harry Potter Power", "Victoria Sykley", 1),
        ("Harry Potter and International Relations", "Daniel H. Nexon", 5),
        ("Harry Potter and the Goblet of Fire", "J.K. Rowling", 300),
        ("Harry Potter and Philosophy", "David Baggett", 8),
        ("The Unofficial Harry Potter Cookbook", "Dinah Bucholz", 12),
        ("Harry Potter and the Philosopher's Stone", "J.K. Rowling", 900),
    ]);
    for query in [Query::from_free_text("harry potter"), Query::title_query("Harry Potter")] {
        let merged = merge_records(&query, potter.clone());
        let order = volume_titles(&merged);
        assert_eq!(
            order[..2],
            ["Harry Potter and the Philosopher's Stone", "Harry Potter and the Goblet of Fire",]
        );
        assert_eq!(order.len(), 8);
    }
    let sanderson = "Brandon Sanderson";
    let mistborn = listed_candidates(&[
        ("Mistborn: Secret History", sanderson, 9),
        ("Mistborn Trilogy", sanderson, 12),
        ("Mistborn Adventure Game", "Crafty Games", 2),
        ("The Alloy of Law (Mistborn, Book 4)", sanderson, 30),
        ("Brandon Sanderson's Fantasy Firsts (Mistborn)", sanderson, 1),
        ("The Final Empire (Mistborn, Book 1)", sanderson, 60),
        ("A Study of Mistborn", "Jane Smith", 90),
        ("The Well of Ascension", sanderson, 50),
        ("The Hero of Ages", sanderson, 45),
    ]);
    let merged = merge_records(&Query::from_free_text("mistborn"), mistborn);
    assert_eq!(
        volume_titles(&merged)[..6],
        [
            "The Final Empire (Mistborn, Book 1)",
            "The Alloy of Law (Mistborn, Book 4)",
            "Mistborn: Secret History",
            "The Well of Ascension",
            "The Hero of Ages",
            "A Study of Mistborn",
        ]
    );
    // The book with the exact title is first, and other books of its author follow.
    let dune = listed_candidates(&[
        ("Dune and Philosophy", "Jeffery Nicholas", 3),
        ("Dune: House Atreides", "Brian Herbert", 40),
        ("Dune: House Harkonnen", "Brian Herbert", 40),
        ("Dune Messiah", "Frank Herbert", 90),
        ("Dune", "Frank Herbert", 300),
    ]);
    let merged = merge_records(&Query::from_free_text("dune"), dune);
    assert_eq!(volume_titles(&merged)[..2], ["Dune", "Dune Messiah"]);
}

#[test]
fn equal_matches_are_ordered_by_popularity() {
    let merged = merge_records(
        &Query::author_query("Ann Hart"),
        listed_candidates(&[
            ("One", "Ann Hart", 1),
            ("Two", "Ann Hart", 40),
            ("Three", "Ann Hart", 40),
        ]),
    );
    assert_eq!(volume_titles(&merged), ["Two", "Three", "One"]);
    let read = |rank, number, title: &str, readers| ProviderRecord {
        edition: Edition {
            readers_count: Some(readers),
            ..test_provider_record(Provider::OpenLibrary, rank, number, title, "Ann Hart").edition
        },
        ..test_provider_record(Provider::OpenLibrary, rank, number, title, "Ann Hart")
    };
    let records = vec![read(0, DUNE_ISBN, "One", 3), read(1, "9780593099322", "Two", 900)];
    assert_eq!(
        volume_titles(&merge_records(&Query::author_query("Ann Hart"), records)),
        ["Two", "One"]
    );
}

#[test]
fn a_name_as_free_text_finds_the_author_before_the_biography() {
    let merged = merge_records(
        &Query::from_free_text("Jane Austen"),
        vec![
            test_provider_record(
                Provider::GoogleBooks,
                0,
                "9781900000000",
                "Jane Austen",
                "Carol Shields",
            ),
            test_provider_record(Provider::GoogleBooks, 1, "9781900000017", "Emma", "Jane Austen"),
            test_provider_record(
                Provider::GoogleBooks,
                2,
                "9781900000024",
                "Persuasion",
                "Jane Austen",
            ),
        ],
    );
    assert_eq!(volume_titles(&merged), ["Emma", "Persuasion", "Jane Austen"]);
    // "Jane Eyre" is the author of one work only here, so the title ranks first.
    let merged = merge_records(
        &Query::from_free_text("Jane Eyre"),
        vec![
            test_provider_record(
                Provider::GoogleBooks,
                0,
                "9781900000000",
                "Reader, I Married Him",
                "Jane Eyre",
            ),
            test_provider_record(
                Provider::GoogleBooks,
                1,
                "9780141441146",
                "Jane Eyre",
                "Charlotte Brontë",
            ),
        ],
    );
    assert_eq!(volume_titles(&merged)[0], "Jane Eyre");
}

#[test]
fn dirty_author_lists_are_cleaned() {
    let names = |names: &[&str]| {
        record_cleanup::clean_authors(
            &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        names(&["T.V. Suresh Kumar, B. Eswara Reddy, P. Raghavan"]),
        ["T.V. Suresh Kumar", "B. Eswara Reddy", "P. Raghavan"]
    );
    assert_eq!(names(&["Le Guin, Ursula K.", "Ursula K. Le Guin"]), ["Ursula K. Le Guin"]);
    assert_eq!(names(&["~autofilled~", " ", "Unknown"]), [""; 0]);
    assert_eq!(names(&["Jonathan Strahan (Editor)"]), ["Jonathan Strahan"]);
}

#[test]
fn ids_are_parsed_to_an_isbn_or_a_provider_s_id() {
    assert_eq!(
        AnswerVolumeId::parse("isbn-9780441172719"),
        Some(AnswerVolumeId::Isbn(isbn(DUNE_ISBN)))
    );
    assert_eq!(
        AnswerVolumeId::parse("g-B1hSG45JCX4C"),
        Some(AnswerVolumeId::Provider(Provider::GoogleBooks, "B1hSG45JCX4C".to_owned()))
    );
    for id in ["", "isbn-1", "B1hSG45JCX4C", "zz-1", "g-"] {
        assert_eq!(AnswerVolumeId::parse(id), None, "{id}");
    }
}

#[test]
fn a_record_is_verified_by_isbn_title_and_author() {
    let mut record =
        test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Dune", "Frank Herbert");
    assert!(carries_isbn(isbn(DUNE_ISBN), &record));
    assert!(!carries_isbn(isbn("9780593098233"), &record));
    record.edition.isbn13 = None;
    assert!(!carries_isbn(isbn(DUNE_ISBN), &record));
    record.edition.other_ids.push(IndustryIdentifier {
        kind: "ISBN_10".to_owned(),
        identifier: "0441172717".to_owned(),
    });
    assert!(carries_isbn(isbn(DUNE_ISBN), &record));

    let good_omens = ProviderRecord {
        edition: Edition {
            subtitle: Some("The Nice and Accurate Prophecies".to_owned()),
            authors: vec!["Terry Pratchett".to_owned(), "Neil Gaiman".to_owned()],
            ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Good Omens", "").edition
        },
        ..test_provider_record(Provider::GoogleBooks, 0, DUNE_ISBN, "Good Omens", "")
    };
    for (title, author, is_it) in [
        ("Good Omens", Some("Neil Gaiman"), true),
        ("Good Omens (Good Omens, #1)", Some("Gaiman, Neil"), true),
        (
            "Good Omens: The Nice and Accurate Prophecies",
            Some("Neil Gaiman & Terry Pratchett"),
            true,
        ),
        ("good omens", Some("Neil Gaiman, Terry Pratchett"), true),
        ("Good Omens", Some("Gaiman Neil"), true),
        ("Good Omens", None, true),
        ("Good Omens", Some("Stephen King"), false),
        ("Bad Omens", Some("Neil Gaiman"), false),
        ("Good Omens: The Script Book", Some("Neil Gaiman"), false),
    ] {
        let asked = ComparableBook::of_request(title, author);
        assert_eq!(asked.matches(&ComparableBook::of(&good_omens)), is_it, "{title} {author:?}");
    }
}

fn arbitrary_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Dune".to_owned()),
        Just("DUNE (Dune, #1)".to_owned()),
        Just("Dune: A Novel".to_owned()),
        Just("Mistborn: The Final Empire".to_owned()),
        Just("Summary of Dune".to_owned()),
        "[A-Za-zé:()#, 1-3\"]{0,14}",
        ".{0,8}",
    ]
}

fn arbitrary_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Frank Herbert".to_owned()),
        Just("Herbert, Frank".to_owned()),
        Just("A B, C D, E F".to_owned()),
        "[A-Z][a-z]{0,5}[,.]? ?[A-Z]?[a-z(]{0,4}( Jr\\.| PhD|, M\\.D\\.)?( \\(Editor\\))?",
        ".{0,8}",
    ]
}

fn any_isbn() -> impl Strategy<Value = Isbn13> {
    (0_u32..5)
        .prop_map(|n| Isbn13::from_first_twelve(format!("9780000000{n}1").as_bytes()).unwrap())
}

fn any_record() -> impl Strategy<Value = ProviderRecord> {
    let who = (prop::sample::select(Provider::ALL.to_vec()), 0_u32..6, "[A-Za-z/]{0,2}");
    let detail = (
        prop::option::weighted(0.7, any_isbn()),
        prop::option::of("OL[1-3]W"),
        arbitrary_text(),
        prop::option::of(arbitrary_text()),
        prop::collection::vec(arbitrary_name(), 0..3),
        prop::collection::vec(any_isbn(), 0..3),
    );
    let more = (
        prop::option::of(arbitrary_text()),
        prop::option::of("[12][0-9]{3}(-0[1-9])?"),
        prop::option::of(arbitrary_text()),
        prop::option::of(0_u32..3),
        prop::collection::vec(arbitrary_text(), 0..3),
        prop::option::of((0.0_f32..6.0, prop::option::of(0_u32..50))),
        prop::option::of(".{0,6}|http://x/(&edge=curl){0,2}"),
        prop::option::of("en|fr"),
        prop::option::of("DVD|Paperback"),
        (
            prop::collection::vec(".{1,5}", 0..2),
            prop::collection::vec("en|de", 0..3),
            prop::option::of("Dune, #[1-3]"),
            prop::option::of(1_u32..9),
        ),
    );
    (who, detail, more).prop_map(|(who, detail, more)| ProviderRecord {
        provider: who.0,
        rank: who.1,
        provider_id: who.2,
        item_id: None,
        work_id: detail.1,
        edition_isbns: detail.5,
        edition: Edition {
            isbn13: detail.0,
            title: detail.2,
            subtitle: detail.3,
            authors: detail.4,
            publisher: more.0,
            published_date: more.1,
            description: more.2,
            page_count: more.3,
            categories: more.4,
            average_rating: more.5.map(|(average, _)| average),
            ratings_count: more.5.and_then(|(_, count)| count),
            image: more.6.clone(),
            small_image: more.6,
            language: more.7,
            binding: more.8,
            languages: more.9.1,
            series: more.9.2,
            edition_count: more.9.3,
            readers_count: more.9.3,
            other_ids: more
                .9
                .0
                .into_iter()
                .map(|identifier| IndustryIdentifier { kind: "OTHER".to_owned(), identifier })
                .collect(),
        },
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    prop_oneof![
        Just(Query::from_free_text("Dune")),
        Just(Query::from_free_text("Dune Frank Herbert")),
        Just(Query::author_query("Frank Herbert")),
        Just(Query::title_query("Dune")),
        Just(Query::title_author_query(Some("Dune"), Some("Herbert, Frank"))),
        any_isbn().prop_map(Query::isbn_query),
        ".{0,12}".prop_map(|text| Query::from_free_text(&text)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_order_of_the_input_does_not_matter(
        query in any_query(),
        (given, shuffled) in prop::collection::vec(any_record(), 0..10)
            .prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle())),
    ) {
        prop_assert_eq!(volumes_json(&merge_records(&query, given)), volumes_json(&merge_records(&query, shuffled)));
    }

    #[test]
    fn merging_a_result_again_changes_nothing(
        query in any_query(),
        given in prop::collection::vec(any_record(), 0..10),
    ) {
        let once = merge_records(&query, given);
        let again = merge_records(&query, candidates_of(&once));
        prop_assert_eq!(volumes_json(&again), volumes_json(&once));
    }

    #[test]
    fn an_edition_is_in_the_answer_exactly_once(
        query in any_query(),
        given in prop::collection::vec(any_record(), 0..10),
    ) {
        let merged = merge_records(&query, given.clone());
        let mut ids: Vec<&str> = merged.iter().map(|volume| volume.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
        if query.isbn13().is_none() {
            for candidate in given.iter().filter(|c| c.edition.title.contains(char::is_alphanumeric)) {
                if let Some(isbn) = candidate.isbn() {
                    prop_assert!(merged.iter().any(|v| v.id == format!("isbn-{isbn}")), "{}", isbn);
                }
            }
        }
    }

    #[test]
    fn links_are_https(given in prop::collection::vec(any_record(), 0..6)) {
        for volume in merge_records(&Query::title_query("Dune"), given) {
            if let Some(link) = volume.edition.image {
                prop_assert!(link.starts_with("https://") && !link.contains("edge=curl"), "{}", link);
            }
        }
    }
}
