//! Tests of the providers as functions of a catalogue and a request.

mod errors;
mod quirks;
mod shapes;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use clap::Parser;
use serde_json::Value;

use crate::catalogue::{self, Catalogue, CatalogueOptions};
use crate::context::ReplyContext;
use crate::reply::Reply;
use crate::request::{EmulatorRequest, Provider, parse_query};
use crate::settings::Settings;
use crate::{Args, google, isbndb, open_library};

fn settings(generation: u8) -> Settings {
    Settings { generation, ..Args::parse_from(["emulators"]).settings() }
}

fn catalogue(complete: bool) -> Catalogue {
    catalogue::from_files(&[], CatalogueOptions { lookalikes: true, complete })
}

/// `GET path?query`, or `POST` if there is a body.
fn request(target: &str, headers: &[(&'static str, &str)], body: &str) -> EmulatorRequest {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    EmulatorRequest {
        method: if body.is_empty() { "GET" } else { "POST" }.to_owned(),
        path: path.to_owned(),
        host_plan: None,
        query: parse_query(query),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

struct EmulatorFixture {
    catalogue: Catalogue,
    settings: Settings,
}

impl EmulatorFixture {
    fn new(generation: u8) -> Self {
        Self { catalogue: catalogue(true), settings: settings(generation) }
    }

    fn ask(&self, provider: Provider, target: &str) -> Reply {
        self.ask_with(provider, target, "")
    }

    fn ask_with(&self, provider: Provider, target: &str, body: &str) -> Reply {
        let incoming = request(target, &[], body);
        let context = ReplyContext::fault_free(&self.catalogue, &self.settings);
        match provider {
            Provider::Google => google::answer(&context, &incoming),
            Provider::OpenLibrary => open_library::answer(&context, &incoming),
            Provider::Isbndb => isbndb::answer(&context, &incoming),
        }
    }

    fn json(&self, provider: Provider, target: &str) -> Value {
        let reply = self.ask(provider, target);
        serde_json::from_slice(&reply.body)
            .unwrap_or_else(|_| panic!("{target}: {}", String::from_utf8_lossy(&reply.body)))
    }
}
