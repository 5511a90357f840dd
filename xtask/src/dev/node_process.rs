//! The Node program that runs the stack; requests and answers are JSON lines.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::build_tools::BuildTools;
use crate::clock::Stopwatch;
use crate::workspace::project_root;

/// The token of every local stack, which is bound to loopback.
pub const TEST_ADMIN_TOKEN: &str = "test-admin-token";

/// Longest wait for one answer: a cron run of a big import.
const ANSWER: Duration = Duration::from_secs(900);

const END: Duration = Duration::from_secs(10);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C ends the work in order instead of at once.
pub fn catch_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("Ctrl-C")
}

pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Why the stack has ended: Ctrl-C ends its processes as soon as this one.
fn exit_error() -> anyhow::Error {
    // The handler runs on another thread.
    std::thread::sleep(Duration::from_millis(100));
    if interrupted() { anyhow!("interrupted") } else { anyhow!("the stack ended on its own") }
}

/// A running stack. Dropping it ends every process of it.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<Value>,
    last_id: u64,
}

/// An answer to a request; its status is 0 if there was none.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HttpResponse {
    pub status: u16,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    #[serde(default)]
    pub ms: u64,
}

impl HttpResponse {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn body_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl NodeProcess {
    /// Starts a program of the project that answers JSON lines.
    pub fn start_process(tools: &BuildTools, script: &str) -> Result<Self> {
        let mut node = tools.command_with_tools("node");
        let mut child = node
            .arg(project_root().join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start node")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("node has no output")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(answer) => {
                        if sender.send(answer).is_err() {
                            break;
                        }
                    }
                    Err(_) => eprintln!("{line}"),
                }
            }
        });
        Ok(Self { child, stdin, answers, last_id: 0 })
    }

    /// Sends an action to the program and waits for the answer.
    pub fn send_node_command(&mut self, action: &str, args: Value) -> Result<Value> {
        self.last_id += 1;
        let mut message = args;
        if let Some(message) = message.as_object_mut() {
            message.extend([("id".into(), self.last_id.into()), ("do".into(), action.into())]);
        }
        let stdin = self.stdin.as_mut().context("the stack has ended")?;
        if writeln!(stdin, "{message}").is_err() {
            return Err(exit_error());
        }
        let watch = Stopwatch::start();
        loop {
            match self.answers.recv_timeout(Duration::from_millis(100)) {
                Ok(answer) if answer.get("id") == Some(&json!(self.last_id)) => {
                    return match answer.get("error").and_then(Value::as_str) {
                        Some(error) => Err(anyhow!("{error}")),
                        None => Ok(answer.get("ok").cloned().unwrap_or_default()),
                    };
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if interrupted() {
                        bail!("interrupted");
                    }
                    if watch.elapsed() > ANSWER {
                        bail!("{action}: no answer within {} s", ANSWER.as_secs());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(exit_error()),
            }
        }
    }

    /// A GET on a Worker, with a bearer token if one is given.
    pub fn get(&mut self, worker: &str, path: &str, token: Option<&str>) -> Result<HttpResponse> {
        let mut headers = serde_json::Map::new();
        if let Some(token) = token {
            headers.insert("authorization".into(), json!(format!("Bearer {token}")));
        }
        let value = self.send_node_command(
            "fetch",
            json!({ "worker": worker, "path": path, "headers": headers }),
        )?;
        Ok(serde_json::from_value(value)?)
    }

    /// True if the program ended on its own.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // The program ends everything that it started once its standard input is closed.
        self.stdin = None;
        let watch = Stopwatch::start();
        while watch.elapsed() < END {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Watchers then end the program's children.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
