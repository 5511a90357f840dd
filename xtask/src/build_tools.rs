//! The tools of a build, in the versions of the lock files, installed if they are missing.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::subprocess::{self, Works};
use crate::workspace::{project_root, read_text_file};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The crates with which wasm-bindgen reads and writes ten megabytes, three times a build.
const BINDGEN_OPTIMISED: [&str; 7] = [
    "gimli",
    "hashbrown",
    "indexmap",
    "walrus",
    "wasm-bindgen-cli-support",
    "wasm-encoder",
    "wasmparser",
];

#[derive(Debug)]
pub struct BuildTools {
    pub worker_build: PathBuf,
    pub wasm_bindgen: PathBuf,
    /// node_modules/.bin: node, wrangler, wasm-opt, esbuild.
    pub node_bin: PathBuf,
}

impl BuildTools {
    /// Installs missing tools and returns the paths of all.
    /// Errors: with one sentence that names the missing prerequisite or the failed installation.
    pub fn ensure_installed() -> Result<Self> {
        Self::ensure_beside(Vec::new())
    }

    /// As [`BuildTools::ensure_installed`], with other programs running at the same time.
    pub fn ensure_beside(mut works: Works) -> Result<Self> {
        // First, because a compilation among them may need the target.
        if let Some((what, mut installation)) = wasm_target_installation()? {
            subprocess::run_program(&what, &mut installation)?;
        }
        let cache = cache_dir()?;
        let worker_build = CargoTool {
            name: "worker-build",
            programs: &["worker-build"],
            version: locked_version("worker")?,
            optimised: &[],
        };
        let wasm_bindgen = CargoTool {
            name: "wasm-bindgen-cli",
            programs: &["wasm-bindgen-test-runner", "wasm-bindgen"],
            version: locked_version("wasm-bindgen")?,
            optimised: &BINDGEN_OPTIMISED,
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folder_of = |tool: CargoTool| -> Result<PathBuf> {
            if let Some(folder) = tool.bin_dir(&cache, &path) {
                return Ok(folder);
            }
            works.push(tool.installation(&cache)?);
            Ok(tool.install_dir(&cache).join("bin"))
        };
        let (worker_build, wasm_bindgen) = (folder_of(worker_build)?, folder_of(wasm_bindgen)?);
        works.extend(npm_installation()?);
        if !works.is_empty() {
            let done = subprocess::run_together(works);
            // cargo's files for the tools: some hundred megabytes that are not needed again.
            let _ = std::fs::remove_dir_all(target_dir());
            done?;
        }
        let node_bin = project_root().join("node_modules").join(".bin");
        if !node_bin.join("node").exists() {
            bail!("npm ran no install scripts: allow them (`npm config set ignore-scripts false`)");
        }
        Ok(Self { worker_build, wasm_bindgen, node_bin })
    }

    /// A command with the tools in its PATH: worker-build would otherwise download its own.
    pub fn command_with_tools(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(project_root())
            .env("PATH", self.search_path())
            .env("WASM_BINDGEN_BIN", self.wasm_bindgen.join("wasm-bindgen"))
            .env("WASM_OPT_BIN", self.node_bin.join("wasm-opt"))
            .env("ESBUILD_BIN", self.node_bin.join("esbuild"))
            .env("WRANGLER_SEND_METRICS", "false")
            // A failing tool prints one line, not its stack.
            .env("RUST_BACKTRACE", "0");
        command
    }

    /// PATH with the project's own tools first.
    fn search_path(&self) -> OsString {
        let mut path = OsString::new();
        for dir in [&self.node_bin, &self.worker_build, &self.wasm_bindgen] {
            path.push(dir);
            path.push(":");
        }
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }
}

/// The version of a crate in Cargo.lock: a tool must have the version of its crate.
fn locked_version(krate: &str) -> Result<String> {
    let text = read_text_file(&project_root().join("Cargo.lock"))?;
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

fn wasm_target_installation() -> Result<Option<(String, Command)>> {
    let sysroot = subprocess::captured_output(
        Command::new("rustc").current_dir(project_root()).args(["--print", "sysroot"]),
    )
    .context("Rust is needed: install rustup from https://rustup.rs")?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(None);
    }
    if !subprocess::is_installed("rustup") {
        bail!("the Rust target {WASM_TARGET} is missing and there is no rustup to add it");
    }
    let mut add = Command::new("rustup");
    add.current_dir(project_root()).args(["target", "add", WASM_TARGET]);
    Ok(Some((format!("the Rust target {WASM_TARGET}"), add)))
}

struct CargoTool {
    name: &'static str,
    programs: &'static [&'static str],
    version: String,
    /// The packages that are slow without optimisation; the others only start programs.
    optimised: &'static [&'static str],
}

