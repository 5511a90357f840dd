//! The classes of calls, by priority.

use serde::{Deserialize, Serialize};

/// In the order of priority: background calls use what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallClass {
    #[default]
    Interactive,
    /// An anonymous client waits for the answer: public calls have a share of the day.
    Public,
    Background,
}

impl CallClass {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Background => "background",
            Self::Public => "public",
        }
    }

    /// Reads the header's value; an unknown one is interactive.
    pub fn from_header(value: Option<&str>) -> Self {
        match value {
            Some("background") => Self::Background,
            Some("public") => Self::Public,
            _ => Self::Interactive,
        }
    }
}
