//! Which calls go first.

use serde::{Deserialize, Serialize};

/// Interactive calls go first; background ones use what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallClass {
    /// A person waits for the answer.
    #[default]
    Interactive,
    Background,
}

impl CallClass {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Background => "background",
        }
    }

    /// Reads the header's value; anything unknown is interactive.
    #[must_use]
    pub fn from_header(value: Option<&str>) -> Self {
        if value == Some("background") { Self::Background } else { Self::Interactive }
    }
}
