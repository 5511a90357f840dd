//! What the tests of this crate share beside `testkit`.

pub mod fake_ports;
pub mod odd;

use runtime::outcome::{Failure, ProviderFailure};

use crate::search::completeness::Completeness;

/// Of an answer that lacks nothing.
pub fn complete() -> Completeness {
    Completeness {
        lacks_public_share: false,
        reports: Vec::new(),
        answered: Vec::new(),
        partial: false,
        incomplete_until_ms: None,
        again_after_ms: None,
        open_for_ms: None,
        failure: Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: 0 }),
    }
}
