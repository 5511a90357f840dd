//! The three providers without HTTP: for a program that runs the whole system under its own clock.

use std::rc::Rc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::args::EmulatorArgs;
use crate::catalogue::{BookCatalogue, CatalogueContentOptions, catalogue_from_files};
use crate::emulated_provider_admission::{
    EmulatedAdmissionInput, EmulatedProviderApiKeys, EmulatedProviderLimiters, day_of,
};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider, parse_query_string};
use crate::fault_effects::{answer_with_fault, decide_admission, is_uncounted};
pub use crate::faults::EmulatedFault;
use crate::faults::{FaultRule, FaultRules};
pub use crate::request_log::EmulatedLimitRefusal;
use crate::settings::EmulatorSettings;

/// Delay of an answer under the fault `timeout`: longer than the deadline of any caller.
pub const TIMEOUT_FAULT_MS: u64 = 30_000;

/// The books that all providers know; a clone shares them.
#[derive(Clone, Debug)]
pub struct SharedCatalogue(Rc<BookCatalogue>);

impl SharedCatalogue {
    /// The books of a library's CSV and, with `lookalikes`, similar ones.
    #[must_use]
    pub fn of_csv(csv: &[u8], lookalikes: bool) -> Self {
        Self(Rc::new(catalogue_from_files(
            &[csv.to_vec()],
            CatalogueContentOptions { lookalikes, complete: true },
        )))
    }
}

/// A request to a provider at its real host.
#[derive(Debug)]
pub struct ProviderRequest<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Vec<u8>,
}

/// The result of a request.
#[derive(Debug)]
pub struct EmulatedReply {
    /// The provider's name in the control API.
    pub provider: &'static str,
    /// The label of the request's key.
    pub key: String,
    /// Units of the day that the request used.
    pub units: u64,
    /// Units of its day that the key has used.
    pub spent: u64,
    /// The limit of the provider that refused the request.
    pub refusal: Option<EmulatedLimitRefusal>,
    /// True if the request kept the limits of Open Library's web server but not its policy.
    pub is_over_policy: bool,
    /// How long the provider's web server holds it back.
    pub delay_ms: u64,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Faults of the connection (`Hang`, `Reset`, `Timeout`, `Stall`, `CutBody`, `CutChunked`) are
    /// for the caller to produce.
    pub fault: EmulatedFault,
    pub latency_ms: u64,
}

/// Google Books, Open Library and ISBNdb with their keys, paces, days and faults.
#[derive(Debug)]
pub struct EmulatedProviders {
    books: SharedCatalogue,
    keys: EmulatedProviderApiKeys,
    settings: EmulatorSettings,
    limits: EmulatedProviderLimiters,
    faults: FaultRules,
    requests: u64,
}

impl EmulatedProviders {
    /// Providers with the settings of these arguments.
    #[must_use]
    pub fn new(books: SharedCatalogue, args: impl IntoIterator<Item = String>) -> Self {
        let args = std::iter::once("emulators".to_owned()).chain(args);
        let args = <EmulatorArgs as clap::Parser>::parse_from(args);
        Self {
            books,
            settings: args.to_settings(),
            keys: EmulatedProviderApiKeys { google: args.google_keys, isbndb: args.isbndb_keys },
            limits: EmulatedProviderLimiters::default(),
            faults: FaultRules::default(),
            requests: 0,
        }
    }

    /// Switches a fault on, as `POST /__control/faults` does.
    ///
    /// # Errors
    /// A rule that cannot be read.
    pub fn set_fault(&mut self, rule: &str) -> serde_json::Result<()> {
        self.faults.set_rule(serde_json::from_str::<FaultRule>(rule)?);
        Ok(())
    }

    /// Sets what each key of a provider has spent today.
    pub fn spend_day(&mut self, provider: &str, now_ms: u64) {
        let Some(provider) = Provider::parse(provider) else { return };
        let (day, _) = day_of(&self.settings, provider, now_ms);
        let (keys, limit) = match provider {
            Provider::Google => (&self.keys.google, self.settings.google_daily),
            Provider::Isbndb => (&self.keys.isbndb, self.settings.isbndb_per_day()),
            Provider::OpenLibrary => return,
        };
        for label in keys.iter().filter_map(|key| self.keys.key_label(provider, key)) {
            self.limits.key_use(&label).daily.set_spent(day, limit);
        }
    }

