//! What a provider answers from.

use crate::catalogue::BookCatalogue;
use crate::settings::EmulatorSettings;

#[derive(Debug)]
pub(crate) struct EmulatorReplyContext<'a> {
    pub(crate) catalogue: &'a BookCatalogue,
    pub(crate) settings: &'a EmulatorSettings,
    /// Differs in every request, for values that providers change in every answer.
    pub(crate) nonce: u64,
    pub(crate) wrong_book: bool,
    /// What the key has spent today, for `GET /key`.
    pub(crate) spent: u64,
}

impl<'a> EmulatorReplyContext<'a> {
    #[cfg(test)]
    pub(crate) fn fault_free(catalogue: &'a BookCatalogue, settings: &'a EmulatorSettings) -> Self {
        Self { catalogue, settings, nonce: 1, wrong_book: false, spent: 0 }
    }

    /// The edition to answer with in place of the right one: the same, except under the fault
    /// `wrong_book`.
    pub(crate) fn served_edition(&self, at: usize) -> usize {
        if self.wrong_book { self.catalogue.wrong_for(at) } else { at }
    }
}
