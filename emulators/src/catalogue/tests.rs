use super::*;
use crate::emulator_request::Provider;

fn catalogue_of_csv(csv: &str, options: CatalogueContentOptions) -> BookCatalogue {
    catalogue_from_files(&[csv.as_bytes().to_vec()], options)
}

const WITH_LOOKALIKES: CatalogueContentOptions =
    CatalogueContentOptions { lookalikes: true, complete: false };
const WITHOUT_LOOKALIKES: CatalogueContentOptions =
    CatalogueContentOptions { lookalikes: false, complete: true };

#[test]
fn a_wrong_check_digit_is_catalogued_under_the_right_one() {
    let catalogue = catalogue_of_csv(
        "Title,Author,ISBN-13\nCragside,LJ Ross,9781521748830\nEmma,Jane Austen,\n",
        WITHOUT_LOOKALIKES,
    );
    assert!(catalogue.by_isbn13("9781521748830").is_none());
    let found =
        catalogue.by_isbn13("9781521748831").and_then(|at| catalogue.edition_by_index(at)).unwrap();
    assert_eq!(found.title, "Cragside");
    let emma = catalogue.editions.iter().find(|edition| edition.title == "Emma").unwrap();
    assert!(isbn::is_valid_isbn(&emma.isbn13), "a row without an ISBN has an invented one");
}

#[test]
fn rows_of_one_work_become_its_editions() {
    let catalogue = catalogue_of_csv(
        "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\nDune,Frank Herbert,9780739354193\n\
         Messiah,Frank Herbert,9780441172719\nDune,Frank Herbert,\n",
        WITHOUT_LOOKALIKES,
    );
    // The two examples that every provider has.
    assert_eq!(catalogue.editions.len(), 3 + 2);
    assert_eq!(catalogue.works.len(), 2 + 2);
    assert_eq!(catalogue.works[0].editions.len(), 2);
    let isbns: std::collections::HashSet<_> =
        catalogue.editions.iter().map(|edition| &edition.isbn13).collect();
    assert_eq!(isbns.len(), 3 + 2);
}

#[test]
fn the_built_in_library_has_lookalikes_of_every_kind() {
    let catalogue = catalogue_from_files(&[], WITH_LOOKALIKES);
    let listed: Vec<_> = catalogue
        .editions
        .iter()
        .filter(|edition| edition.kind == EditionRelationToLibrary::Listed)
        .collect();
    assert!(listed.len() >= 40, "{}", listed.len());
    for row in library_row_reader::read_library_rows(catalogue_loader::BUILT_IN) {
        assert!(matches!(row.isbn, isbn::CatalogueIsbnCell::Valid(_)), "{row:?}");
    }
    for kind in [
        EditionRelationToLibrary::OtherEdition,
        EditionRelationToLibrary::Translation,
        EditionRelationToLibrary::Guide,
        EditionRelationToLibrary::BoxSet,
        EditionRelationToLibrary::Sampler,
        EditionRelationToLibrary::SameTitle,
        EditionRelationToLibrary::Homonym,
        EditionRelationToLibrary::OtherWork,
        EditionRelationToLibrary::NotABook,
        EditionRelationToLibrary::Placeholder,
        EditionRelationToLibrary::Example,
    ] {
        assert!(catalogue.editions.iter().any(|edition| edition.kind == kind), "{kind:?}");
    }
    for language in ["en", "fr", "es", "de", "ja", "zh", "ru", "ar", "ko"] {
        assert!(listed.iter().any(|edition| edition.language == language), "{language}");
    }
    assert!(catalogue.editions.iter().all(|edition| isbn::is_valid_isbn(&edition.isbn13)));
    assert!(
        listed.iter().any(|edition| edition.known != [true; 3]),
        "at least one provider lacks a book"
    );
}

#[test]
fn the_same_library_makes_the_same_catalogue() {
    let make = || {
        let catalogue = catalogue_from_files(&[], WITH_LOOKALIKES);
        catalogue
            .editions
            .iter()
            .map(|e| format!("{}{}{}{:?}", e.isbn13, e.google_id, e.ol_number, e.known))
            .collect::<Vec<_>>()
    };
    assert_eq!(make(), make());
}

#[test]
fn search_finds_words_and_the_right_book_is_not_always_first() {
    let catalogue =
        catalogue_from_files(&[], CatalogueContentOptions { lookalikes: true, complete: true });
    let mut first = 0;
    let mut asked = 0;
    for (at, edition) in catalogue.editions.iter().enumerate() {
        if edition.kind != EditionRelationToLibrary::Listed {
            continue;
        }
        let words = search_tokenization::tokenize_for_search(&edition.title);
        let found = catalogue.search_editions(&SearchIndexQuery {
            provider: Provider::Google,
            title: Vec::new(),
            author: Vec::new(),
            anywhere: words,
            prohibited: Vec::new(),
            least: 1.0,
            salt: &edition.title,
        });
        assert!(found.contains(&at), "{}", edition.title);
        asked += 1;
        if found.first().and_then(|f| catalogue.edition_by_index(*f)).map(|e| e.work)
            == Some(edition.work)
        {
            first += 1;
        }
    }
    assert!(first < asked, "the order must not be perfect");
    assert!(first * 10 > asked * 6, "the order must not be useless: {first} of {asked}");
}
