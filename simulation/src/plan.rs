//! What happens to a world: a list of events that follows from the seed, and can be shortened.

use crate::faults::{Fault, PROVIDER_FAULTS, PROVIDERS, Planted};
use crate::library::{self, books};
use crate::random::Random;

pub use runtime::time::{DAY_MS, HOUR_MS};

pub const MINUTE_MS: u64 = 60_000;

/// Searches of a plan for each day; the owner makes some of them.
const SEARCHES_A_DAY: u64 = 220;
/// The client that asks 120 times within minutes.
const ABUSER: u32 = 99;

/// Something that happens at a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The owner uploads a file, or replaces it.
    Upload { file: &'static str, csv: String },
    /// The owner's command to the newest job of a file.
    Command { file: &'static str, command: &'static str },
    /// The owner purges a search.
    Purge { target: String },
    /// A client asks; the owner's own app does with the token.
    Search { client: u32, is_owner: bool, target: String },
    /// A fault of the platform for so long.
    Platform { fault: Fault, ms: u64 },
    /// A fault of a provider for so long.
    Provider { provider: &'static str, rule: String, ms: u64 },
    /// The key's day is spent elsewhere.
    SpendDay { provider: &'static str },
    /// Every isolate dies.
    RestartIsolates,
    /// One of the objects that run dies.
    KillObject { draw: u64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub after_ms: u64,
    pub what: What,
}

/// A world's configuration and its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub seed: u64,
    pub days: u64,
    pub google_daily: u64,
    pub isbndb_daily: u64,
    /// A rule that is broken on purpose.
    pub planted: Option<Planted>,
    pub events: Vec<Event>,
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn of_seed(seed: u64, days: u64) -> Self {
        let random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let google_daily = [60, 150, 1_000].get(random.pick(0, 3) as usize).copied().unwrap_or(100);
        let isbndb_daily = [80, 200, 1_000].get(random.pick(0, 3) as usize).copied().unwrap_or(200);
        let mut plan =
            Self { seed, days, google_daily, isbndb_daily, planted: None, events: Vec::new() };
        plan.add_owner(&random);
        plan.add_clients(&random);
        plan.add_faults(&random);
        plan.events.sort_by_key(|event| event.after_ms);
        plan
    }

    /// When the last fault is over.
    #[must_use]
    pub fn faults_end_ms(&self) -> u64 {
        let end = |event: &Event| match event.what {
            What::Platform { ms, .. } | What::Provider { ms, .. } => event.after_ms + ms,
            What::SpendDay { .. } => event.after_ms + DAY_MS,
            _ => event.after_ms,
        };
        self.events.iter().map(end).max().unwrap_or(0)
    }

    fn add(&mut self, after_ms: u64, what: What) {
        self.events.push(Event { after_ms, what });
    }

    fn moment(&self, random: &Random) -> u64 {
        random.pick(MINUTE_MS, self.days * DAY_MS)
    }

    fn add_owner(&mut self, random: &Random) {
        let all = books().len() as u64;
        let library = || {
            // Whole authors: their pages bring several books.
            let first = random.pick(0, all / 2) as usize;
            let rows = random.pick(30, 44) as usize;
            let places: Vec<usize> =
                (0..rows).map(|row| (first + row * 2) % all as usize).collect();
            library::export_csv(&places, random)
        };
        let file = "uploads/library.csv";
        let upload_ms = random.pick(MINUTE_MS, 2 * HOUR_MS);
        self.add(upload_ms, What::Upload { file, csv: library() });
        if random.chance(0.3) {
            let again_ms = upload_ms + random.pick(MINUTE_MS, 6 * HOUR_MS);
            self.add(again_ms, What::Upload { file, csv: library() });
        }
        if random.chance(0.2) {
            let other_ms = self.moment(random);
            self.add(other_ms, What::Upload { file: "uploads/second.csv", csv: library() });
        }
        for _ in 0..random.pick(0, 4) {
            let at_ms = upload_ms + random.pick(1_000, 3 * HOUR_MS);
            match random.pick(0, 4) {
                0 => {
                    self.add(at_ms, What::Command { file, command: "pause" });
                    let resumed_ms = at_ms + random.pick(MINUTE_MS, HOUR_MS);
                    self.add(resumed_ms, What::Command { file, command: "resume" });
                }
                1 if random.chance(0.2) => {
                    self.add(at_ms, What::Command { file, command: "cancel" });
                }
                _ => self.add(at_ms, What::Command { file, command: "retry" }),
            }
        }
        for _ in 0..random.pick(0, 6) {
            let (at_ms, target) = (self.moment(random), target(random));
            // A text that was just asked for, so that every tier holds it.
            for before_ms in [50_000, 30_000, 10_000] {
                let target = target.clone();
                let what = What::Search { client: 1, is_owner: true, target };
                self.add(at_ms.saturating_sub(before_ms), what);
            }
            self.add(at_ms, What::Purge { target });
        }
    }

    fn add_clients(&mut self, random: &Random) {
        for _ in 0..SEARCHES_A_DAY * self.days {
            let (at_ms, target) = (self.moment(random), target(random));
            let (client, is_owner) = (random.pick(1, 30) as u32, random.chance(0.15));
            self.add(at_ms, What::Search { client, is_owner, target: target.clone() });
            // A crowd that asks the same at the same time.
            if random.chance(0.03) {
                for other in 0..random.pick(3, 12) as u32 {
                    let target = target.clone();
                    let client = 30 + other;
                    let at_ms = at_ms + random.pick(0, 40);
                    self.add(at_ms, What::Search { client, is_owner: false, target });
                }
            }
        }
        if random.chance(0.5) {
            let from_ms = self.moment(random);
            for number in 0..120 {
                let target = format!("/search/auto?q=made+up+{number}+{}", random.pick(0, 9_999));
                let after_ms = from_ms + number * random.pick(50, 3_000);
                self.add(after_ms, What::Search { client: ABUSER, is_owner: false, target });
            }
        }
    }

    fn add_faults(&mut self, random: &Random) {
        for _ in 0..random.pick(1, 4) {
            let (at_ms, fault) = (self.moment(random), random.of(&Fault::ALL).copied());
            let ms = random.pick(MINUTE_MS, 90 * MINUTE_MS);
            if let Some(fault) = fault {
                self.add(at_ms, What::Platform { fault, ms });
            }
        }
        for _ in 0..random.pick(1, 5) {
            let at_ms = self.moment(random);
            let provider = random.of(&PROVIDERS).copied().unwrap_or("google");
            let rule = random.of(&PROVIDER_FAULTS).copied().unwrap_or_default();
            let rule = rule.replace("{p}", provider);
            let ms = random.pick(MINUTE_MS, 3 * HOUR_MS);
            self.add(at_ms, What::Provider { provider, rule, ms });
        }
        if random.chance(0.15) {
            let provider = if random.chance(0.5) { "google" } else { "isbndb" };
            let at_ms = self.moment(random);
            self.add(at_ms, What::SpendDay { provider });
        }
        for _ in 0..random.pick(0, 4) {
            let at_ms = self.moment(random);
            self.add(at_ms, What::RestartIsolates);
        }
        for _ in 0..random.pick(0, 12) {
            let (at_ms, draw) = (self.moment(random), random.pick(0, 1_000));
            self.add(at_ms, What::KillObject { draw });
        }
    }
}

/// What a client asks: a book of the library nearly always, in one of the many ways to write it.
fn target(random: &Random) -> String {
    let books = books();
    if random.chance(0.08) {
        return match random.pick(0, 2) {
            0 => format!("/book/{}", library::isbn13(50_000 + random.zipf(40))),
            _ => format!("/search/auto?q=unheard+of+{}", random.zipf(40)),
        };
    }
    let Some(book) = books.get(random.zipf(books.len())) else {
        return "/search/auto?q=x".to_owned();
    };
    let encode = |text: &str| ports::http::encode_query([("q", text)]);
    match random.pick(0, 9) {
        0 => format!("/search/auto?{}", encode(&book.isbn13)),
        1 => format!("/book/{}", book.isbn13),
        2 => {
            let (prefix, rest) = book.isbn13.split_at(3);
            format!("/search/isbn?{}", encode(&format!("{prefix}-{rest}")))
        }
        3 => format!("/search/title?{}", encode(&book.title)),
        4 => format!("/search/auto?{}", encode(&book.title.to_uppercase())),
        5 => format!("/search/author?{}", encode(&book.author)),
        6 => format!("/search/auto?{}", encode(&format!("{} {}", book.title, book.author))),
        7 => format!("/books/v1/volumes?{}", encode(&format!("isbn:{}", book.isbn13))),
        _ => format!(
            "/search/title?{}&maxResults=5",
            encode(&format!("\u{201c}{}\u{201d}", book.title))
        ),
    }
}
