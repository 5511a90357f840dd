//! The events of a world: a list that follows from the seed, and can be shortened.

use clap::ValueEnum;

use crate::faults::{PROVIDER_FAULTS, PROVIDERS, PlantedFault, PlatformFault, STORE_FAULTS};
use crate::seeded_random::SplitMix64;
use crate::sim_library::{self, SimBook, library_books};

pub use runtime::time::{DAY_MS, HOUR_MS};

pub const MINUTE_MS: u64 = 60_000;
/// The file that every plan uploads.
pub const LIBRARY_FILE_KEY: &str = "uploads/library.csv";

/// Searches of each day; the owner makes some of them.
const SEARCHES_A_DAY: u64 = 220;
/// The client that makes 120 requests within minutes.
pub const ABUSER: u32 = 99;

/// An event of a world.
#[derive(Clone, Debug, PartialEq)]
pub enum WorldEvent {
    /// The owner uploads a file, or replaces it.
    Upload { file: &'static str, csv: String },
    /// The owner's command to the newest job of a file.
    Command { file: &'static str, command: &'static str },
    /// The owner purges a search.
    Purge { target: String },
    /// A client searches; the owner's app sends the token.
    Search { client: u32, is_owner: bool, target: String },
    /// A fault of the platform for a time.
    Platform { fault: PlatformFault, ms: u64 },
    /// A fault of a provider for a time.
    Provider { provider: &'static str, rule: String, ms: u64 },
    /// Another program uses up the day of the key.
    SpendDay { provider: &'static str },
    /// Every isolate dies.
    RestartIsolates,
    /// One of the running objects dies.
    KillObject { draw: u64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEvent {
    pub after_ms: u64,
    pub what: WorldEvent,
}

/// A world's configuration and its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub days: u64,
    /// Vars of the Workers that differ from the defaults; the providers' limits follow them.
    pub vars: Vec<(&'static str, String)>,
    /// The fault that is planted.
    pub planted: Option<PlantedFault>,
    pub events: Vec<PlannedEvent>,
}

impl Scenario {
    /// The plan of a seed.
    #[must_use]
    pub fn of_seed(seed: u64, days: u64) -> Self {
        let random = SplitMix64::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let daily = |of: [u64; 3]| random.of(&of).copied().unwrap_or(1_000).to_string();
        let vars = vec![
            ("GOOGLE_DAILY_QUOTA", daily([60, 150, 1_000])),
            ("ISBNDB_DAILY_QUOTA", daily([80, 200, 1_000])),
        ];
        let mut plan = Self { seed, days, vars, planted: None, events: Vec::new() };
        let books = library_books();
        plan.add_owner(&random, &books);
        plan.add_clients(&random, &books);
        plan.add_faults(&random);
        plan.events.sort_by_key(|event| event.after_ms);
        plan
    }

    /// One library, uploaded into a world without faults.
    #[must_use]
    pub fn of_library(csv: String, vars: Vec<(&'static str, String)>) -> Self {
        let upload = PlannedEvent {
            after_ms: 1_000,
            what: WorldEvent::Upload { file: LIBRARY_FILE_KEY, csv },
        };
        Self { seed: 1, days: 1, vars, planted: None, events: vec![upload] }
    }

    /// When the last fault is over.
    #[must_use]
    pub fn faults_end_ms(&self) -> u64 {
        let end = |event: &PlannedEvent| match event.what {
            WorldEvent::Platform { ms, .. } | WorldEvent::Provider { ms, .. } => {
                event.after_ms + ms
            }
            WorldEvent::SpendDay { .. } => event.after_ms + DAY_MS,
            _ => event.after_ms,
        };
        self.events.iter().map(end).max().unwrap_or(0)
    }

    fn add_planned_event(&mut self, after_ms: u64, what: WorldEvent) {
        self.events.push(PlannedEvent { after_ms, what });
    }

    fn random_time(&self, random: &SplitMix64) -> u64 {
        random.random_between(MINUTE_MS, self.days * DAY_MS)
    }

    fn add_owner(&mut self, random: &SplitMix64, books: &[SimBook]) {
        let library = || {
            // One or two books of each author: an author's page has both.
            let first = random.random_between(0, books.len() as u64 / 2) as usize;
            let rows = random.random_between(30, 44) as usize;
            let places = (0..rows).map(|row| (first + row * 3) % books.len());
            sim_library::export_csv(places.filter_map(|place| books.get(place)), random)
        };
        let upload = |file| WorldEvent::Upload { file, csv: library() };
        let upload_ms = random.random_between(MINUTE_MS, 2 * HOUR_MS);
        self.add_planned_event(upload_ms, upload(LIBRARY_FILE_KEY));
        if random.random_bool(0.3) {
            let again_ms = upload_ms + random.random_between(MINUTE_MS, 6 * HOUR_MS);
            self.add_planned_event(again_ms, upload(LIBRARY_FILE_KEY));
        }
        if random.random_bool(0.2) {
            let other_ms = self.random_time(random);
            self.add_planned_event(other_ms, upload("uploads/second.csv"));
        }
        let command = |command| WorldEvent::Command { file: LIBRARY_FILE_KEY, command };
        for _ in 0..random.random_between(0, 4) {
            // A job that is done can be retried, but neither paused nor cancelled.
            let soon_ms = upload_ms + random.random_between(1_000, 2 * MINUTE_MS);
            match random.random_between(0, 4) {
                0 => {
                    let resumed_ms = soon_ms + random.random_between(MINUTE_MS, HOUR_MS);
                    self.add_planned_event(soon_ms, command("pause"));
                    self.add_planned_event(resumed_ms, command("resume"));
                }
                1 if random.random_bool(0.4) => self.add_planned_event(soon_ms, command("cancel")),
                _ => {
                    let retried_ms = upload_ms + random.random_between(1_000, 3 * HOUR_MS);
                    self.add_planned_event(retried_ms, command("retry"));
                }
            }
        }
        for _ in 0..random.random_between(0, 6) {
            let (at_ms, target) = (self.random_time(random), request_target(random, books));
            // Searches before the purge fill every tier; those after it must not find the entry.
            for seconds in [-50, -30, -10, 5, 20, 45] {
                let target = target.clone();
                let what = WorldEvent::Search { client: 1, is_owner: true, target };
                self.add_planned_event(at_ms.saturating_add_signed(seconds * 1_000), what);
            }
            self.add_planned_event(at_ms, WorldEvent::Purge { target });
        }
    }

    fn add_clients(&mut self, random: &SplitMix64, books: &[SimBook]) {
        let search = |client, is_owner, target: &str| WorldEvent::Search {
            client,
            is_owner,
            target: target.to_owned(),
        };
        for _ in 0..SEARCHES_A_DAY * self.days {
            let (at_ms, target) = (self.random_time(random), request_target(random, books));
            let (client, is_owner) =
                (random.random_between(1, 30) as u32, random.random_bool(0.15));
            self.add_planned_event(at_ms, search(client, is_owner, &target));
            // Many clients search the same at the same time.
            if random.random_bool(0.03) {
                for other in 0..random.random_between(3, 12) as u32 {
                    for (least, end) in [(0, 40), (1_000, 50_000)] {
                        let again_ms = at_ms + random.random_between(least, end);
                        self.add_planned_event(again_ms, search(30 + other, false, &target));
                    }
                }
            }
        }
        if random.random_bool(0.5) {
            let from_ms = self.random_time(random);
            for number in 0..120 {
                let target =
                    format!("/search/auto?q=made+up+{number}+{}", random.random_between(0, 9_999));
                let at_ms = from_ms + number * random.random_between(50, 3_000);
                self.add_planned_event(at_ms, search(ABUSER, false, &target));
            }
        }
    }

    fn add_faults(&mut self, random: &SplitMix64) {
        for number in 0..random.random_between(1, 4) {
            let all = PlatformFault::value_variants();
            let kinds = if number == 0 { all.split_at(STORE_FAULTS).0 } else { all };
            let (at_ms, fault) = (self.random_time(random), random.of(kinds).copied());
            let ms = random.random_between(MINUTE_MS, 90 * MINUTE_MS);
            if let Some(fault) = fault {
                self.add_planned_event(at_ms, WorldEvent::Platform { fault, ms });
            }
        }
        for _ in 0..random.random_between(1, 5) {
            let at_ms = self.random_time(random);
            let provider = random.of(&PROVIDERS).copied().unwrap_or_default();
            let rule = random.of(&PROVIDER_FAULTS).copied().unwrap_or_default();
            let rule = format!(r#"{{"provider":"{provider}",{rule}"#);
            let ms = random.random_between(MINUTE_MS, 3 * HOUR_MS);
            self.add_planned_event(at_ms, WorldEvent::Provider { provider, rule, ms });
        }
        if random.random_bool(0.15) {
            let provider = if random.random_bool(0.5) { "google" } else { "isbndb" };
            let at_ms = self.random_time(random);
            self.add_planned_event(at_ms, WorldEvent::SpendDay { provider });
        }
        for _ in 0..random.random_between(0, 4) {
            let at_ms = self.random_time(random);
            self.add_planned_event(at_ms, WorldEvent::RestartIsolates);
        }
        for _ in 0..random.random_between(0, 12) {
            let (at_ms, draw) = (self.random_time(random), random.random_between(0, 1_000));
            self.add_planned_event(at_ms, WorldEvent::KillObject { draw });
        }
    }
}

/// The target of a search: nearly always a book of the library, in one of many spellings.
fn request_target(random: &SplitMix64, books: &[SimBook]) -> String {
    if random.random_bool(0.08) {
        return match random.random_between(0, 2) {
            0 => format!("/book/{}", sim_library::isbn_of_number(50_000 + random.zipf(40))),
            _ => format!("/search/auto?q=unheard+of+{}", random.zipf(40)),
        };
    }
    let Some(SimBook { title, author, isbn13 }) = books.get(random.zipf(books.len())) else {
        return "/search/auto?q=x".to_owned();
    };
    let (prefix, rest) = isbn13.split_at(3);
    let (path, text) = match random.random_between(0, 9) {
        0 => ("/search/auto", isbn13.clone()),
        1 => return format!("/book/{isbn13}"),
        2 => ("/search/isbn", format!("{prefix}-{rest}")),
        3 => ("/search/title", title.clone()),
        4 => ("/search/auto", title.to_uppercase()),
        5 => ("/search/author", author.clone()),
        6 => ("/search/auto", format!("{title} {author}")),
        7 => ("/books/v1/volumes", format!("isbn:{isbn13}")),
        _ => ("/search/title?maxResults=5", format!("\u{201c}{title}\u{201d}")),
    };
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{}", ports::http_types::encode_query([("q", text.as_str())]))
}
