//! Lists of words that are searched in order; sorted lists are in `bibliography`.

/// Words or names, separated by commas or line ends.
#[derive(Clone, Copy)]
pub(super) struct OrderedWordList(pub &'static str);

impl OrderedWordList {
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.lines().flat_map(|line| line.split(", "))
    }

    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}
