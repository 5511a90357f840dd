//! Deterministic hashing: every quirk of a book is a function of its ISBN, so that two runs, and
//! two tests, see the same catalogue.

/// FNV-1a over the parts (with a separator), finished with the SplitMix64 mixer because FNV's low
/// bits are too regular to be used with `%`.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain(std::iter::once(0xff)) {
            state ^= u64::from(byte);
            state = state.wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    mix(state)
}

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The source of all invented values of one thing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FakeDataSeed(u64);

impl FakeDataSeed {
    /// The seed of a thing named by these parts.
    pub(crate) fn of(parts: &[&str]) -> Self {
        Self(hash(parts))
    }

    /// A number below `bound` that depends on the thing and the purpose.
    pub(crate) fn seeded_number(self, purpose: &str, bound: u64) -> u64 {
        mix(self.0 ^ hash(&[purpose])) % bound.max(1)
    }

    /// True for about `percent` of all things.
    pub(crate) fn seeded_bool(self, purpose: &str, percent: u64) -> bool {
        self.seeded_number(purpose, 100) < percent
    }

    /// A place in a list of that length.
    pub(crate) fn seeded_index(self, purpose: &str, length: usize) -> usize {
        usize::try_from(self.seeded_number(purpose, length as u64)).unwrap_or(0)
    }

    /// A text of `length` characters of an alphabet of ASCII.
    pub(crate) fn seeded_text(self, purpose: &str, length: usize, alphabet: &str) -> String {
        let index = |place| self.seeded_index(&format!("{purpose}{place}"), alphabet.len());
        (0..length)
            .filter_map(|place| alphabet.as_bytes().get(index(place)).map(|byte| char::from(*byte)))
            .collect()
    }

    pub(crate) fn seeded_choice<T: Copy + Default>(self, purpose: &str, choices: &[T]) -> T {
        choices.get(self.seeded_index(purpose, choices.len())).copied().unwrap_or_default()
    }

    pub(crate) fn pick_word(self, purpose: &str, words: &'static str) -> &'static str {
        self.seeded_choice(purpose, &words.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn as_u64(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_thing_same_numbers_and_an_even_spread() {
        assert_eq!(
            FakeDataSeed::of(&["a", "b"]).seeded_number("x", 1000),
            FakeDataSeed::of(&["a", "b"]).seeded_number("x", 1000)
        );
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        let hits = (0..10_000)
            .filter(|number: &u32| FakeDataSeed::of(&[&number.to_string()]).seeded_bool("x", 5))
            .count();
        assert!((400..600).contains(&hits), "5 % of 10,000 was {hits}");
    }
}
