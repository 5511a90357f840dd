//! `cargo xtask dev`: the whole system on this machine, warming a library.

mod dev_library_warming;
mod node_process;
mod warmer_status;
mod warming_summary;

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::build;
use crate::build_tools::BuildTools;
use crate::clock::Stopwatch;
use crate::test::emulators_build;
use crate::workspace::{BuildProfile, Worker, project_root};
use dev_library_warming::warm_uploaded_library;
use node_process::TEST_ADMIN_TOKEN;
pub use node_process::{HttpResponse, NodeProcess};
use warmer_status::{WarmingJobStatus, replace_control_chars};
use warming_summary::DevSummary;

/// The names of the Workers in the stack, in the order of their ports.
const KEYS: [&str; 3] = ["proxy", "warmer", "isbndb"];

/// The plans that the ISBNdb Worker and the emulators know.
const ISBNDB_PLANS: [&str; 5] = ["basic", "academic", "premium", "pro", "enterprise"];

#[derive(Debug, clap::Args)]
pub struct DevOptions {
    /// End when the library is warm; the exit code is 0 if each warmed search is a hit.
    #[arg(long)]
    once: bool,
    /// A library CSV of your own in place of the sample.
    #[arg(long)]
    library: Option<PathBuf>,
    /// The search proxy's port; the warmer and the ISBNdb Worker get the next two.
    #[arg(long, default_value_t = 8787, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    port: u16,
    /// The emulated ISBNdb plan: pace and daily quota.
    #[arg(long, default_value = "basic", value_parser = ISBNDB_PLANS)]
    isbndb_plan: String,
    /// Seconds of an emulated provider's quota day, to watch it end and renew.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    quota_day_secs: Option<u64>,
}

