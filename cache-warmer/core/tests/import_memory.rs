//! A file of 50 MB is read within fixed memory, natively and in wasm.
//!
//! In wasm (Node, or any runner of wasm-bindgen-test):
//! `cargo test -p warmer-core --target wasm32-unknown-unknown --test import_memory`

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers may panic")]

use warmer_core::import::{ImportCheckpoint, parse_library_slice};

#[path = "support/sample_library.rs"]
#[expect(dead_code, reason = "shared with the benches")]
mod sample_library;

const FILE_BYTES: usize = 50 * 1_048_576;
const SLICE_BYTES: usize = 65_536;

/// A file in pieces, never in memory as a whole: one library, repeated.
struct File {
    header: Vec<u8>,
    body: Vec<u8>,
    bytes: usize,
}

impl File {
    fn new() -> Self {
        let spec = sample_library::Spec {
            books: 1_000,
            authors: 700,
            mangled_percent: 24,
            seed: 1,
            format: sample_library::SampleCsvFormat::Goodreads,
            pad_bytes: 1_000,
        };
        let text = sample_library::build_sample_csv(&spec).into_bytes();
        let end = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (header, body) = text.split_at(end);
        let bytes = end + FILE_BYTES / body.len() * body.len();
        Self { header: header.to_vec(), body: body.to_vec(), bytes }
    }

    fn read_byte_range(&self, from: usize, to: usize) -> Vec<u8> {
        let to = to.min(self.bytes);
        let mut bytes = self.header.get(from..).unwrap_or_default().to_vec();
        while from + bytes.len() < to {
            let at = (from + bytes.len() - self.header.len()) % self.body.len();
            bytes.extend_from_slice(&self.body[at..self.body.len().min(at + to - from)]);
        }
        bytes.truncate(to - from);
        bytes
    }
}

fn import(file: &File) -> ImportCheckpoint {
    let mut state = ImportCheckpoint::new(None);
    while !state.done {
        let from = usize::try_from(state.offset).unwrap();
        let bytes = file.read_byte_range(from, from + SLICE_BYTES);
        let to_end = from + bytes.len() == file.bytes;
        state = parse_library_slice(state, &bytes, to_end, 500).unwrap().state;
    }
    state
}

fn assert_imported_counts(state: &ImportCheckpoint, file: &File) {
    assert_eq!(state.offset, file.bytes as u64);
    let books = (FILE_BYTES / file.body.len() * 1_000) as u64;
    assert_eq!((state.counts.total_rows(), state.counts.rejected), (books, 0));
    assert!(state.counts.valid * 100 / books >= 76, "{:?}", state.counts);
    assert!(state.counts.repaired > 0 && state.counts.title_author > 0);
}

/// Peak memory of this process in KiB, from the kernel.
#[cfg(target_os = "linux")]
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `ps` shows the present memory: less than the peak, but it shows what is kept of a file.
#[cfg(all(unix, not(target_os = "linux")))]
fn peak_kib() -> u64 {
    let pid = std::process::id().to_string();
    let ps = std::process::Command::new("ps").args(["-o", "rss=", "-p", &pid]).output().unwrap();
    String::from_utf8(ps.stdout).unwrap().trim().parse().unwrap()
}

#[cfg(unix)]
#[test]
fn fifty_megabytes_are_read_in_little_memory() {
    let file = File::new();
    let before = peak_kib();
    let state = import(&file);
    let grown = peak_kib() - before;
    println!("{} bytes, {} rows, {grown} KiB more", file.bytes, state.counts.total_rows());
    assert_imported_counts(&state, &file);
    assert!(grown < 8 * 1_024, "{grown} KiB");
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn fifty_megabytes_fit_into_32_mib_of_wasm_memory() {
    let file = File::new();
    let state = import(&file);
    assert_imported_counts(&state, &file);
    let mib = core::arch::wasm32::memory_size::<0>() / 16;
    wasm_bindgen_test::console_log!("{} bytes, wasm memory {mib} MiB", file.bytes);
    assert!(mib <= 32, "{mib} MiB");
}

/// All rows of a large library in memory at once.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn the_14_601_rows_fit_into_32_mib_of_wasm_memory() {
    let spec = sample_library::Spec {
        books: 14_601,
        authors: 7_000,
        mangled_percent: 24,
        seed: 1,
        format: sample_library::SampleCsvFormat::Plain,
        pad_bytes: 0,
    };
    let file = sample_library::build_sample_csv(&spec);
    let rows = parse_library_slice(ImportCheckpoint::new(None), file.as_bytes(), true, usize::MAX)
        .unwrap()
        .rows;
    assert_eq!(rows.len(), 14_601);
    let mib = core::arch::wasm32::memory_size::<0>() / 16;
    wasm_bindgen_test::console_log!("{} rows, wasm memory {mib} MiB", rows.len());
    assert!(mib <= 32, "{mib} MiB");
}
