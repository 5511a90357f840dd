//! The program; see the library.

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let ended = emulators::serve_until_ended(emulators::EmulatorArgs::parse()).await;
    if let Err(error) = ended {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
    // `exit`, because the runtime would wait for a read of standard input that never ends.
    std::process::exit(0)
}
