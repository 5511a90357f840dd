//! The sizes of the built Workers, compared with the last recorded release.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::build_tools::BuildTools;
use crate::subprocess;
use crate::workspace::{BuildProfile, Worker, project_root};

/// Half of the 3 MB that Cloudflare long set as its limit for a gzipped Worker.
const LIMIT_KB: u64 = 1_536;
/// Growth over the last release for which a commit should give the reason.
const NOTED_GROWTH_PERCENT: u64 = 10;

const HEADING: &str = "\
# Bytes of each Worker's wasm, gzipped, at the last release (docs/adr/0012). `cargo xtask build` prints
# sizes beside these; `cargo xtask build --record` writes them.
";

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ReleaseSizes {
    gzipped_bytes: BTreeMap<String, u64>,
}

impl ReleaseSizes {
    fn sizes_path() -> PathBuf {
        project_root().join("xtask").join("sizes.toml")
    }

    /// The recorded sizes; empty if there is no file yet.
    fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    fn write(&self, path: &Path) -> Result<()> {
        let text = format!("{HEADING}{}", toml::to_string(self)?);
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[derive(Clone, Copy, Debug)]
struct WorkerSize {
    worker: Worker,
    raw_bytes: u64,
    gzipped_bytes: u64,
}

#[derive(Debug)]
pub struct Sizes {
    form: BuildProfile,
    sizes: Vec<WorkerSize>,
}

impl Sizes {
    pub fn measure(tools: &BuildTools, workers: &[Worker], form: BuildProfile) -> Result<Self> {
        const GZIP: &str = "const fs=require('fs'),z=require('zlib');\
            for(const f of process.argv.slice(1)){const b=fs.readFileSync(f);\
            console.log(b.length+' '+z.gzipSync(b,{level:9}).length)}";
        let mut node = tools.command_with_tools("node");
        node.args(["-e", GZIP]).args(workers.iter().map(|w| w.wasm_path()));
        let answer = subprocess::captured_output(&mut node)?;
        let release = ReleaseSizes::read(&ReleaseSizes::sizes_path())?;
        let mut sizes = Vec::new();
        for (&worker, line) in workers.iter().zip(answer.lines()) {
            let mut numbers = line.split(' ').filter_map(|n| n.parse::<u64>().ok());
            let (Some(raw_bytes), Some(gzipped_bytes)) = (numbers.next(), numbers.next()) else {
                bail!("node printed `{line}` for the size of {}", worker.crate_name());
            };
            let size = WorkerSize { worker, raw_bytes, gzipped_bytes };
            println!("{}", line_of(size, form, &release));
            if let Some(note) = note_of(size, form, &release) {
                println!("{note}");
            }
            sizes.push(size);
        }
        Ok(Self { form, sizes })
    }

    /// Refuses a release build that is over the limit.
    pub fn enforce(&self) -> Result<()> {
        let is_over = |size: &&WorkerSize| {
            self.form == BuildProfile::Release && size.gzipped_bytes > LIMIT_KB * 1024
        };
        let over: Vec<_> =
            self.sizes.iter().filter(is_over).map(|s| s.worker.crate_name()).collect();
        if !over.is_empty() {
            bail!("over {LIMIT_KB} KB gzipped: {}", over.join(", "));
        }
        Ok(())
    }

    /// Records these sizes as those of a release; Workers that were not built keep theirs.
    pub fn save_release(&self) -> Result<()> {
        let path = ReleaseSizes::sizes_path();
        let mut release = ReleaseSizes::read(&path)?;
        for size in &self.sizes {
            release.gzipped_bytes.insert(size.worker.crate_name().to_owned(), size.gzipped_bytes);
        }
        release.write(&path)
    }
}

/// One Worker's line. Only a release build is compared with a release.
fn line_of(size: WorkerSize, form: BuildProfile, release: &ReleaseSizes) -> String {
    let name = size.worker.crate_name();
    let before = match release.gzipped_bytes.get(name) {
        Some(&bytes) if form == BuildProfile::Release => {
            format!(" (last release {} KB)", kib(bytes))
        }
        _ => String::new(),
    };
    let (raw, gzipped) = (kib(size.raw_bytes), kib(size.gzipped_bytes));
    format!("  {name:<16} wasm {raw:>5} KB raw {gzipped:>4} KB gzipped{before}")
}

/// A note if the Worker has grown.
fn note_of(size: WorkerSize, form: BuildProfile, release: &ReleaseSizes) -> Option<String> {
    let name = size.worker.crate_name();
    let before = *release.gzipped_bytes.get(name).filter(|bytes| **bytes > 0)?;
    let grown = size.gzipped_bytes.checked_sub(before)?.saturating_mul(100);
    (form == BuildProfile::Release && grown > before.saturating_mul(NOTED_GROWTH_PERCENT)).then(|| {
        format!(
            "  NOTE: {name} grew by {} % since the last release: give the reason in the commit.",
            grown / before
        )
    })
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker_size(gzipped_bytes: u64) -> WorkerSize {
        WorkerSize { worker: Worker::Isbndb, raw_bytes: 2 * gzipped_bytes, gzipped_bytes }
    }

    fn test_release_sizes(gzipped_bytes: u64) -> ReleaseSizes {
        ReleaseSizes { gzipped_bytes: [("isbndb-worker".to_owned(), gzipped_bytes)].into() }
    }

    #[test]
    fn only_a_release_over_the_limit_fails() {
        let enforce = |form, bytes| Sizes { form, sizes: vec![worker_size(bytes)] }.enforce();
        assert!(enforce(BuildProfile::Release, LIMIT_KB * 1024).is_ok());
        assert!(enforce(BuildProfile::Dev, LIMIT_KB * 1024 + 1).is_ok());
        let error = enforce(BuildProfile::Release, LIMIT_KB * 1024 + 1).unwrap_err().to_string();
        assert_eq!(error, "over 1536 KB gzipped: isbndb-worker");
    }

    #[test]
    fn only_growth_over_a_tenth_is_noted() {
        let note = |bytes, form| note_of(worker_size(bytes), form, &test_release_sizes(200_000));
        assert_eq!(note(220_000, BuildProfile::Release), None);
        assert_eq!(note(150_000, BuildProfile::Release), None);
        assert_eq!(note(300_000, BuildProfile::Dev), None);
        assert_eq!(
            note_of(worker_size(300_000), BuildProfile::Release, &ReleaseSizes::default()),
            None
        );
        let text = note(250_000, BuildProfile::Release).unwrap();
        assert!(text.contains("isbndb-worker grew by 25 %") && text.contains("commit"), "{text}");
    }

    #[test]
    fn only_a_release_is_compared_with_the_last_release() {
        let line = |form| line_of(worker_size(204_800), form, &test_release_sizes(102_400));
        assert!(line(BuildProfile::Release).ends_with("200 KB gzipped (last release 100 KB)"));
        assert!(line(BuildProfile::Dev).ends_with("200 KB gzipped"));
    }

    #[test]
    fn recorded_sizes_are_read_back() {
        let dir = std::env::temp_dir().join(format!("xtask-sizes-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("sizes.toml");
        assert_eq!(ReleaseSizes::read(&path).unwrap(), ReleaseSizes::default());
        test_release_sizes(7).write(&path).unwrap();
        assert_eq!(ReleaseSizes::read(&path).unwrap(), test_release_sizes(7));
        fs::write(&path, "gzipped_bytes = 3").unwrap();
        assert!(ReleaseSizes::read(&path).is_err());
        fs::remove_dir_all(&dir).unwrap();
        // The file in the repository names every Worker.
        let recorded = ReleaseSizes::read(&ReleaseSizes::sizes_path()).unwrap();
        assert!(Worker::ALL.iter().all(|w| recorded.gzipped_bytes.contains_key(w.crate_name())));
    }
}
