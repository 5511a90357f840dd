//! Tests of the providers as functions of a catalogue and a request.

mod error_body_checks;
mod quirks;
mod shapes;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use clap::Parser;
use serde_json::Value;

use crate::catalogue::{self, BookCatalogue, CatalogueContentOptions};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider, parse_query_string};
use crate::settings::EmulatorSettings;
use crate::{EmulatorArgs, google, isbndb, open_library};

fn settings_of_api_generation(generation: u8) -> EmulatorSettings {
    EmulatorSettings { generation, ..EmulatorArgs::parse_from(["emulators"]).to_settings() }
}

fn test_catalogue(complete: bool) -> BookCatalogue {
    catalogue::catalogue_from_files(&[], CatalogueContentOptions { lookalikes: true, complete })
}

/// `GET path?query`, or `POST` if there is a body.
fn test_request(target: &str, headers: &[(&'static str, &str)], body: &str) -> EmulatorRequest {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    EmulatorRequest {
        method: if body.is_empty() { "GET" } else { "POST" }.to_owned(),
        path: path.to_owned(),
        host_plan: None,
        query: parse_query_string(query),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

struct EmulatorTestSetup {
    catalogue: BookCatalogue,
    settings: EmulatorSettings,
}

impl EmulatorTestSetup {
    fn new(generation: u8) -> Self {
        Self { catalogue: test_catalogue(true), settings: settings_of_api_generation(generation) }
    }

    fn request_reply(&self, provider: Provider, target: &str) -> EmulatorReply {
        self.ask_with(provider, target, "")
    }

    fn ask_with(&self, provider: Provider, target: &str, body: &str) -> EmulatorReply {
        let incoming = test_request(target, &[], body);
        let context = EmulatorReplyContext::fault_free(&self.catalogue, &self.settings);
        match provider {
            Provider::Google => google::google_reply(&context, &incoming),
            Provider::OpenLibrary => open_library::open_library_reply(&context, &incoming),
            Provider::Isbndb => isbndb::isbndb_reply(&context, &incoming),
        }
    }

    fn emulator_reply_json(&self, provider: Provider, target: &str) -> Value {
        let reply = self.request_reply(provider, target);
        serde_json::from_slice(&reply.body)
            .unwrap_or_else(|_| panic!("{target}: {}", String::from_utf8_lossy(&reply.body)))
    }
}