pub fn run_dev(options: &DevOptions) -> Result<()> {
    let library = library_file(options.library.as_deref())?;
    let ports = free_ports(options.port)?;
    let mut phases = Phases::default();
    let mut works = build::compilation(&Worker::ALL, BuildProfile::Dev)?;
    works.push(("the provider emulators".to_owned(), emulators_build()));
    let tools = BuildTools::ensure_beside(works)?;
    phases.end_phase("tools");
    build::build_workers(&tools, &Worker::ALL, BuildProfile::Dev)?;
    phases.end_phase("build");
    node_process::catch_interrupts()?;
    let mut driver = NodeProcess::start_process(&tools, "e2e/harness/driver.mjs")?;
    let urls = start_stack(&mut driver, &library, &ports, options)?;
    phases.end_phase("start");
    wait_until_healthy(&mut driver)?;
    phases.end_phase("healthy");
    println!("\nwarming {}", library.display());
    let job = warm_uploaded_library(&mut driver, &library)?;
    phases.end_phase("warm");
    let summary = DevSummary::collect_summary(&mut driver, &job, &library)?;
    summary.print_summary(&phases.times);
    print_search(&mut driver, &job, &library)?;
    if options.once {
        return summary.verdict();
    }
    print_urls(&urls, options.port);
    println!(
        "The emulated providers know the books of {} and no others: start with `--library FILE` for \
         yours",
        library.display()
    );
    if let Err(error) = summary.verdict() {
        eprintln!("the run failed: {error:#}");
    }
    while !node_process::interrupted() {
        if driver.has_ended() {
            bail!("the stack ended on its own");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("stopping");
    Ok(())
}

#[derive(Debug)]
struct Phases {
    watch: Stopwatch,
    times: Vec<(&'static str, f64)>,
}

impl Default for Phases {
    fn default() -> Self {
        Self { watch: Stopwatch::start(), times: Vec::new() }
    }
}

impl Phases {
    fn end_phase(&mut self, name: &'static str) {
        self.times.push((name, self.watch.elapsed_secs()));
        self.watch = Stopwatch::start();
    }
}

fn library_file(asked: Option<&Path>) -> Result<PathBuf> {
    let path =
        asked.map_or_else(|| project_root().join("xtask/sample/library.csv"), Path::to_path_buf);
    let path = std::path::absolute(&path)?;
    // Checked here, so that a wrong name is reported before anything is built, and before the file
    // is opened, because opening a pipe waits for a writer.
    let cannot_read = || format!("cannot read the library {}", path.display());
    let found = path.metadata().with_context(cannot_read)?;
    if found.is_dir() {
        bail!("{} is a folder: `--library` takes one CSV file", path.display());
    }
    if !found.is_file() {
        bail!("{} is no file: `--library` takes one CSV file", path.display());
    }
    File::open(&path).with_context(cannot_read)?;
    if found.len() == 0 {
        bail!("the library {} is empty", path.display());
    }
    Ok(path)
}

fn free_ports(first: u16) -> Result<Value> {
    let mut ports = serde_json::Map::new();
    for (key, port) in KEYS.into_iter().zip(first..=u16::MAX) {
        if let Err(error) = TcpListener::bind(("127.0.0.1", port)) {
            bail!(
                "port {port} cannot be used ({error}): choose others with `--port N` (N to N+2 \
                 must be free)"
            );
        }
        ports.insert(key.to_owned(), json!(port));
    }
    Ok(Value::Object(ports))
}

fn start_stack(
    driver: &mut NodeProcess,
    library: &Path,
    ports: &Value,
    options: &DevOptions,
) -> Result<Value> {
    let mut args = vec!["--isbndb-plan".to_owned(), options.isbndb_plan.clone()];
    if let Some(secs) = options.quota_day_secs {
        args.extend(["--quota-day-secs".to_owned(), secs.to_string()]);
    }
    let stack = json!({
        "ports": ports,
        "count": true,
        "vars": { "isbndb": { "ISBNDB_PLAN": options.isbndb_plan } },
        "emulators": { "libraries": [library], "args": args },
    });
    let log_file = project_root().join(log_file(options.port));
    std::fs::write(&log_file, "").context("cannot write the log")?;
    let started = driver
        .send_node_command("start", json!({ "options": stack, "logFile": log_file }))
        .context("the stack did not start")?;
    Ok(started.get("urls").cloned().unwrap_or_default())
}

fn wait_until_healthy(driver: &mut NodeProcess) -> Result<()> {
    let watch = Stopwatch::start();
    loop {
        let mut unwell = Vec::new();
        for key in KEYS {
            let answer = driver.get(key, "/health", Some(TEST_ADMIN_TOKEN))?;
            if answer.status != 200 {
                unwell.push(format!("{key}: {} {}", answer.status, answer.body));
            }
        }
        if unwell.is_empty() {
            return Ok(());
        }
        if watch.elapsed() > Duration::from_secs(20) {
            bail!("not healthy after 20 s:\n{}", unwell.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Shows one search of a user, and the health of the three Workers.
fn print_search(driver: &mut NodeProcess, job: &WarmingJobStatus, library: &Path) -> Result<()> {
    let first = driver
        .send_node_command("firstSearch", json!({ "file": library, "except": job.failed_lines }))?;
    let query = first.as_str().unwrap_or("9780547928227");
    let path = format!("/search/auto?q={query}");
    let answer = driver.get("proxy", &path, None)?;
    let body = answer.body_json();
    let title = body.pointer("/items/0/volumeInfo/title").and_then(Value::as_str);
    println!(
        "\nGET {path}\n  {} {}: {} ({} items, {} ms)",
        answer.status,
        answer.header("x-cache"),
        replace_control_chars(title.unwrap_or("nothing")),
        body.get("totalItems").cloned().unwrap_or_default(),
        answer.header("x-response-time"),
    );
    for key in KEYS {
        let answer = driver.get(key, "/health", Some(TEST_ADMIN_TOKEN))?;
        let body = answer.body_json();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
        println!("GET /health of {:<32} {} {}", text("worker"), answer.status, text("status"));
    }
    Ok(())
}

/// One file a port: two of these programs may run at once.
fn log_file(port: u16) -> String {
    format!("target/xtask/dev-{port}.log")
}

fn print_urls(urls: &Value, port: u16) {
    let url = |key: &str| urls.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    let log = log_file(port);
    println!("\nup until Ctrl-C (logs: {log}; admin token: {TEST_ADMIN_TOKEN})");
    println!("  search     {}/search/auto?q=tolkien", url("proxy"));
    // The token is in the fragment, which no request contains.
    println!("  dashboard  {}/#token={TEST_ADMIN_TOKEN}", url("warmer"));
    println!("  isbndb     {}/quota   (no public address once deployed)", url("isbndb"));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: DevOptions,
    }

    #[test]
    fn a_bad_option_is_refused_before_anything_is_built() {
        for (args, expected) in [
            (["--port", "65534"], "--port"),
            (["--port", "0"], "--port"),
            (["--isbndb-plan", "gold"], "possible values: basic"),
            (["--quota-day-secs", "0"], "--quota-day-secs"),
        ] {
            let error = Cli::try_parse_from([&["dev"], args.as_slice()].concat()).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let last = Cli::try_parse_from(["dev", "--port", "65533"]).unwrap().options.port;
        assert_eq!(KEYS.into_iter().zip(last..=u16::MAX).count(), KEYS.len());
    }

    #[test]
    fn a_library_is_a_file_that_can_be_read() {
        let error = library_file(Some(&project_root())).unwrap_err().to_string();
        assert!(error.contains("is a folder"), "{error}");
        let error = library_file(Some(Path::new("/dev/null"))).unwrap_err().to_string();
        assert!(error.contains("is no file"), "{error}");
        let error = library_file(Some(Path::new("no/such.csv"))).unwrap_err().to_string();
        assert!(error.contains("no/such.csv"), "{error}");
        let empty = std::env::temp_dir().join(format!("xtask-empty-{}.csv", std::process::id()));
        std::fs::write(&empty, "").unwrap();
        let error = library_file(Some(&empty)).unwrap_err().to_string();
        std::fs::remove_file(&empty).unwrap();
        assert!(error.ends_with("is empty"), "{error}");
        assert!(library_file(None).is_ok());
    }

    #[test]
    fn a_port_in_use_is_named() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free_ports(port).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port}")) && error.contains("--port N"), "{error}");
    }
}
