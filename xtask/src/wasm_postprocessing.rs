//! Steps after worker-build: function names are stripped from the wasm, and it is compiled once.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::build_tools::BuildTools;
use crate::subprocess;

/// The features that worker-build 0.8.7 itself enables in wasm-opt (`build/mod.rs`). With
/// `--all-features` wasm-opt also writes encodings of proposals, which V8 refuses (compact
/// imports).
const FEATURES: [&str; 7] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// Removes names of functions: a tenth of the upload, and no code reads them. (The linker
/// cannot leave them out: wasm-bindgen needs them.)
pub fn strip_names(tools: &BuildTools, wasm: &Path) -> Result<()> {
    strip_with(tools.command_with_tools("wasm-opt"), wasm)
}

fn strip_with(mut wasm_opt: Command, wasm: &Path) -> Result<()> {
    wasm_opt.args(FEATURES).args(["--strip-debug", "--strip-producers"]);
    wasm_opt.arg(wasm).arg("-o").arg(wasm);
    subprocess::captured_output(&mut wasm_opt).map(drop)
}

/// Compiles a wasm file once with the given Node: a stable V8, without flags.
pub fn compile(mut node: Command, wasm: &Path) -> Result<()> {
    const COMPILE: &str = "WebAssembly.compile(require('fs').readFileSync(process.argv[1]))\
        .catch((error)=>{console.error(String(error));process.exit(1)})";
    node.args(["-e", COMPILE]).arg(wasm);
    subprocess::captured_output(&mut node)
        .map(drop)
        .with_context(|| format!("{} does not compile", wasm.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::workspace::project_root;

    /// Two imports of one module, used by an exported function: with all features, wasm-opt writes
    /// the name of the module once.
    const TWO_IMPORTS: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \x02\x0d\x02\x01m\x01a\0\0\x01m\x01b\0\0\
        \x03\x02\x01\0\
        \x07\x05\x01\x01f\0\x02\
        \x0a\x08\x01\x06\0\x10\0\x10\x01\x0b";

    /// The same imports in the encoding of the compact-imports proposal (kind 0x7f).
    const COMPACT_IMPORTS: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \x02\x0d\x01\x01m\0\x7f\x02\x01a\0\0\x01b\0\0";

    fn temp_wasm_file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("xtask-{}-{name}.wasm", std::process::id()));
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A program of the npm packages; `None` if they are not installed.
    fn npm_program(name: &str) -> Option<Command> {
        let path = project_root().join("node_modules/.bin").join(name);
        if !path.exists() {
            eprintln!("skipped: npm's {name} is not installed");
            return None;
        }
        let mut command = Command::new(path);
        let old = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs = vec![project_root().join("node_modules/.bin")];
        dirs.extend(std::env::split_paths(&old));
        command.env("PATH", std::env::join_paths(dirs).unwrap());
        Some(command)
    }

    #[test]
    fn wasm_that_node_refuses_fails_the_build() {
        let (Some(good), Some(bad)) = (npm_program("node"), npm_program("node")) else { return };
        let path = temp_wasm_file("good", TWO_IMPORTS);
        compile(good, &path).unwrap();
        fs::remove_file(path).unwrap();
        let path = temp_wasm_file("bad", COMPACT_IMPORTS);
        let error = format!("{:#}", compile(bad, &path).unwrap_err());
        assert!(error.contains("does not compile") && error.contains("CompileError"), "{error}");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn stripped_wasm_compiles_in_node() {
        let (Some(wasm_opt), Some(node)) = (npm_program("wasm-opt"), npm_program("node")) else {
            return;
        };
        let path = temp_wasm_file("stripped", TWO_IMPORTS);
        strip_with(wasm_opt, &path).unwrap();
        let stripped = fs::read(&path).unwrap();
        compile(node, &path).unwrap();
        fs::remove_file(path).unwrap();
        assert!(stripped.windows(2).any(|two| two == b"\x01f"), "the export is still there");
    }
}
