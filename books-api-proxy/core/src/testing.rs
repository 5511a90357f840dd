//! Test helpers of this crate.

pub mod fake_ports;
pub mod odd_values;

use runtime::call_outcome::{Failure, ProviderFailure};

use crate::search::answer_completeness::FanOutCompleteness;

pub fn full_completeness() -> FanOutCompleteness {
    FanOutCompleteness {
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
