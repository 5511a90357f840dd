//! Google Books, Open Library and ISBNdb, emulated from one catalogue.
//!
//! The program listens on loopback and serves each provider below a path of its own, with the
//! shapes, quirks, paces, quotas and errors of the real one, and a control API that sets faults
//! and lists every request. See the README beside this crate.
//!
//! Out of scope: covers (the links have no target), writing, and every endpoint that the Workers
//! do not use.

mod args;
mod catalogue;
mod clock;
mod control_api;
mod csv_reader;
mod emulated_provider_admission;
mod emulator_reply;
mod emulator_reply_context;
mod emulator_request;
mod fault_effects;
mod faults;
mod google;
mod hash;
pub mod in_process_providers;
mod isbndb;
mod lifetime;
mod limiter;
mod loopback_listener;
mod odd_records;
mod open_library;
mod request_log;
mod request_pipeline;
mod settings;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request, Response};
use tokio::net::TcpListener;

pub use args::EmulatorArgs;
use loopback_listener::{ConnectionResetHandle, LoopbackListener};
use request_pipeline::EmulatorApp;

/// Serves until a reason to end occurs; prints one line of JSON when it is ready.
pub async fn serve_until_ended(args: EmulatorArgs) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for path in &args.libraries {
        let file =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        files.push(file);
    }
    let options = catalogue::CatalogueContentOptions {
        lookalikes: !args.no_lookalikes,
        complete: args.complete,
    };
    let settings = args.to_settings();
    let app = Arc::new(EmulatorApp {
        clock: clock::EmulatorClock::start(),
        catalogue: catalogue::catalogue_from_files(&files, options),
        keys: emulated_provider_admission::EmulatedProviderApiKeys {
            google: args.google_keys.clone(),
            isbndb: args.isbndb_keys.clone(),
        },
        initial: settings.clone(),
        settings: Mutex::new(settings),
        faults: Mutex::default(),
        limits: Mutex::default(),
        log: Mutex::new(request_log::RequestLog::new()),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1:{}", args.port))?;
    let port = listener.local_addr()?.port();
    let router = control_api::control_router().fallback(to_provider).with_state(app);
    let service = router.into_make_service_with_connect_info::<ConnectionResetHandle>();
    announce(port)?;
    let server =
        std::future::IntoFuture::into_future(axum::serve(LoopbackListener(listener), service));
    // The program does not wait for requests in flight: a fault may never answer.
    tokio::select! {
        served = server => served.context("the server failed"),
        () = lifetime::until_end(args.exit_with_stdin, args.parent_pid) => Ok(()),
    }
}

async fn to_provider(
    State(app): State<Arc<EmulatorApp>>,
    ConnectInfo(connection): ConnectInfo<ConnectionResetHandle>,
    request: Request<Body>,
) -> Response<Body> {
    app.handle_request(&connection, request).await
}

fn announce(port: u16) -> anyhow::Result<()> {
    let base = format!("http://127.0.0.1:{port}");
    let line = serde_json::json!({
        "port": port,
        "googleBooks": format!("{base}/google/books/v1"),
        "openLibrary": format!("{base}/openlibrary"),
        "isbndb": format!("{base}/isbndb"),
        "control": format!("{base}/__control"),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush().context("cannot write to standard output")
}
