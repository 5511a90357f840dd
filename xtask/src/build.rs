//! `cargo xtask build`: the three Workers as wasm, with their sizes, and the dashboard.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::{Form, Worker, root};
use crate::sizes::Sizes;
use crate::step::{self, Works};
use crate::tools::{Tools, WASM_TARGET};
use crate::wasm;

/// Inputs of every build beside the folders of its crates: versions, profiles, tools, and the
/// description that the proxy serves.
const ROOT_INPUTS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    "package-lock.json",
    "openapi/books-api-proxy.json",
];

/// The file of a Worker's named entrypoints, if it has any.
const ENTRYPOINTS: &str = "entrypoints.js";

/// Builds the given Workers and prints their sizes.
pub fn build(tools: &Tools, workers: &[Worker], form: Form) -> Result<Sizes> {
    if workers.contains(&Worker::Warmer) {
        let mut bundle = tools.command("node");
        bundle.arg(Worker::Warmer.dir().join("dashboard").join("build.mjs"));
        step::run("bundling the dashboard", &mut bundle)?;
    }
    for (at, &worker) in workers.iter().enumerate() {
        let position = format!("{} of {}", at + 1, workers.len());
        Stamp::of(worker).or_make(&inputs_of(worker)?, form, || {
            build_now(tools, worker, workers, form, &position)
        })?;
    }
    Sizes::measure(tools, workers, form)
}

/// The compilation, the longest part of a build. It needs none of the installed tools, so it can
/// run during their installation. Empty if all is built.
pub fn compilation(workers: &[Worker], form: Form) -> Result<Works> {
    for &worker in workers {
        if !Stamp::of(worker).holds(&inputs_of(worker)?, form) {
            let mut cargo = Command::new("cargo");
            cargo.current_dir(root()).args(["build", "--lib", "--target", WASM_TARGET]);
            // worker-build sets the same variable; a difference would cause a second compilation.
            cargo.env("WASM_BINDGEN_USE_JS_SYS", "1");
            if form == Form::Release {
                cargo.arg("--release");
            }
            cargo.args(packages(workers));
            return Ok(vec![(format!("the Workers ({})", form.word()), cargo)]);
        }
    }
    Ok(Vec::new())
}

fn packages(workers: &[Worker]) -> Vec<&'static str> {
    workers.iter().flat_map(|worker| ["-p", worker.crate_name()]).collect()
}

/// Refuses the content of a Worker's build folder if it has another form.
pub fn check_form(worker: Worker, form: Form) -> Result<()> {
    match Stamp::of(worker).read() {
        Some((found, _)) if found != form.word() => bail!(
            "the build of {} has the {found} form: build it first (`cargo xtask build`), or leave \
             --no-build out",
            worker.crate_name()
        ),
        _ => Ok(()),
    }
}

/// A file that names the form of a build and a hash of its inputs.
struct Stamp {
    file: PathBuf,
    made: PathBuf,
}

impl Stamp {
    fn of(worker: Worker) -> Self {
        let file = root().join("target/xtask").join(format!("{}.stamp", worker.crate_name()));
        Self { file, made: worker.wasm() }
    }

    fn read(&self) -> Option<(String, String)> {
        let text = fs::read_to_string(&self.file).ok().filter(|_| self.made.is_file())?;
        let (form, inputs) = text.split_once(' ')?;
        Some((form.to_owned(), inputs.to_owned()))
    }

    /// Whether the build was made from these inputs. A release serves as the dev form too.
    fn holds(&self, inputs: &str, form: Form) -> bool {
        self.read().is_some_and(|(found, old)| {
            old == inputs && (form == Form::Dev || found == form.word())
        })
    }

