//! The behaviours that make the real services hard to use.

use serde_json::Value;

use super::{EmulatorTestSetup, settings_of_api_generation, test_request};
use crate::catalogue::EditionRelationToLibrary;
use crate::emulated_provider_admission::{
    EmulatedAdmissionInput, EmulatedProviderApiKeys, EmulatedProviderLimiters,
};
use crate::emulator_request::Provider;
use crate::isbndb;
use crate::settings::EmulatorSettings;

const DUNE_ISBN: &str = "9780441172719";

fn google_isbns(body: &Value) -> Vec<String> {
    let items = body["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .flat_map(|item| {
            item["volumeInfo"]["industryIdentifiers"].as_array().cloned().unwrap_or_default()
        })
        .filter_map(|identifier| identifier["identifier"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn google_ignores_the_check_digit_and_omits_empty_items() {
    let world = EmulatorTestSetup::new(2);
    let right = world.emulator_reply_json(Provider::Google, "volumes?q=isbn:9780441172719");
    let wrong = world.emulator_reply_json(Provider::Google, "volumes?q=isbn:9780441172710");
    assert_eq!(google_isbns(&right), google_isbns(&wrong));
    assert!(google_isbns(&right).iter().any(|isbn| isbn == DUNE_ISBN || isbn == "0441172717"));
    assert_eq!(
        google_isbns(&world.emulator_reply_json(Provider::Google, "volumes?q=9780441172719")),
        google_isbns(&right)
    );
    assert!(
        world
            .emulator_reply_json(Provider::Google, "volumes?q=9780441172710")
            .get("items")
            .is_none()
    );
    let placeholder = world.emulator_reply_json(Provider::Google, "volumes?q=isbn:9780000000000");
    assert_eq!(placeholder["totalItems"], 3);
    assert!(google_isbns(&placeholder).contains(&"9780000000002".to_owned()));
}

#[test]
fn google_search_differs_from_detail() {
    let world = EmulatorTestSetup::new(2);
    let first =
        &world.emulator_reply_json(Provider::Google, "volumes?q=isbn:9780441172719")["items"][0];
    let id = first["id"].as_str().unwrap();
    let detail = world.emulator_reply_json(Provider::Google, &format!("volumes/{id}"));
    assert_ne!(first["volumeInfo"], detail["volumeInfo"]);
    let descriptions: Vec<String> = world
        .catalogue
        .editions
        .iter()
        .filter_map(|edition| {
            let detail = world
                .emulator_reply_json(Provider::Google, &format!("volumes/{}", edition.google_id));
            detail["volumeInfo"]["description"].as_str().map(str::to_owned)
        })
        .collect();
    assert!(descriptions.len() > 50, "{} have one", descriptions.len());
    assert!(descriptions.iter().all(|text| text.contains("<b>")), "a detail's description is HTML");
}

#[test]
fn google_finds_nothing_for_a_series_bracket() {
    let world = EmulatorTestSetup::new(2);
    let with = world.emulator_reply_json(
        Provider::Google,
        "volumes?q=intitle:%22The+Farthest+Shore+(Earthsea+Cycle,+%233)%22",
    );
    assert_eq!(with, serde_json::json!({ "kind": "books#volumes", "totalItems": 0 }));
    let without =
        world.emulator_reply_json(Provider::Google, "volumes?q=intitle:%22The+Farthest+Shore%22");
    assert!(without["totalItems"].as_u64().unwrap() > 0);
}

#[test]
fn google_pages_overlap_and_totals_never_pass_300() {
    let world = EmulatorTestSetup::new(2);
    let mut repeated = 0;
    for q in ["the", "of", "river", "a", "in", "the of", "garden", "letters", "season", "silent"] {
        let mut seen: Vec<String> = Vec::new();
        for start in [0, 10, 20, 30] {
            let body = world.emulator_reply_json(
                Provider::Google,
                &format!("volumes?q={q}&startIndex={start}"),
            );
            assert!(body["totalItems"].as_u64().unwrap() <= 300);
            for item in body["items"].as_array().into_iter().flatten() {
                let id = item["id"].as_str().unwrap().to_owned();
                repeated += usize::from(seen.contains(&id));
                seen.push(id);
            }
        }
        let past =
            world.emulator_reply_json(Provider::Google, &format!("volumes?q={q}&startIndex=4000"));
        assert_eq!(past["totalItems"], 0);
    }
    assert!(repeated > 0);
    let twice = world.catalogue.editions.iter().any(|edition| {
        let word = edition.title.split(' ').nth(1).unwrap_or("the");
        let body = world.emulator_reply_json(Provider::Google, &format!("volumes?q={word}"));
        let ids: Vec<&Value> =
            body["items"].as_array().into_iter().flatten().map(|item| &item["id"]).collect();
        ids.iter().enumerate().any(|(at, id)| ids.iter().skip(at + 1).any(|other| other == id))
    });
    assert!(twice, "a page with one volume twice");
}

#[test]
fn isbndb_values_have_every_listed_quirk() {
    let world = EmulatorTestSetup::new(2);
    let records: Vec<Value> = world
        .catalogue
        .editions
        .iter()
        .map(|edition| {
            world.emulator_reply_json(Provider::Isbndb, &format!("book/{}", edition.isbn13))["book"]
                .clone()
        })
        .collect();
    let any = |test: &dyn Fn(&Value) -> bool| records.iter().any(test);
    assert!(any(&|b| b["date_published"].is_u64()));
    assert!(any(&|b| b["date_published"] == "-"));
    assert!(any(&|b| b["date_published"].as_str().is_some_and(|d| d.ends_with('z'))));
    assert!(any(&|b| b["pages"].is_string()) && any(&|b| b["pages"].is_array()));
    assert!(any(&|b| b["authors"].is_object()));
    assert!(any(&|b| b["authors"].as_array().is_some_and(|a| a.contains(&Value::Null))));
    assert!(any(&|b| b["subjects"].is_object()));
    assert!(any(&|b| b["msrp"].is_u64()) && any(&|b| b["msrp"] == "N/A"));
    assert!(any(&|b| b["language"] == "en_US") && any(&|b| b["language"] == "English"));
    assert!(any(&|b| b["authors"][0] == "~autofilled~"));
    assert!(any(&|b| b["binding"] == "DVD") && any(&|b| b["binding"] == "Audio CD"));
    assert!(any(&|b| b["reviews"].is_array()) && any(&|b| b["related"].is_object()));
    assert!(any(&|b| b.get("excerpt") == Some(&Value::Null)) && any(&|b| b["excerpt"].is_string()));
}

#[test]
fn google_values_have_every_listed_quirk() {
    let world = EmulatorTestSetup::new(2);
    let records: Vec<Value> = world
        .catalogue
        .editions
        .iter()
        .filter_map(|edition| {
            let list = world
                .emulator_reply_json(Provider::Google, &format!("volumes?q={}", edition.isbn13));
            list.get("items").map(|items| items[0].clone())
        })
        .collect();
    let info = |test: &dyn Fn(&Value) -> bool| records.iter().any(|v| test(&v["volumeInfo"]));
    let identified = |kind: &str, start: &str| {
        info(&|i| {
            i["industryIdentifiers"].as_array().into_iter().flatten().any(|id| {
                id["type"] == kind
                    && id["identifier"].as_str().is_some_and(|n| n.starts_with(start))
            })
        })
    };
    for (kind, start) in
        [("OTHER", "UOM:"), ("OTHER", "OCLC:"), ("OTHER", "STANFORD:"), ("ISSN", "")]
    {
        assert!(identified(kind, start), "{kind} {start}");
    }
    for name in ["authors", "publisher", "publishedDate", "description", "imageLinks", "categories"]
    {
        assert!(info(&|i| i.get(name).is_none()), "{name} is never missing");
    }
    assert!(info(&|i| i.get("industryIdentifiers").is_none()));
    assert!(info(&|i| i["pageCount"] == 0));
    assert!(info(&|i| i["averageRating"].is_u64()) && info(&|i| i["averageRating"].is_f64()));
    assert!(info(&|i| i["language"] == "zh-CN"));
    let text = |path: &str, part: &str| {
        records
            .iter()
            .any(|v| v.pointer(path).and_then(Value::as_str).is_some_and(|t| t.contains(part)))
    };
    for part in ["&nbsp;", "&#39;", "&quot;", "<b>", "<br>\n"] {
        assert!(text("/searchInfo/textSnippet", part), "{part}");
    }
    assert!(text("/volumeInfo/description", "\u{fffd}"));
    assert!(text("/volumeInfo/publisher", "\""));
    assert!(text("/volumeInfo/publishedDate", "??") && text("/volumeInfo/publishedDate", "T00:"));
    assert!(text("/volumeInfo/imageLinks/thumbnail", "http://"));
}

#[test]
fn isbndb_lists_end_at_10_000_books() {
    let hits: Vec<usize> = (0..12_000).collect();
    let page = |query: &str| {
        let incoming = test_request(&format!("author/a?{query}"), &[], "");
        isbndb::page_slice(&incoming, &hits).2.to_vec()
    };
    assert_eq!(page("").len(), 20);
    assert_eq!(page("pageSize=5000").len(), 1_000);
    assert_eq!(page("pageSize=1000&page=10").last(), Some(&9_999));
    assert!(page("pageSize=1000&page=11").is_empty());
    assert_eq!(page("pageSize=300&page=34").len(), 100, "the 10,000th book is on this page");
}

#[test]
fn isbndb_generations_differ_where_the_api_was_rewritten() {
    let (old, new) = (EmulatorTestSetup::new(1), EmulatorTestSetup::new(2));
    let book = |world: &EmulatorTestSetup| {
        world.emulator_reply_json(Provider::Isbndb, "book/9780441172719")["book"].clone()
    };
    assert_eq!(book(&old)["isbn"], "0441172717");
    assert_eq!(book(&new)["isbn"], DUNE_ISBN);
    assert_eq!(book(&new)["isbn10"], "0441172717");
    assert!(old.emulator_reply_json(Provider::Isbndb, "books/dune").get("books").is_some());
    assert!(new.emulator_reply_json(Provider::Isbndb, "books/dune").get("data").is_some());
    assert!(
        old.emulator_reply_json(Provider::Isbndb, "author/frank_herbert").get("total").is_none()
    );
    assert!(
        new.emulator_reply_json(Provider::Isbndb, "author/herbert,%20frank")["total"]
            .as_u64()
            .unwrap()
            >= 2
    );
    assert_eq!(
        new.request_reply(Provider::Isbndb, &format!("author/{}", "a".repeat(151))).status,
        400
    );
    assert_eq!(new.request_reply(Provider::Isbndb, "author/%ff%fe").status, 400);
    assert_eq!(new.request_reply(Provider::Isbndb, "author/nobody%20at%20all").status, 404);
}

#[test]
fn isbndb_searches_every_column() {
    let world = EmulatorTestSetup::new(2);
    let year = world.catalogue.editions[0].publication_date().0;
    let subject = world.catalogue.editions[0].subjects()[0].to_lowercase().replace(' ', "_");
    for target in [
        format!("books/{year}?column=date_published&pageSize=1000"),
        format!("books/{subject}?column=subjects&pageSize=1000"),
        "books/dune?column=title&shouldMatchAll=1".to_owned(),
        "books/frank_herbert?column=author&pageSize=1000".to_owned(),
        "search/books?text=dune&author=herbert".to_owned(),
        format!(
            "search/books?subject={subject}&publishedFrom={year}&publishedTo={year}&pageSize=1000"
        ),
        "search/books?isbn=0441172717".to_owned(),
    ] {
        let body = world.emulator_reply_json(Provider::Isbndb, &target);
        let isbns: Vec<&Value> =
            body["data"].as_array().unwrap().iter().map(|book| &book["isbn13"]).collect();
        assert!(isbns.contains(&&Value::from(DUNE_ISBN)), "{target}: {isbns:?}");
    }
    let nothing =
        world.emulator_reply_json(Provider::Isbndb, "search/books?text=dune&publisher=nobody");
    assert_eq!(nothing["total"], 0);
    assert_eq!(world.request_reply(Provider::Isbndb, "search/books").status, 400);
    assert!(
        world.emulator_reply_json(Provider::Isbndb, "stats")["publishers"].as_u64().unwrap() > 10
    );
}

#[test]
fn isbndb_bulk_drops_the_unknown_and_is_bounded_by_the_plan() {
    let world = EmulatorTestSetup::new(2);
    let body = format!("{{\"isbns\":[\"{DUNE_ISBN}\",\"9789999999991\",\"0441172717\"]}}");
    let reply = world.ask_with(Provider::Isbndb, "books", &body);
    let found: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((found["total"].as_u64(), found["requested"].as_u64()), (Some(1), Some(3)));
    let many = format!("isbns={}", vec![DUNE_ISBN; 101].join(","));
    assert_eq!(world.ask_with(Provider::Isbndb, "books", &many).status, 400);
    let premium = EmulatorSettings {
        plan: crate::settings::IsbndbPlan::Premium,
        ..settings_of_api_generation(2)
    };
    let premium = EmulatorTestSetup { settings: premium, ..EmulatorTestSetup::new(2) };
    assert_eq!(premium.ask_with(Provider::Isbndb, "books", &many).status, 200);
    // A key whose bulk size differs from its plan's.
    for (size, status) in [(101, 200), (100, 400), (0, 400)] {
        let settings =
            EmulatorSettings { isbndb_bulk: Some(size), ..settings_of_api_generation(2) };
        let own = EmulatorTestSetup { settings, ..EmulatorTestSetup::new(2) };
        assert_eq!(own.ask_with(Provider::Isbndb, "books", &many).status, status, "{size}");
    }
}

#[test]
fn isbndb_charges_bulk_per_isbn_and_checks_the_key() {
    let keys = EmulatedProviderApiKeys { google: Vec::new(), isbndb: vec!["secret".to_owned()] };
    let settings = EmulatorSettings { isbndb_daily: Some(10), ..settings_of_api_generation(2) };
    let mut limits = EmulatedProviderLimiters::default();
    let mut admit = |target: &str, key: &str, body: &str, plan: Option<&str>, now_ms: u64| {
        let admission_input =
            EmulatedAdmissionInput { settings: &settings, keys: &keys, now_ms, charge: true };
        let mut incoming = test_request(target, &[("authorization", key)], body);
        incoming.host_plan = plan.map(str::to_owned);
        isbndb::check_limits(&mut limits, admission_input, &incoming)
    };
    assert_eq!(admit("books", "secret", "isbns=1,2,3,4", None, 0).units, 4);
    let fast = admit("book/1", "secret", "", None, 300);
    assert_eq!(fast.refused.map(|reply| reply.status), Some(429));
    assert_eq!(fast.headers[0].1, "\"rate\";r=0;t=1, \"daily\";r=6;t=86400");
    let bulk = admit("books", "secret", "isbns=1,2,3,4,5,6,7", None, 2_000);
    assert_eq!(
        bulk.refusal,
        Some(crate::request_log::EmulatedLimitRefusal::Quota),
        "seven units do not fit in six"
    );
    let next = admit("book/1", "secret", "", None, 4_000);
    assert_eq!(next.headers[0].1, "\"rate\";r=58;t=56, \"daily\";r=5;t=86396");
    let status = |admission: crate::emulated_provider_admission::EmulatedAdmissionDecision| {
        admission.refused.map(|reply| reply.status)
    };
    assert_eq!(status(admit("book/1", "Bearer secret", "", None, 6_000)), Some(401));
    assert_eq!(status(admit("book/1", "secret", "", Some("premium"), 6_000)), Some(403));
    assert_eq!(status(admit("book/1", "secret", "", Some("nowhere"), 6_000)), Some(403));
    assert_eq!(status(admit("book/1", "secret", "", Some("basic"), 6_000)), None);
    assert_eq!(
        status(admit("book/1", "secret", "", Some("academic"), 8_000)),
        None,
        "the two plans share a host"
    );
    assert_eq!(status(admit("book/1", "secret", "", None, 86_400_000)), None, "a new day");
}

#[test]
fn open_library_trims_fields_and_unites_the_editions_of_a_work() {
    let world = EmulatorTestSetup::new(2);
    let doc =
        world.emulator_reply_json(Provider::OpenLibrary, "search.json?q=9780441172719")["docs"][0]
            .clone();
    assert_eq!(doc["title"], "Dune");
    assert!(doc.get("isbn").is_none() && doc.get("publisher").is_none());
    let asked = world.emulator_reply_json(
        Provider::OpenLibrary,
        "search.json?isbn=978-0-441-17271-9&fields=isbn,editions,editions.isbn",
    );
    let doc = &asked["docs"][0];
    assert!(doc["isbn"].as_array().unwrap().iter().any(|isbn| isbn == DUNE_ISBN));
    assert!(doc.get("title").is_none());
    assert_eq!(doc["editions"]["docs"][0]["isbn"][1], DUNE_ISBN);
    let united = world.catalogue.works.iter().any(|work| work.editions.len() > 2);
    assert!(united);
}

#[test]
fn open_library_redirects_isbns_and_merged_records() {
    let world = EmulatorTestSetup::new(2);
    let mut merged = 0;
    for edition in world.catalogue.editions.iter().filter(|e| {
        e.kind == EditionRelationToLibrary::Listed || e.kind == EditionRelationToLibrary::OtherWork
    }) {
        let reply =
            world.request_reply(Provider::OpenLibrary, &format!("isbn/{}.json", edition.isbn13));
        assert_eq!(reply.status, 302);
        let (_, location) = reply.headers.iter().find(|(name, _)| *name == "location").unwrap();
        let record = world.emulator_reply_json(
            Provider::OpenLibrary,
            location.strip_prefix("/openlibrary/").unwrap(),
        );
        if record["type"]["key"] == "/type/redirect" {
            merged += 1;
            let target = format!("{}.json", &record["location"].as_str().unwrap()[1..]);
            assert_eq!(
                world.emulator_reply_json(Provider::OpenLibrary, &target)["title"],
                edition.title.as_str()
            );
        } else {
            assert_eq!(record["title"], edition.title.as_str());
        }
    }
    assert!(merged > 0);
    assert_eq!(world.request_reply(Provider::OpenLibrary, "isbn/0441172710.json").status, 404);
    assert_eq!(world.request_reply(Provider::OpenLibrary, "isbn/0441172717.json").status, 302);
}

#[test]
fn open_library_bulk_look_up_repeats_the_keys() {
    let world = EmulatorTestSetup::new(2);
    let body = world.emulator_reply_json(
        Provider::OpenLibrary,
        "api/books.json?bibkeys=ISBN:0441172717,9780441172719,ISBN:9789999999991&format=json&jscmd=data",
    );
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["9780441172719", "ISBN:0441172717"]);
    assert_eq!(body["ISBN:0441172717"]["authors"][0]["name"], "Frank Herbert");
    let script =
        world.request_reply(Provider::OpenLibrary, "api/books.json?bibkeys=ISBN:0441172717");
    assert!(script.body.starts_with(b"var _OLBookInfo = {"));
}

#[test]
fn open_library_has_moved_its_bare_look_up() {
    let world = EmulatorTestSetup::new(2);
    let gone =
        world.request_reply(Provider::OpenLibrary, "api/books?bibkeys=ISBN:0441172717&format=json");
    assert_eq!(gone.status, 404);
    assert_eq!(gone.headers[0].1, "application/json");
}

#[test]
fn open_library_searches_for_many_numbers() {
    let world = EmulatorTestSetup::new(2);
    let body = world.emulator_reply_json(
        Provider::OpenLibrary,
        "search.json?q=isbn:(9780441172719 OR 9780140328721 OR 9789999999991)&fields=isbn,editions,editions.isbn,editions.publisher",
    );
    let docs = body["docs"].as_array().unwrap();
    assert_eq!(docs.len(), 2);
    let has = |doc: &Value, isbn: &str| {
        doc["isbn"].as_array().unwrap().contains(&isbn.into())
            && doc["editions"]["docs"][0]["isbn"].as_array().unwrap().contains(&isbn.into())
    };
    assert!(has(&docs[0], "9780441172719") && has(&docs[1], "9780140328721"), "{body}");
    assert!(docs[0]["editions"]["docs"][0]["publisher"].is_array());
}

#[test]
fn open_library_finds_a_work_by_its_full_key_only() {
    let world = EmulatorTestSetup::new(2);
    let all = world.emulator_reply_json(Provider::OpenLibrary, "search.json?q=dune&fields=key");
    let key = all["docs"][0]["key"].as_str().unwrap();
    let found = |q: &str| {
        let body = world
            .emulator_reply_json(Provider::OpenLibrary, &format!("search.json?q={q}&fields=key"));
        let docs = body["docs"].as_array().cloned().unwrap_or_default();
        docs.iter()
            .map(|doc| doc["key"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&format!("key:{key}")), [key]);
    assert!(found(&format!("key:{}", key.trim_start_matches("/works/"))).is_empty());
    assert!(found("key:/works/OL1W").is_empty());
}
