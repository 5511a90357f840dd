//! The tools that a build needs, each at the version the lock files name, installed when missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::project::root;
use crate::step;

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where the tools are.
#[derive(Debug)]
pub struct Tools {
    /// The folder that holds worker-build.
    pub worker_build: PathBuf,
    /// The folder that holds wasm-bindgen and wasm-bindgen-test-runner.
    pub wasm_bindgen: PathBuf,
    /// node_modules/.bin: node, wrangler, wasm-opt, esbuild.
    pub node_bin: PathBuf,
}

impl Tools {
    /// Installs what is missing and says where everything is.
    ///
    /// # Errors
    /// With one sentence that names the missing prerequisite or the failed installation.
    pub fn ensure() -> Result<Self> {
        let node_bin = ensure_npm_packages()?;
        ensure_wasm_target()?;
        let cache = cache_dir()?;
        let worker_build =
            CargoTool { name: "worker-build", program: "worker-build", version: locked("worker")? };
        let wasm_bindgen = CargoTool {
            name: "wasm-bindgen-cli",
            program: "wasm-bindgen-test-runner",
            version: locked("wasm-bindgen")?,
        };
        install_missing(&cache, &[&worker_build, &wasm_bindgen])?;
        let (worker_build, wasm_bindgen) = (worker_build.bin(&cache), wasm_bindgen.bin(&cache));
        Ok(Self { worker_build, wasm_bindgen, node_bin })
    }

    /// A command that finds every tool: worker-build would otherwise download its own.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(root())
            .env("PATH", self.path())
            .env("WASM_BINDGEN_BIN", self.wasm_bindgen.join("wasm-bindgen"))
            .env("WASM_OPT_BIN", self.node_bin.join("wasm-opt"))
            .env("ESBUILD_BIN", self.node_bin.join("esbuild"))
            .env("WRANGLER_SEND_METRICS", "false")
            // A tool that fails says why in a line, not in a stack of frames.
            .env("RUST_BACKTRACE", "0");
        command
    }

    /// PATH with the project's own tools first.
    fn path(&self) -> OsString {
        let mut path = OsString::new();
        for dir in [&self.node_bin, &self.worker_build, &self.wasm_bindgen] {
            path.push(dir);
            path.push(":");
        }
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }
}

/// The version of a crate in Cargo.lock: a tool must be the very version of its crate.
///
/// # Errors
/// When Cargo.lock cannot be read or does not hold it.
fn locked(krate: &str) -> Result<String> {
    let text = read(&root().join("Cargo.lock"))?;
    locked_in(&text, krate).with_context(|| format!("Cargo.lock does not name {krate}"))
}

fn locked_in(lock: &str, krate: &str) -> Option<String> {
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let package =
        packages.iter().find(|p| p.get("name").and_then(|n| n.as_str()) == Some(krate))?;
    package.get("version")?.as_str().map(str::to_owned)
}

fn cache_dir() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .ok_or_else(|| anyhow!("neither XDG_CACHE_HOME nor HOME says where tools can be kept"))?;
    Ok(base.join("book-cache-warmer"))
}

fn ensure_wasm_target() -> Result<()> {
    let sysroot = step::ask(Command::new("rustc").current_dir(root()).args(["--print", "sysroot"]))
        .context("Rust is needed: install rustup from https://rustup.rs")?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(());
    }
    if !step::exists("rustup") {
        bail!("the Rust target {WASM_TARGET} is missing and there is no rustup to add it");
    }
    let mut add = Command::new("rustup");
    add.current_dir(root()).args(["target", "add", WASM_TARGET]);
    step::run(&format!("adding the Rust target {WASM_TARGET}"), &mut add)?;
    Ok(())
}

/// A tool from the Rust package registry.
struct CargoTool {
    name: &'static str,
    /// One of the programs that it brings.
    program: &'static str,
    version: String,
}

impl CargoTool {
    fn home(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, self.version))
    }

    fn bin(&self, cache: &Path) -> PathBuf {
        self.home(cache).join("bin")
    }

    fn is_installed(&self, cache: &Path) -> bool {
        self.bin(cache).join(self.program).is_file()
    }
}

