//! The parts of the project: its folder, its three Workers, and the gateway of the examples.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

/// A Worker that this workspace builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Worker {
    #[value(name = "isbndb-worker", alias = "isbndb")]
    Isbndb,
    #[value(name = "books-api-proxy", alias = "proxy")]
    Proxy,
    #[value(name = "cache-warmer", alias = "warmer")]
    Warmer,
    /// The example that is written in Rust.
    Gateway,
}

impl Worker {
    /// The three Workers of the system, in the order in which they are deployed: callees first.
    pub const ALL: [Self; 3] = [Self::Isbndb, Self::Proxy, Self::Warmer];

    pub const TESTED: [Self; 4] = [Self::Isbndb, Self::Proxy, Self::Warmer, Self::Gateway];

    pub const fn crate_name(self) -> &'static str {
        match self {
            Self::Isbndb => "isbndb-worker",
            Self::Proxy => "books-api-proxy",
            Self::Warmer => "cache-warmer",
            Self::Gateway => "gateway",
        }
    }

    pub fn crate_dir(self) -> PathBuf {
        let parent =
            if self == Self::Gateway { project_root().join("examples") } else { project_root() };
        parent.join(self.crate_name())
    }

    pub fn config_path(self) -> PathBuf {
        if self == Self::Gateway {
            return self.crate_dir().join("wrangler.toml");
        }
        project_root().join("wrangler-configs").join(format!("{}.toml", self.crate_name()))
    }

    pub fn wasm_path(self) -> PathBuf {
        self.crate_dir().join("build").join("index_bg.wasm")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildProfile {
    /// Optimised, as deployed; its size is compared with the last release.
    Release,
    /// Fast to compile, with debug information.
    Dev,
}

impl BuildProfile {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// The content of a text file.
pub fn read_text_file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files below a folder, sorted; folders that `enters` refuses are left out.
pub fn files_below(dir: &Path, enters: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() {
            files.push(path);
        } else if enters(&path) {
            files.extend(files_below(&path, enters)?);
        }
    }
    files.sort();
    Ok(files)
}

pub fn project_root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}
