//! `cargo xtask build`: the three Workers as wasm, with their sizes, and the dashboard.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build_sizes::Sizes;
use crate::build_tools::{BuildTools, WASM_TARGET};
use crate::subprocess::{self, Works};
use crate::wasm_postprocessing;
use crate::workspace::{BuildProfile, Worker, files_below, project_root};

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
pub fn build_workers(tools: &BuildTools, workers: &[Worker], form: BuildProfile) -> Result<Sizes> {
    if workers.contains(&Worker::Warmer) {
        let mut bundle = tools.command_with_tools("node");
        bundle.arg(Worker::Warmer.crate_dir().join("dashboard").join("build.mjs"));
        subprocess::run_program("bundling the dashboard", &mut bundle)?;
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
pub fn compilation(workers: &[Worker], form: BuildProfile) -> Result<Works> {
    for &worker in workers {
        if !Stamp::of(worker).is_up_to_date(&inputs_of(worker)?, form) {
            let mut cargo = Command::new("cargo");
            cargo.current_dir(project_root()).args(["build", "--lib", "--target", WASM_TARGET]);
            // worker-build sets the same variable; a difference would cause a second compilation.
            cargo.env("WASM_BINDGEN_USE_JS_SYS", "1");
            if form == BuildProfile::Release {
                cargo.arg("--release");
            }
            cargo.args(package_args(workers));
            return Ok(vec![(format!("the Workers ({})", form.as_str()), cargo)]);
        }
    }
    Ok(Vec::new())
}

fn package_args(workers: &[Worker]) -> Vec<&'static str> {
    workers.iter().flat_map(|worker| ["-p", worker.crate_name()]).collect()
}

/// Refuses the content of a Worker's build folder if it has another form.
pub fn check_form(worker: Worker, form: BuildProfile) -> Result<()> {
    match Stamp::of(worker).read() {
        Some((found, _)) if found != form.as_str() => bail!(
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
        let file =
            project_root().join("target/xtask").join(format!("{}.stamp", worker.crate_name()));
        Self { file, made: worker.wasm_path() }
    }

    fn read(&self) -> Option<(String, String)> {
        let text = fs::read_to_string(&self.file).ok().filter(|_| self.made.is_file())?;
        let (form, inputs) = text.split_once(' ')?;
        Some((form.to_owned(), inputs.to_owned()))
    }

    /// Whether the build was made from these inputs. A release serves as the dev form too.
    fn is_up_to_date(&self, inputs: &str, form: BuildProfile) -> bool {
        self.read().is_some_and(|(found, old)| {
            old == inputs && (form == BuildProfile::Dev || found == form.as_str())
        })
    }

    /// Runs `work` unless the build is current.
    fn or_make(
        &self,
        inputs: &str,
        form: BuildProfile,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if self.is_up_to_date(inputs, form) {
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
        let text = format!("{} {inputs}", form.as_str());
        fs::write(&self.file, text).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn build_now(
    tools: &BuildTools,
    worker: Worker,
    workers: &[Worker],
    form: BuildProfile,
    position: &str,
) -> Result<()> {
    let (name, word) = (worker.crate_name(), form.as_str());
    let mut command = tools.command_with_tools("worker-build");
    command.current_dir(worker.crate_dir());
    command.arg(if form == BuildProfile::Release { "--release" } else { "--dev" });
    // The first call compiles all these Workers, so that their last steps, each of which uses one
    // core, run side by side. The other calls compile nothing, because the arguments are the same.
    command.args([".", "--"]).args(package_args(workers));
    subprocess::run_program(&format!("building {name} ({word}, {position})"), &mut command)?;
    add_entrypoints(worker)?;
    if form == BuildProfile::Release {
        wasm_postprocessing::strip_names(tools, &worker.wasm_path())?;
    }
    // The pinned workerd accepts encodings that other runtimes refuse.
    wasm_postprocessing::compile(tools.command_with_tools("node"), &worker.wasm_path())
}

/// Copies a Worker's named entrypoints into the build, and exports them from its entry.
fn add_entrypoints(worker: Worker) -> Result<()> {
    let source = worker.crate_dir().join("src").join(ENTRYPOINTS);
    if !source.is_file() {
        return Ok(());
    }
    let build = worker.crate_dir().join("build");
    fs::copy(&source, build.join(ENTRYPOINTS)).context("cannot copy the entrypoints")?;
    let index = build.join("index.js");
    let text = fs::read_to_string(&index).context("cannot read the built entry")?;
    let export = format!("\nexport * from \"./{ENTRYPOINTS}\";\n");
    fs::write(&index, text + &export).context("cannot add the entrypoints")
}

/// A hash over the inputs of the wasm, without the folder `build`, which holds the result.
fn inputs_of(worker: Worker) -> Result<String> {
    let root = project_root();
    let files = ROOT_INPUTS.iter().map(|name| root.join(name)).collect();
    hash_of(files, &[worker.crate_dir(), root.join("shared")])
}

/// A hash over these files, and over all files below these folders that a build reads.
fn hash_of(mut files: Vec<PathBuf>, dirs: &[PathBuf]) -> Result<String> {
    // The dashboard is bundled separately.
    let skipped = ["build", "target", "tests", "dashboard"];
    let is_read = |dir: &Path| !skipped.iter().any(|skipped| dir.ends_with(skipped));
    for dir in dirs {
        files.extend(files_below(dir, &is_read)?);
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
            stamp.or_make(inputs, BuildProfile::Release, || {
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
        make(BuildProfile::Dev);
        assert!(
            stamp.is_up_to_date("same", BuildProfile::Dev)
                && !stamp.is_up_to_date("other", BuildProfile::Dev)
        );
        assert!(!stamp.is_up_to_date("same", BuildProfile::Release));
        make(BuildProfile::Release);
        make(BuildProfile::Dev);
        assert!(
            stamp.is_up_to_date("same", BuildProfile::Release)
                && stamp.is_up_to_date("same", BuildProfile::Dev)
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
