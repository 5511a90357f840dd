//! The providers of books.

use runtime::wire_types::provider_names::{GOOGLE_BOOKS, ISBNDB, OPEN_LIBRARY};
use serde::{Deserialize, Serialize};

use crate::binding_manifest::ISBNDB_WORKER;

/// A provider of books. The order of the variants is the order of trust if nothing else decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// ISBNdb, through the ISBNdb Worker.
    Isbndb,
    GoogleBooks,
    OpenLibrary,
}

/// Names and ranks of a provider. [`crate::search::provider_rules::provider_role`] decides what it
/// is queried for, [`crate::rate_limit::rate_limits_of`] its pace and quota.
#[derive(Debug)]
pub struct ProviderProperties {
    pub name: &'static str,
    /// The prefix of its ids in the ids of items.
    pub id_prefix: &'static str,
    /// The name of its calls at the circuit breaker.
    pub call_target: &'static str,
    /// Place in the order of trust for titles and texts.
    pub editorial_rank: u8,
    /// Place in the order of trust for publisher, date, pages and binding.
    pub trade_rank: u8,
}

impl Provider {
    pub const ALL: [Self; 3] = [Self::Isbndb, Self::GoogleBooks, Self::OpenLibrary];

    /// Google's titles and texts are edited best; ISBNdb has the trade data of the exact edition.
    pub fn names_and_trust_ranks(self) -> ProviderProperties {
        let (name, id_prefix, call_target, editorial_rank, trade_rank) = match self {
            Self::Isbndb => (ISBNDB, "db", ISBNDB_WORKER, 2, 0),
            Self::GoogleBooks => (GOOGLE_BOOKS, "g", GOOGLE_BOOKS, 0, 1),
            Self::OpenLibrary => (OPEN_LIBRARY, "ol", OPEN_LIBRARY, 1, 2),
        };
        ProviderProperties { name, id_prefix, call_target, editorial_rank, trade_rank }
    }

    pub fn name(self) -> &'static str {
        self.names_and_trust_ranks().name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_providers_share_a_name_a_prefix_or_a_rank() {
        let count = Provider::ALL.len();
        let all = || Provider::ALL.into_iter().map(Provider::names_and_trust_ranks);
        let texts =
            |text: fn(ProviderProperties) -> &'static str| all().map(text).collect::<BTreeSet<_>>();
        let ranks = |rank: fn(ProviderProperties) -> u8| all().map(rank).collect::<BTreeSet<_>>();
        assert_eq!(texts(|descriptor| descriptor.name).len(), count);
        assert_eq!(texts(|descriptor| descriptor.id_prefix).len(), count);
        assert_eq!(texts(|descriptor| descriptor.call_target).len(), count);
        assert_eq!(ranks(|descriptor| descriptor.editorial_rank).len(), count);
        assert_eq!(ranks(|descriptor| descriptor.trade_rank).len(), count);
        // `ALL` has every variant: the checks above cover only the providers in `ALL`.
        let next = |provider| match provider {
            Provider::Isbndb => Some(Provider::GoogleBooks),
            Provider::GoogleBooks => Some(Provider::OpenLibrary),
            Provider::OpenLibrary => None,
        };
        let chain: Vec<_> = std::iter::successors(Some(Provider::Isbndb), |p| next(*p)).collect();
        assert_eq!(chain, Provider::ALL);
    }
}
