//! The emulator's bodies against recorded ones: each key of a real answer is in some answer of
//! the emulator, with the same type. The recorded bodies are beside the project and may be absent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::EmulatorTestSetup;
use crate::emulator_request::Provider;

pub(super) fn recorded_answer(name: &str) -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/json").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap())
}

type Shape = BTreeMap<String, BTreeSet<&'static str>>;

fn collect_member_types(path: &str, value: &Value, json_member_types: &mut Shape) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    json_member_types.entry(path.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| {
                collect_member_types(&format!("{path}[]"), item, json_member_types)
            });
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect_member_types(&format!("{path}.{name}"), member, json_member_types);
            }
        }
        _ => {}
    }
}

fn json_member_types<'a>(bodies: impl IntoIterator<Item = &'a Value>) -> Shape {
    let mut all = Shape::new();
    bodies.into_iter().for_each(|body| collect_member_types("", body, &mut all));
    all
}

#[track_caller]
fn assert_covers(ours: &Shape, recorded: &Value, left_out: &[&str]) {
    for (path, kinds) in json_member_types([recorded]) {
        if left_out.iter().any(|prefix| path.starts_with(prefix)) {
            continue;
        }
        let here =
            ours.get(&path).unwrap_or_else(|| panic!("a real answer has {path}, ours never"));
        let alike = kinds.iter().any(|kind| here.contains(kind) || *kind == "null");
        assert!(alike, "{path} is {kinds:?} in a real answer, {here:?} in ours");
    }
}

#[test]
fn google_lists_and_details_have_the_recorded_keys() {
    let world = EmulatorTestSetup::new(2);
    let mut lists = Vec::new();
    let mut details = Vec::new();
    for edition in &world.catalogue.editions {
        lists.push(
            world.emulator_reply_json(
                Provider::Google,
                &format!("volumes?q=isbn:{}", edition.isbn13),
            ),
        );
        details.push(
            world.emulator_reply_json(Provider::Google, &format!("volumes/{}", edition.google_id)),
        );
    }
    for name in [
        "search_volumes_2items_total1499",
        "search_isbn_9780000000000_unrelated_2026",
        "search_isbn_9781521748830_wrong_check_digit_2026",
        "quirk_items_other_ids_no_authors",
    ] {
        let Some(recorded) = recorded_answer(&format!("google-books/{name}.json")) else { return };
        assert_covers(&json_member_types(&lists), &recorded, &[]);
    }
    for name in ["volume_detail_en", "volume_detail_fr", "volume_detail_offers_layerinfo"] {
        let Some(recorded) = recorded_answer(&format!("google-books/{name}.json")) else { return };
        assert_covers(&json_member_types(&details), &recorded, &[]);
    }
}

#[test]
fn isbndb_answers_have_the_recorded_keys_in_both_generations() {
    for (generation, files) in [
        (
            1,
            &[
                ("gen1_book", "book"),
                ("gen1_author", "author"),
                ("gen1_authors_query", "authors"),
                ("gen1_books_query", "books"),
                ("gen1_search_books", "search"),
            ] as &[_],
        ),
        (
            2,
            &[
                ("book_modern_9781338878929", "book"),
                ("v27_example_book", "book"),
                ("v27_example_author", "author"),
            ],
        ),
    ] {
        let world = EmulatorTestSetup::new(generation);
        for (file, endpoint) in files {
            let Some(recorded) = recorded_answer(&format!("isbndb/{file}.json")) else { return };
            let bodies: Vec<Value> = world
                .catalogue
                .editions
                .iter()
                .filter(|edition| !edition.authors.is_empty())
                .map(|edition| {
                    let author = edition.authors[0].replace(' ', "_");
                    let target = match *endpoint {
                        "book" => format!("book/{}?with_prices=1", edition.isbn13),
                        "author" => format!("author/{author}"),
                        "authors" => format!("authors/{author}"),
                        "books" => {
                            format!("books/{}", edition.title.replace(' ', "%20").replace('?', ""))
                        }
                        _ => format!("search/books?author={}", edition.authors[0]),
                    };
                    world.emulator_reply_json(Provider::Isbndb, &target.replace("%20", "_"))
                })
                .collect();
            assert_covers(&json_member_types(&bodies), &recorded, &[]);
        }
    }
}

#[test]
fn open_library_results_have_the_recorded_keys() {
    let world = EmulatorTestSetup::new(2);
    let Some(recorded) = recorded_answer("open-library/search_with_fields_param_real_2026.json")
    else {
        return;
    };
    let asked = "fields=key,title,author_name,author_key,cover_i,first_publish_year,isbn,language,number_of_pages_median,publisher,subject";
    let bodies: Vec<Value> = world
        .catalogue
        .editions
        .iter()
        .map(|e| {
            world.emulator_reply_json(
                Provider::OpenLibrary,
                &format!("search.json?isbn={}&{asked}", e.isbn13),
            )
        })
        .collect();
    assert_covers(&json_member_types(&bodies), &recorded, &[]);
}
