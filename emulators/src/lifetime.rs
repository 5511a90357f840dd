//! When the program ends: a signal, a closed standard input, or the end of its parent.

use std::time::Duration;

use tokio::io::AsyncReadExt;

/// Waits until one of the reasons to end is there.
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

/// Linux tells it in `/proc`; elsewhere `kill -0` does. A zombie has ended.
fn is_alive(pid: u32) -> bool {
    if std::path::Path::new("/proc/self/stat").exists() {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        return stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']));
    }
    let probe = std::process::Command::new("kill")
        .args(["-0", &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
    probe.is_ok_and(|status| status.success())
}