    /// Answers a request at a moment; returns `None` if its host is that of no provider.
    pub fn answer_provider_request(
        &mut self,
        now_ms: u64,
        question: ProviderRequest<'_>,
    ) -> Option<EmulatedReply> {
        let (provider, incoming) = to_emulator_request(question)?;
        self.requests += 1;
        let query: Vec<String> =
            incoming.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let asked = format!("{} {}?{}", incoming.method, incoming.path, query.join("&"));
        let rule = self.faults.matching_rule(provider, &asked);
        let charge = !rule.as_ref().is_some_and(is_uncounted);
        let input =
            EmulatedAdmissionInput { settings: &self.settings, keys: &self.keys, now_ms, charge };
        let mut admission = decide_admission(provider, &mut self.limits, input, &incoming);
        let meets_fault = admission.refused.is_none()
            || rule.as_ref().is_some_and(|rule| rule.fault.is_of_connection());
        let rule = rule.filter(|_| meets_fault);
        if let Some(rule) = &rule {
            self.faults.consume(rule);
        }
        let fault = rule.as_ref().map_or(EmulatedFault::None, |rule| rule.fault);
        let (day, _) = day_of(&self.settings, provider, now_ms);
        let context = EmulatorReplyContext {
            catalogue: &self.books.0,
            settings: &self.settings,
            nonce: self.requests,
            wrong_book: fault == EmulatedFault::WrongBook,
            spent: self.limits.key_use(&admission.key).daily.spent_units(day),
        };
        let spent = context.spent;
        let refused = admission.refused.take();
        let mut reply = refused
            .unwrap_or_else(|| answer_with_fault(provider, &context, &incoming, rule.as_ref()));
        reply.headers.append(&mut admission.headers);
        Some(EmulatedReply {
            provider: provider.name(),
            key: admission.key,
            units: admission.units,
            spent,
            refusal: admission.refusal,
            is_over_policy: admission.over_policy,
            delay_ms: admission.delay_ms,
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
            fault,
            latency_ms: rule.map_or(0, |rule| rule.latency_ms),
        })
    }
}

fn to_emulator_request(question: ProviderRequest<'_>) -> Option<(Provider, EmulatorRequest)> {
    let (_, rest) = question.url.split_once("://")?;
    let (host, rest) = rest.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (provider, path) = match host {
        "www.googleapis.com" => (Provider::Google, path.strip_prefix("books/v1/")?),
        "openlibrary.org" => (Provider::OpenLibrary, path),
        host if host.ends_with(".isbndb.com") => (Provider::Isbndb, path),
        _ => return None,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in question.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let incoming = EmulatorRequest {
        method: question.method.to_owned(),
        path: path.to_owned(),
        host_plan: None,
        query: parse_query_string(query),
        headers,
        body: question.body,
    };
    Some((provider, incoming))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_found_at_every_provider_without_http() {
        let csv = b"Title,Author,ISBN13\nDune,Frank Herbert,9780441172719\n";
        let mut providers = EmulatedProviders::new(SharedCatalogue::of_csv(csv, false), []);
        let mut ask = |url: &str, headers: Vec<(&str, &str)>| {
            let question = ProviderRequest { method: "GET", url, headers, body: Vec::new() };
            let answered = providers.answer_provider_request(1_795_244_400_000, question).unwrap();
            (answered.status, String::from_utf8(answered.body).unwrap().contains("Dune"))
        };
        let google = "https://www.googleapis.com/books/v1/volumes?q=isbn:9780441172719";
        assert_eq!(ask(google, vec![("x-goog-api-key", "google-key-1")]), (200, true));
        let isbndb = "https://api2.isbndb.com/book/9780441172719";
        assert_eq!(ask(isbndb, vec![("authorization", "isbndb-key")]), (200, true));
        assert_eq!(ask(isbndb, vec![("authorization", "another")]).0, 401);
        let library =
            "https://openlibrary.org/api/books.json?bibkeys=ISBN:9780441172719&jscmd=data";
        let agent = vec![("user-agent", "Test/1.0 (me@example.org)")];
        assert_eq!(ask(library, agent.clone()), (200, true));
        providers.set_fault(r#"{"provider":"openlibrary","fault":"html"}"#).unwrap();
        let question =
            ProviderRequest { method: "GET", url: library, headers: agent, body: Vec::new() };
        assert_eq!(
            providers.answer_provider_request(1_795_244_402_000, question).unwrap().fault,
            EmulatedFault::Html
        );
    }
}
