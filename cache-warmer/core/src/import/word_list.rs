//! Lists of words that are looked through in their order; sorted ones are `bibliography`'s.

/// Words or names, a comma or the end of a line between two.
#[derive(Clone, Copy)]
pub(super) struct WordList(pub &'static str);

impl WordList {
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.lines().flat_map(|line| line.split(", "))
    }

    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}
