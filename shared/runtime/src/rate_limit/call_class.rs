//! Which calls go first.

use serde::{Deserialize, Serialize};

/// Interactive calls go first, then those of anonymous clients; background ones use what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallClass {
    #[default]
    Interactive,
    Background,
    /// An anonymous client waits for the answer: of each day it has a share.
    Public,
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