/// Both at once: each spends much of its time on one core.
fn install_missing(cache: &Path, tools: &[&CargoTool]) -> Result<()> {
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.is_installed(cache)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for tool in &missing {
        std::fs::create_dir_all(tool.home(cache)).with_context(|| {
            format!(
                "the tools cannot be kept in {}: name a folder in XDG_CACHE_HOME that can be \
                 written",
                cache.display()
            )
        })?;
    }
    // Compiled here, so that it is on the disk that the project is on, and removed.
    let target = root().join("target").join("tools");
    let install = |tool: &CargoTool| {
        let mut install = Command::new("cargo");
        install
            .args(["install", "--locked", "--quiet", "--version", &tool.version, "--root"])
            .arg(tool.home(cache))
            .arg(tool.name)
            .env("CARGO_TARGET_DIR", target.join(tool.name));
        install
    };
    let names: Vec<_> = missing.iter().map(|t| format!("{} {}", t.name, t.version)).collect();
    let what = format!("installing {} (about 4 minutes, once)", names.join(" and "));
    let done = step::run_together(&what, missing.iter().map(|tool| install(tool)).collect());
    // Some hundred megabytes that are not needed again.
    let _ = std::fs::remove_dir_all(&target);
    done
}

fn ensure_npm_packages() -> Result<PathBuf> {
    let bin = root().join("node_modules").join(".bin");
    if npm_packages_are_current() && bin.join("node").exists() {
        return Ok(bin);
    }
    if !step::exists("npm") {
        bail!("npm is needed and was not found: install Node.js (any version with npm 9 or newer)");
    }
    let mut ci = Command::new("npm");
    ci.current_dir(root()).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    step::run("installing the npm packages (about a minute, once)", &mut ci)?;
    if !bin.join("node").exists() {
        bail!("npm ran no install scripts: allow them (`npm config set ignore-scripts false`)");
    }
    Ok(bin)
}

/// Compares what is installed with what the lock file names.
fn npm_packages_are_current() -> bool {
    let parse = |path: PathBuf| -> Option<Value> { serde_json::from_str(&read(&path).ok()?).ok() };
    let wanted = parse(root().join("package-lock.json"));
    let installed = parse(root().join("node_modules").join(".package-lock.json"));
    match (wanted, installed) {
        (Some(wanted), Some(installed)) => npm_locks_agree(&wanted, &installed),
        _ => false,
    }
}

fn npm_locks_agree(wanted: &Value, installed: &Value) -> bool {
    let Some(packages) = wanted.get("packages").and_then(Value::as_object) else { return false };
    packages.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| {
        let optional = package.get("optional").and_then(Value::as_bool).unwrap_or(false);
        match installed.get("packages").and_then(|all| all.get(path)) {
            Some(found) => found.get("version") == package.get("version"),
            // A package for another operating system.
            None => optional,
        }
    })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_locked_version_of_a_crate_is_found() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"b\"\nversion = \"4.5.6\"\n";
        assert_eq!(locked_in(lock, "b").as_deref(), Some("4.5.6"));
        assert_eq!(locked_in(lock, "c"), None);
    }

    #[test]
    fn an_unwritable_cache_is_named_before_the_build() {
        let tool = CargoTool { name: "a", program: "a", version: "1.0.0".to_owned() };
        let error = install_missing(Path::new("/dev/null/cache"), &[&tool]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("/dev/null/cache") && text.contains("XDG_CACHE_HOME"), "{text}");
    }

    #[test]
    fn npm_packages_are_stale_if_one_differs() {
        let wanted = json!({"packages": {
            "": {"name": "x"},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/b-windows": {"version": "1.0.0", "optional": true},
        }});
        let same = json!({"packages": {"node_modules/a": {"version": "1.0.0"}}});
        let older = json!({"packages": {"node_modules/a": {"version": "0.9.0"}}});
        assert!(npm_locks_agree(&wanted, &same));
        assert!(!npm_locks_agree(&wanted, &older));
        assert!(!npm_locks_agree(&wanted, &json!({"packages": {}})));
        assert!(!npm_locks_agree(&wanted, &json!({})));
    }
}
