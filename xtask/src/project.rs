//! What the project consists of: its folder and its three Workers.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// The three Workers, in the order in which they are deployed: callees first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Worker {
    #[value(name = "isbndb-worker", alias = "isbndb")]
    Isbndb,
    #[value(name = "books-api-proxy", alias = "proxy")]
    Proxy,
    #[value(name = "cache-warmer", alias = "warmer")]
    Warmer,
}

impl Worker {
    /// All of them, callees first.
    pub const ALL: [Self; 3] = [Self::Isbndb, Self::Proxy, Self::Warmer];

    /// The name of its crate, folder and wrangler config.
    pub const fn crate_name(self) -> &'static str {
        match self {
            Self::Isbndb => "isbndb-worker",
            Self::Proxy => "books-api-proxy",
            Self::Warmer => "cache-warmer",
        }
    }

    pub fn dir(self) -> PathBuf {
        root().join(self.crate_name())
    }

    pub fn config(self) -> PathBuf {
        root().join("wrangler-configs").join(format!("{}.toml", self.crate_name()))
    }

    /// The wasm that the build leaves.
    pub fn wasm(self) -> PathBuf {
        self.dir().join("build").join("index_bg.wasm")
    }
}

/// The form of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Optimised, as deployed; its size is compared with the last release.
    Release,
    /// Fast to compile, with debug information.
    Dev,
}

pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}
