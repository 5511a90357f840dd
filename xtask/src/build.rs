//! `cargo xtask build`: the three Workers as wasm, with their sizes, and the dashboard.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::{Form, Worker, root};
use crate::sizes::Sizes;
use crate::step;
use crate::tools::Tools;
use crate::wasm;

/// What every build reads, beside the folders of its crates: versions, profiles, tools, and the
/// description that the proxy serves.
const ROOT_INPUTS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    "package-lock.json",
    "openapi/books-api-proxy.json",
];

/// The file of a Worker's named entrypoints, where it has any.
const ENTRYPOINTS: &str = "entrypoints.js";

/// Builds the given Workers and prints what each weighs.
pub fn build(tools: &Tools, workers: &[Worker], form: Form) -> Result<Sizes> {
    if workers.contains(&Worker::Warmer) {
        let mut bundle = tools.command("node");
        bundle.arg(Worker::Warmer.dir().join("dashboard").join("build.mjs"));
        step::run("bundling the dashboard", &mut bundle)?;
    }
    for (at, &worker) in workers.iter().enumerate() {
        build_one(tools, worker, form, &format!("{} of {}", at + 1, workers.len()))?;
    }
    Sizes::measure(tools, workers, form)
}

fn build_one(tools: &Tools, worker: Worker, form: Form, position: &str) -> Result<()> {
    let name = worker.crate_name();
    let stamp = root().join("target").join("xtask").join(format!("{name}.stamp"));
    let inputs = inputs_hash(worker, form)?;
    unless_done(&stamp, &inputs, &worker.wasm(), || build_now(tools, worker, form, position))
}

/// Does the work unless the stamp says that what stands there was made from the same inputs.
fn unless_done(
    stamp: &Path,
    inputs: &str,
    made: &Path,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if made.is_file() && fs::read_to_string(stamp).is_ok_and(|old| old == inputs) {
        return Ok(());
    }
    // First of all: work that is interrupted leaves what is not made from the inputs of before.
    if stamp.exists() {
        fs::remove_file(stamp).context("cannot forget what was built")?;
    }
    work()?;
    if let Some(dir) = stamp.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(stamp, inputs).context("cannot note what was built")
}

fn build_now(tools: &Tools, worker: Worker, form: Form, position: &str) -> Result<()> {
    let name = worker.crate_name();
    let word = if form == Form::Release { "release" } else { "dev" };
    let mut command = tools.command("worker-build");
    command.current_dir(worker.dir());
    command.arg(if form == Form::Release { "--release" } else { "--dev" });
    // The first call compiles all Workers, so that their last steps, each of which uses one core,
    // run side by side. The other calls find theirs compiled, because the arguments are the same.
    command.args([".", "--"]);
    for compiled in Worker::TESTED {
        command.args(["-p", compiled.crate_name()]);
    }
    step::run(&format!("building {name} ({word}, {position})"), &mut command)?;
    add_entrypoints(worker)?;
    if form == Form::Release {
        wasm::strip_names(tools, &worker.wasm())?;
    }
    // The pinned workerd takes encodings that other runtimes refuse.
    wasm::compile(tools.command("node"), &worker.wasm())
}

/// Puts a Worker's named entrypoints beside what was built, and exports them from it.
fn add_entrypoints(worker: Worker) -> Result<()> {
    let source = worker.dir().join("src").join(ENTRYPOINTS);
    if !source.is_file() {
        return Ok(());
    }
    let build = worker.dir().join("build");
    fs::copy(&source, build.join(ENTRYPOINTS)).context("cannot copy the entrypoints")?;
    let index = build.join("index.js");
    let text = fs::read_to_string(&index).context("cannot read what was built")?;
    let export = format!("\nexport * from \"./{ENTRYPOINTS}\";\n");
    fs::write(&index, text + &export).context("cannot add the entrypoints")
}

/// A hash over everything that the wasm is made from. The folder `build` is its outcome.
fn inputs_hash(worker: Worker, form: Form) -> Result<String> {
    let root = root();
    let files = ROOT_INPUTS.iter().map(|name| root.join(name)).collect();
    hash_of(files, &[worker.dir(), root.join("shared")], form)
}

/// A hash over these files, and all below these folders that a build reads.
fn hash_of(mut files: Vec<PathBuf>, dirs: &[PathBuf], form: Form) -> Result<String> {
    for dir in dirs {
        list_files(dir, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(u8::from(form == Form::Release));
    for path in files {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        hasher.write(path.as_os_str().as_encoded_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn list_files(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            // The dashboard is bundled by itself.
            if !["build", "target", "tests", "dashboard"].iter().any(|skipped| name == *skipped) {
                list_files(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_changed_input_causes_a_new_build() {
        let dir = std::env::temp_dir().join(format!("xtask-inputs-{}", std::process::id()));
        let hash = |form| hash_of(vec![dir.join("lock")], &[dir.join("worker")], form).unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("lock", "1");
        write("worker/src/deep/a.rs", "a");
        let before = hash(Form::Release);
        assert_eq!(hash(Form::Release), before);
        assert_ne!(hash(Form::Dev), before);
        for name in
            ["worker/build/index.js", "worker/target/x", "worker/tests/a.rs", "worker/dashboard/a"]
        {
            write(name, "an outcome, or no part of it");
            assert_eq!(hash(Form::Release), before, "{name}");
        }
        for (name, text) in [
            ("lock", "2"),
            ("worker/src/deep/a.rs", "b"),
            ("worker/src/deep/b.rs", ""),
            ("worker/page.html", "<p>"),
        ] {
            let before = hash(Form::Release);
            write(name, text);
            assert_ne!(hash(Form::Release), before, "{name}");
        }
        let before = hash(Form::Release);
        fs::rename(dir.join("worker/src/deep/b.rs"), dir.join("worker/src/b.rs")).unwrap();
        assert_ne!(hash(Form::Release), before, "a file that moved");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn an_interrupted_build_is_not_taken_for_the_one_before() {
        let dir = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (stamp, made) = (dir.join("stamp"), dir.join("made"));
        let build = |inputs: &str, ends: bool| {
            unless_done(&stamp, inputs, &made, || {
                fs::write(&made, inputs)?;
                if ends { Ok(()) } else { bail!("interrupted") }
            })
        };
        build("old", true).unwrap();
        assert!(build("new", false).is_err());
        // The change is taken back.
        build("old", true).unwrap();
        assert_eq!(fs::read_to_string(&made).unwrap(), "old");
        // Nothing to do: it would fail.
        build("old", false).unwrap();
        fs::remove_dir_all(&dir).unwrap();
    }
}