impl CargoTool {
    fn install_dir(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, self.version))
    }

    /// The folder of the tool in this version: installed by this program, or on PATH.
    fn bin_dir(&self, cache: &Path, path: &OsStr) -> Option<PathBuf> {
        let has_all = |folder: &Path| self.programs.iter().all(|name| folder.join(name).is_file());
        let own = self.install_dir(cache).join("bin");
        if has_all(&own) {
            return Some(own);
        }
        let is_version = |program: &&str, folder: &Path| {
            let said =
                subprocess::captured_output(Command::new(folder.join(program)).arg("--version"));
            said.is_ok_and(|said| said.split_whitespace().last() == Some(&self.version))
        };
        let suits = |folder: &PathBuf| {
            has_all(folder) && self.programs.iter().all(|program| is_version(program, folder))
        };
        std::env::split_paths(path).find(suits)
    }

    fn installation(&self, cache: &Path) -> Result<(String, Command)> {
        let home = self.install_dir(cache);
        std::fs::create_dir_all(&home).with_context(|| {
            format!(
                "the tools cannot be kept in {}: name a folder in XDG_CACHE_HOME that can be \
                 written",
                cache.display()
            )
        })?;
        let mut install = Command::new("cargo");
        install
            .args(["install", "--locked", "--quiet", "--version", &self.version, "--root"])
            .arg(home)
            .arg(self.name)
            // By default wasm-bindgen includes TLS, for downloads of browser drivers.
            .arg("--no-default-features")
            .args(self.programs.iter().flat_map(|program| ["--bin", program]))
            // Optimising takes minutes, and each run of the programs only seconds.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_TARGET_DIR", target_dir().join(self.name));
        for package in self.optimised {
            let option = format!("profile.release.package.{package}.opt-level=1");
            install.args(["--config", &option]);
        }
        Ok((format!("{} {} (minutes, once)", self.name, self.version), install))
    }
}

/// The folder in which tools are compiled: on the disk of the project.
fn target_dir() -> PathBuf {
    project_root().join("target").join("tools")
}

fn npm_installation() -> Result<Option<(String, Command)>> {
    if npm_packages_are_current() && project_root().join("node_modules/.bin/node").exists() {
        return Ok(None);
    }
    if !subprocess::is_installed("npm") {
        bail!("npm is needed and was not found: install Node.js (any version with npm 9 or newer)");
    }
    let mut ci = Command::new("npm");
    ci.current_dir(project_root()).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    Ok(Some(("the npm packages".to_owned(), ci)))
}

/// Compares the installed packages with the lock file.
fn npm_packages_are_current() -> bool {
    let parse = |path: PathBuf| -> Option<Value> {
        serde_json::from_str(&read_text_file(&path).ok()?).ok()
    };
    let wanted = parse(project_root().join("package-lock.json"));
    let installed = parse(project_root().join("node_modules").join(".package-lock.json"));
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

    fn cargo_tool(version: &str) -> CargoTool {
        let (name, programs) = ("some-tool", &["some-tool"]);
        CargoTool { name, programs, version: version.to_owned(), optimised: &["slow"] }
    }

    #[test]
    fn an_unwritable_cache_is_named_before_the_build() {
        let error = cargo_tool("1.0.0").installation(Path::new("/dev/null/cache")).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("/dev/null/cache") && text.contains("XDG_CACHE_HOME"), "{text}");
    }

    #[test]
    fn only_the_used_programs_of_a_tool_are_compiled() {
        let cache = std::env::temp_dir().join(format!("xtask-cache-{}", std::process::id()));
        let (_, install) = cargo_tool("1.0.0").installation(&cache).unwrap();
        std::fs::remove_dir_all(&cache).unwrap();
        let words: Vec<_> = install.get_args().map(OsStr::to_string_lossy).collect();
        let text = words.join(" ");
        for expected in [
            "--no-default-features",
            "--bin some-tool",
            "--config profile.release.package.slow.opt-level=1",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_tool_of_the_right_version_on_path_is_used() {
        use std::os::unix::fs::PermissionsExt;
        let dir = std::env::temp_dir().join(format!("xtask-path-{}", std::process::id()));
        let put = |folder: &str, script: &str| {
            let file = dir.join(folder).join("some-tool");
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        put("old", "echo some-tool 1.1.9");
        put("broken", "exit 1");
        put("right", "echo some-tool 1.2.0");
        let path =
            std::env::join_paths(["old", "broken", "right"].map(|name| dir.join(name))).unwrap();
        let folder = |version: &str| cargo_tool(version).bin_dir(&dir.join("cache"), &path);
        assert_eq!(folder("1.2.0"), Some(dir.join("right")));
        assert_eq!(folder("1.3.0"), None);
        put("cache/some-tool-1.3.0/bin", "exit 1");
        assert_eq!(folder("1.3.0"), Some(dir.join("cache/some-tool-1.3.0/bin")));
        std::fs::remove_dir_all(&dir).unwrap();
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