    /// Runs `work` unless the build is current.
    fn or_make(&self, inputs: &str, form: Form, work: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.holds(inputs, form) {
            return Ok(());
        }
        // Delete the note first: an interrupted build leaves files that match no inputs.
        if self.file.exists() {
            fs::remove_file(&self.file)
                .with_context(|| format!("cannot delete {}", self.file.display()))?;
        }
        work()?;
        if let Some(dir) = self.file.parent() {
            fs::create_dir_all(dir)?;
        }
        let text = format!("{} {inputs}", form.word());
        fs::write(&self.file, text).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn build_now(
    tools: &Tools,
    worker: Worker,
    workers: &[Worker],
    form: Form,
    position: &str,
) -> Result<()> {
    let (name, word) = (worker.crate_name(), form.word());
    let mut command = tools.command("worker-build");
    command.current_dir(worker.dir());
    command.arg(if form == Form::Release { "--release" } else { "--dev" });
    // The first call compiles all these Workers, so that their last steps, each of which uses one core,
    // run side by side. The other calls compile nothing, because the arguments are the same.
    command.args([".", "--"]).args(packages(workers));
    step::run(&format!("building {name} ({word}, {position})"), &mut command)?;
    add_entrypoints(worker)?;
    if form == Form::Release {
        wasm::strip_names(tools, &worker.wasm())?;
    }
    // The pinned workerd accepts encodings that other runtimes refuse.
    wasm::compile(tools.command("node"), &worker.wasm())
}

/// Copies a Worker's named entrypoints into the build, and exports them from its entry.
fn add_entrypoints(worker: Worker) -> Result<()> {
    let source = worker.dir().join("src").join(ENTRYPOINTS);
    if !source.is_file() {
        return Ok(());
    }
    let build = worker.dir().join("build");
    fs::copy(&source, build.join(ENTRYPOINTS)).context("cannot copy the entrypoints")?;
    let index = build.join("index.js");
    let text = fs::read_to_string(&index).context("cannot read the built entry")?;
    let export = format!("\nexport * from \"./{ENTRYPOINTS}\";\n");
    fs::write(&index, text + &export).context("cannot add the entrypoints")
}

/// A hash over the inputs of the wasm, without the folder `build`, which holds the result.
fn inputs_of(worker: Worker) -> Result<String> {
    let root = root();
    let files = ROOT_INPUTS.iter().map(|name| root.join(name)).collect();
    hash_of(files, &[worker.dir(), root.join("shared")])
}

/// A hash over these files, and over all files below these folders that a build reads.
fn hash_of(mut files: Vec<PathBuf>, dirs: &[PathBuf]) -> Result<String> {
    for dir in dirs {
        list_files(dir, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
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
            // The dashboard is bundled separately.
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
        let hash = || hash_of(vec![dir.join("lock")], &[dir.join("worker")]).unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("lock", "1");
        write("worker/src/deep/a.rs", "a");
        let before = hash();
        assert_eq!(hash(), before);
        for name in
            ["worker/build/index.js", "worker/target/x", "worker/tests/a.rs", "worker/dashboard/a"]
        {
            write(name, "an outcome, or no part of it");
            assert_eq!(hash(), before, "{name}");
        }
        for (name, text) in [
            ("lock", "2"),
            ("worker/src/deep/a.rs", "b"),
            ("worker/src/deep/b.rs", ""),
            ("worker/page.html", "<p>"),
        ] {
            let before = hash();
            write(name, text);
            assert_ne!(hash(), before, "{name}");
        }
        let before = hash();
        fs::rename(dir.join("worker/src/deep/b.rs"), dir.join("worker/src/b.rs")).unwrap();
        assert_ne!(hash(), before, "a moved file changes the hash");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn an_interrupted_build_is_not_taken_for_current() {
        let dir = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let stamp = Stamp { file: dir.join("stamp"), made: dir.join("made") };
        let build = |inputs: &str, ends: bool| {
            stamp.or_make(inputs, Form::Release, || {
                fs::write(&stamp.made, inputs)?;
                if ends { Ok(()) } else { bail!("interrupted") }
            })
        };
        build("old", true).unwrap();
        assert!(build("new", false).is_err());
        // The change is undone.
        build("old", true).unwrap();
        assert_eq!(fs::read_to_string(&stamp.made).unwrap(), "old");
        // The build is current: `work`, which would fail, does not run.
        build("old", false).unwrap();
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_release_serves_as_the_dev_form_only() {
        let dir = std::env::temp_dir().join(format!("xtask-forms-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let stamp = Stamp { file: dir.join("stamp"), made: dir.join("made") };
        let make = |form| stamp.or_make("same", form, || Ok(fs::write(&stamp.made, "")?)).unwrap();
        make(Form::Dev);
        assert!(stamp.holds("same", Form::Dev) && !stamp.holds("other", Form::Dev));
        assert!(!stamp.holds("same", Form::Release));
        make(Form::Release);
        make(Form::Dev);
        assert!(stamp.holds("same", Form::Release) && stamp.holds("same", Form::Dev));
        fs::remove_dir_all(&dir).unwrap();
    }
}
