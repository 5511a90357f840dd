//! Ids in the form of Google's.

use crate::hash::FakeDataSeed;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const TAILS: &[&str] = &["AAAQBAJ", "wAAQBAJ", "AAAMAAJ", "EACAAJ"];

pub(super) fn google_id(seed: FakeDataSeed, is_taken: impl Fn(&str) -> bool) -> String {
    let tail = seed.pick_choice("google id tail", TAILS);
    let mut attempt = 0_u32;
    loop {
        let head: String = (0..12 - tail.len())
            .filter_map(|place| {
                let roll = seed.seeded_number(&format!("google id {attempt} {place}"), 64);
                ALPHABET.get(usize::try_from(roll).ok()?).map(|byte| char::from(*byte))
            })
            .collect();
        let id = format!("{head}{tail}");
        if !is_taken(&id) {
            return id;
        }
        attempt += 1;
    }
}
