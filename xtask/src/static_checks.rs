//! `cargo xtask check`: everything that can be checked without running a Worker.

use std::process::Command;

use anyhow::{Result, bail};

use crate::banned_terms;
use crate::build;
use crate::build_tools::{BuildTools, WASM_TARGET};
use crate::deploy;
use crate::markdown_pages;
use crate::module_dependencies;
use crate::promises;
use crate::subprocess;
use crate::test;
use crate::unused_dependencies;
use crate::wiring;
use crate::workspace::{BuildProfile, Worker, project_root};

/// Crates that are compiled to wasm.
const WASM_CRATES: [&str; 11] = [
    "bibliography",
    "ports",
    "runtime",
    "workerd",
    "isbndb-core",
    "isbndb-worker",
    "books-api-proxy",
    "proxy-core",
    "warmer-core",
    "cache-warmer",
    "gateway",
];

/// The folders of examples/ that have a wrangler config.
const EXAMPLES: [&str; 4] = ["auth", "gateway", "logger", "rpc-client"];

const DESCRIPTIONS: [&str; 3] = ["books-api-proxy.json", "cache-warmer.json", "isbndb-worker.json"];

/// Runs every check, or those whose names contain `only`. A failed check stops no other; all
/// failed ones are named at the end.
pub fn run_checks(only: Option<&str>) -> Result<()> {
    let tools = BuildTools::ensure_installed()?;
    let checks: [(&str, Check); 16] = [
        ("formatting", &|| run_cargo("fmt --all --check")),
        ("clippy, native", &|| {
            run_cargo("clippy --locked --workspace --all-targets -- -D warnings")
        }),
        ("clippy, wasm32", &clippy_wasm),
        ("documentation", &|| {
            run_cargo("doc --locked --workspace --no-deps --document-private-items")
        }),
        ("pages", &markdown_pages::check_markdown_pages),
        ("promises", &promises::check_promises),
        ("language", &banned_terms::check_banned_terms),
        ("npm lock file", &npm_lock),
        ("JavaScript formatting", &|| javascript_formatting(&tools)),
        ("JavaScript types", &|| javascript_types(&tools)),
        ("OpenAPI", &|| descriptions(&tools)),
        ("unused dependencies", &unused_dependencies::check_unused_dependencies),
        ("edges", &module_dependencies::check_module_edges),
        ("wiring", &wiring::check_wiring),
        ("build", &|| {
            build::build_workers(&tools, &Worker::TESTED, BuildProfile::Release)?.enforce()
        }),
        ("deployment, dry", &|| {
            deploy::dry_run_deployment(&tools)?;
            dry_examples(&tools)
        }),
    ];
    let names: Vec<&str> = checks.iter().map(|(name, _)| *name).collect();
    let wanted = |name: &str| only.is_none_or(|part| name.contains(part));
    if !names.iter().any(|name| wanted(name)) {
        bail!("no check has that name; there are: {}", names.join("; "));
    }
    let mut failed = Vec::new();
    for (name, check) in checks.into_iter().filter(|(name, _)| wanted(name)) {
        match check() {
            Ok(()) => println!("ok      {name}"),
            Err(error) => {
                println!("FAILED  {name}\n{error:#}\n");
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

type Check<'c> = &'c dyn Fn() -> Result<()>;

fn run_cargo(args: &str) -> Result<()> {
    let args: Vec<&str> = args.split_whitespace().collect();
    let mut command = Command::new("cargo");
    command.current_dir(project_root()).args(&args).env("RUSTDOCFLAGS", "-D warnings");
    let what = format!("cargo {}", args.first().unwrap_or(&""));
    subprocess::run_program(&what, &mut command).map(drop)
}

fn clippy_wasm() -> Result<()> {
    let packages = WASM_CRATES.join(" -p ");
    // Includes the tests for wasm, which no native build compiles.
    let tests = test::wasm_test_args()?.join(" ");
    run_cargo(&format!(
        "clippy --locked --target {WASM_TARGET} -p {packages} --lib {tests} -- -D warnings"
    ))
}

/// Checks with npm, without an installation, that the lock file fits package.json.
fn npm_lock() -> Result<()> {
    let mut npm = Command::new("npm");
    let args = "ci --dry-run --no-audit --no-fund --loglevel=error";
    npm.current_dir(project_root()).args(args.split(' '));
    subprocess::run_program("npm ci --dry-run", &mut npm).map(drop)
}

/// Prettier over the project's own JavaScript; `npx prettier --write "**/*.{js,mjs}"` corrects it.
fn javascript_formatting(tools: &BuildTools) -> Result<()> {
    let mut prettier = tools.command_with_tools("prettier");
    subprocess::run_program("prettier", prettier.args(["--check", "**/*.{js,mjs}"])).map(drop)
}

/// The TypeScript compiler checks the end-to-end tests and the dashboard as JavaScript.
fn javascript_types(tools: &BuildTools) -> Result<()> {
    for project in [".", "cache-warmer/dashboard"] {
        let mut tsc = tools.command_with_tools("tsc");
        subprocess::run_program("tsc", tsc.args(["--project", project]))?;
    }
    Ok(())
}

/// The linter accepts the three descriptions, and the TypeScript types are generated from them.
fn descriptions(tools: &BuildTools) -> Result<()> {
    let mut redocly = tools.command_with_tools("redocly");
    redocly.current_dir(project_root().join("openapi")).arg("lint").args(DESCRIPTIONS);
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    subprocess::run_program("redocly lint", &mut redocly)?;
    let mut node = tools.command_with_tools("node");
    subprocess::run_program("types", node.args(["openapi/types.mjs", "--check"])).map(drop)
}

/// `wrangler deploy --dry-run` of the examples. If something is missing, wrangler only warns, so
/// a warning fails the check.
fn dry_examples(tools: &BuildTools) -> Result<()> {
    for example in EXAMPLES {
        let mut wrangler = tools.command_with_tools("wrangler");
        let config = project_root().join("examples").join(example).join("wrangler.toml");
        wrangler.args(["deploy", "--dry-run", "--config"]).arg(config);
        let output = subprocess::run_program(
            &format!("wrangler deploy --dry-run {example}"),
            &mut wrangler,
        )?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        if text.contains("WARNING") {
            bail!("{example}: wrangler warns:\n{text}");
        }
    }
    Ok(())
}
