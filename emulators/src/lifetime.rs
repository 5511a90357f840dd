//! When the program ends: a signal, a closed standard input, or the end of its parent.

use std::time::Duration;

use tokio::io::AsyncReadExt;

pub(crate) async fn until_end(exit_with_stdin: bool, parent_pid: Option<u32>) {
    let stdin = async {
        if exit_with_stdin {
            let mut stdin = tokio::io::stdin();
            let mut buffer = [0_u8; 256];
            while !matches!(stdin.read(&mut buffer).await, Ok(0) | Err(_)) {}
        } else {
            std::future::pending::<()>().await;
        }
    };
    let parent = async {
        match parent_pid {
            Some(pid) => {
                while is_alive(pid) {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
            None => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = signalled() => {}
        () = stdin => {}
        () = parent => {}
    }
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Reads `/proc` on Linux, `ps` elsewhere. A zombie counts as ended.
fn is_alive(pid: u32) -> bool {
    if std::path::Path::new("/proc/self/stat").exists() {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        return stat.rsplit_once(") ").is_some_and(|(_, state)| is_running(state));
    }
    is_alive_by_ps(pid)
}

fn is_alive_by_ps(pid: u32) -> bool {
    let ps =
        std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    // Without `ps`, only the end of standard input and signals end the program.
    ps.map_or(true, |output| is_running(String::from_utf8_lossy(&output.stdout).trim()))
}

/// `state` is written as by `ps` and `/proc`; empty if there is no such process.
fn is_running(state: &str) -> bool {
    !state.is_empty() && !state.starts_with(['Z', 'X'])
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn both_ways_find_that_a_process_has_ended() {
        let alive = |pid| (is_alive(pid), is_alive_by_ps(pid));
        let has_ps = Command::new("ps").stdout(Stdio::null()).status().is_ok();
        assert_eq!(alive(std::process::id()), (true, true));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert_eq!(alive(child.id()), (true, true));
        drop(child.stdin.take());
        // The child stays a zombie until `wait`.
        let ended = || !is_alive(child.id()) && (!has_ps || !is_alive_by_ps(child.id()));
        for _ in 0..100 {
            if ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(ended(), "a zombie has ended");
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(alive(pid), (false, !has_ps));
    }
}
