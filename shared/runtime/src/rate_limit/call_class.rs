//! Which calls go first.

use serde::{Deserialize, Serialize};

/// In the order in which they go: background calls use what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallClass {
    #[default]
    Interactive,
    /// An anonymous client waits for the answer: of each day it has a share.
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

    /// Reads the header's value; anything unknown is interactive.
    pub fn from_header(value: Option<&str>) -> Self {
        match value {
            Some("background") => Self::Background,
            Some("public") => Self::Public,
            _ => Self::Interactive,
        }
    }
}
