//! Error bodies are compared with recorded ones, member by member.

use serde_json::Value;

use super::shapes::recorded_answer;
use super::{EmulatorTestSetup, settings_of_api_generation, test_request};
use crate::emulated_provider_admission::{
    EmulatedAdmissionInput, EmulatedProviderApiKeys, EmulatedProviderLimiters,
};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_request::Provider;
use crate::{google, isbndb, open_library};

fn parse_body_json(reply: &EmulatorReply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn test_api_keys() -> EmulatedProviderApiKeys {
    EmulatedProviderApiKeys { google: vec!["g".to_owned()], isbndb: vec!["i".to_owned()] }
}

#[track_caller]
fn assert_recorded_reply(reply: &EmulatorReply, entry: &Value) {
    assert_eq!(Some(u64::from(reply.status)), entry["status"].as_u64());
    match entry.get("body_text") {
        Some(text) => assert_eq!(String::from_utf8_lossy(&reply.body), text.as_str().unwrap()),
        None => assert_eq!(parse_body_json(reply), entry["body"]),
    }
}

#[test]
fn google_refuses_with_its_own_bodies() {
    let Some(bodies) = recorded_answer("google-books/error_bodies.json") else { return };
    let world = EmulatorTestSetup::new(2);
    let ask = |target: &str| world.request_reply(Provider::Google, target);
    assert_recorded_reply(&ask("volumes?q=isbn:9789999999991"), &bodies["empty_200"]);
    assert_recorded_reply(
        &ask("volumes?q=isbn:9789999999991&fields=totalItems,items(id)"),
        &bodies["empty_200_with_fields_mask"],
    );
    assert_recorded_reply(&ask("volumes?q="), &bodies["400_empty_q"]);
    assert_recorded_reply(&ask("volumes"), &bodies["400_absent_q"]);
    assert_recorded_reply(&ask("volumes?q=a&maxResults=100"), &bodies["400_maxResults_2026"]);
    assert_recorded_reply(&ask("volumes/unknown"), &bodies["503_backend"]);
    let located = EmulatorTestSetup {
        settings: crate::settings::EmulatorSettings {
            require_country: true,
            ..settings_of_api_generation(2)
        },
        ..EmulatorTestSetup::new(2)
    };
    assert_recorded_reply(
        &located.request_reply(Provider::Google, "volumes?q=a"),
        &bodies["403_unknown_location"],
    );
    assert_eq!(located.request_reply(Provider::Google, "volumes?q=dune&country=DE").status, 200);
    assert_recorded_reply(
        &google::error_reply(&world.settings, 403, false),
        &bodies["403_access_not_configured"],
    );
    let legacy = crate::settings::EmulatorSettings {
        legacy_google_errors: true,
        ..settings_of_api_generation(2)
    };
    assert_recorded_reply(
        &google::error_reply(&legacy, 403, true),
        &bodies["403_daily_limit_legacy"],
    );

    let admit = |settings: &crate::settings::EmulatorSettings, target: &str| {
        let admission_input =
            EmulatedAdmissionInput { settings, keys: &test_api_keys(), now_ms: 0, charge: true };
        google::check_limits(
            &mut EmulatedProviderLimiters::default(),
            admission_input,
            &test_request(target, &[], ""),
        )
        .refused
    };
    let current = &world.settings;
    assert_recorded_reply(
        &admit(current, "volumes?q=a&key=nonsense").unwrap(),
        &bodies["400_bad_key"],
    );
    let keyless = recorded_answer("google-books/error_429_real_2026.json").unwrap();
    assert_eq!(parse_body_json(&admit(current, "volumes?q=a").unwrap()), keyless);
    assert!(admit(current, "volumes?q=a&key=g").is_none());
    assert_recorded_reply(
        &admit(&legacy, "volumes?q=a").unwrap(),
        &bodies["403_daily_limit_unreg_legacy"],
    );
    let legacy = EmulatorTestSetup { settings: legacy, ..EmulatorTestSetup::new(2) };
    assert_recorded_reply(
        &legacy.request_reply(Provider::Google, "volumes?q=a&maxResults=50"),
        &bodies["400_maxResults_legacy"],
    );
}

#[test]
fn isbndb_refuses_with_its_own_bodies() {
    let Some(bodies) = recorded_answer("isbndb/error_and_quirk_bodies.json") else { return };
    for (generation, status, day, name) in [
        (1, 404, false, "404_gen1"),
        (1, 429, false, "429_gen1"),
        (1, 429, true, "429_gen1"),
        (1, 403, false, "403_wrong_host_or_key_gen1"),
        (1, 500, false, "500_over_6MB_gen1"),
        (2, 401, false, "401_v28"),
        (2, 404, false, "404_v28"),
        (2, 429, false, "429_v28_minute"),
        (2, 429, true, "429_v28_daily"),
        (2, 503, false, "503_v28"),
    ] {
        assert_recorded_reply(
            &isbndb::error_reply(&settings_of_api_generation(generation), status, day),
            &bodies[name],
        );
    }
}

#[test]
fn open_library_refuses_with_its_own_bodies() {
    let Some(bodies) = recorded_answer("open-library/error_and_shape_bodies.json") else { return };
    let world = EmulatorTestSetup::new(2);
    let ask = |target: &str| world.request_reply(Provider::OpenLibrary, target);
    assert_recorded_reply(&ask("search.json?q=ab"), &bodies["422_short_query"]);
    assert_recorded_reply(&ask("search.json?q=the"), &bodies["422_blocked_query"]);
    assert_recorded_reply(&ask("search.json?q=abc&limit=-1"), &bodies["422_limit"]);
    assert_eq!(parse_body_json(&ask("search.json?q=abc&page=0"))["detail"][0]["ctx"]["ge"], 1);
    let author = format!("authors/OL{}A/works.json", world.catalogue.authors[0].ol_number);
    let refused = |limit: &str| {
        parse_body_json(&ask(&format!("{author}?limit={limit}")))["detail"][0].clone()
    };
    assert_eq!(refused("-1")["ctx"]["ge"], 0);
    assert_eq!(refused("1001")["ctx"]["le"], 1000);
    assert_eq!(refused("many")["type"], "int_parsing");
    assert_recorded_reply(&ask("authors/OL1A/works.json"), &bodies["404_author_works"]);
    assert_recorded_reply(
        &ask("api/books.json?bibkeys=ISBN:9789999999991&format=json"),
        &bodies["200_api_books_unknown"],
    );
    assert_recorded_reply(&ask("search.json?q=zzzzzz"), &bodies["200_search_empty_full_envelope"]);
    assert_eq!(ask("isbn/9789999999991.json").status, 404);
    assert_recorded_reply(&open_library::error_reply(429), &bodies["429_api"]);
    assert_recorded_reply(&open_library::error_reply(403), &bodies["403_user_agent"]);
    assert_recorded_reply(&open_library::error_reply(503), &bodies["503_haproxy"]);
}
