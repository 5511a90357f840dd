//! What an isolate remembers between calls. It may vanish at any time, and nothing goes wrong.

/// Breakers, retry budget and counters of one isolate. One per isolate in production
/// (`platform::mesh()`), one per test natively.
#[derive(Debug, Default)]
pub struct Mesh {}
