//! No Worker addresses another one by a public URL (docs/adr/0002).
//!
//! JavaScript, the examples and the vars of every wrangler config may name the hosts of providers
//! and no others. Rust sends requests outside only through the provider clients, whose base URLs
//! are vars; the check of Rust code looks for addresses at workers.dev only.

use std::process::Command;

use anyhow::Result;

use crate::subprocess;
use crate::workspace::{project_root, read_text_file};

/// Folders of the Workers, the examples and their configs.
const FOLDERS: [&str; 6] =
    ["books-api-proxy", "cache-warmer", "examples", "isbndb-worker", "shared", "wrangler-configs"];

const CODE: [&str; 7] = ["rs", "js", "mjs", "cjs", "jsx", "ts", "tsx"];
const CONFIGS: [&str; 4] = ["wrangler.toml", "wrangler.json", "wrangler.jsonc", ".dev.vars"];

/// The default address of a deployed Worker.
const PUBLIC_DOMAIN: &str = "workers.dev";

/// Allowed hosts: those of providers, and the namespace of SVG.
const HOSTS: [&str; 3] = ["openlibrary.org", "www.googleapis.com", "www.w3.org"];

/// Vars with an address to which no Worker sends a request, or that of a provider's mirror.
const FREE_VARS: [&str; 5] = [
    "ALLOWED_ORIGINS",
    "GOOGLE_BOOKS_BASE_URL",
    "ISBNDB_BASE_URL",
    "OPEN_LIBRARY_BASE_URL",
    "OPEN_LIBRARY_CONTACT",
];

/// One sentence for each line that names a public URL.
///
/// # Errors
/// If a file cannot be read.
pub fn find_public_urls() -> Result<Vec<String>> {
    let mut git = Command::new("git");
    let args = "ls-files --cached --others --exclude-standard --";
    git.current_dir(project_root()).args(args.split(' '));
    let files = subprocess::captured_output(git.args(FOLDERS))?;
    let mut broken = Vec::new();
    for path in files.lines().filter(|path| is_checked(path) && project_root().join(path).is_file())
    {
        broken.extend(url_problems(path, &read_text_file(&project_root().join(path))?));
    }
    Ok(broken)
}

fn is_checked(path: &str) -> bool {
    let is_config = path.starts_with("wrangler-configs/") && path.ends_with(".toml");
    let (_, extension) = path.rsplit_once('.').unwrap_or_default();
    is_config || CODE.contains(&extension) || CONFIGS.iter().any(|name| path.ends_with(name))
}

/// The broken rules of one file; comment lines are free.
pub(super) fn url_problems(path: &str, text: &str) -> Vec<String> {
    let (is_rust, is_toml) = (path.ends_with(".rs"), path.ends_with(".toml"));
    let is_comment = |line: &str| match is_toml || path.ends_with(".dev.vars") {
        true => line.starts_with('#'),
        false => line.starts_with("//") || line.starts_with("/*") || line.starts_with("* "),
    };
    let is_free = |line: &str| {
        let name = line.split_once(['=', ':']).map_or("", |(name, _)| name);
        is_rust || FREE_VARS.contains(&name.trim().trim_matches('"'))
    };
    let mut broken = Vec::new();
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !is_comment(line));
    for (index, line) in lines {
        let mut hosts = line.split("://").skip(1).map(host_of);
        let unknown = hosts.find(|host| !is_free(line) && !HOSTS.contains(host));
        let found = match line.contains(PUBLIC_DOMAIN) {
            true => Some(PUBLIC_DOMAIN),
            false => unknown,
        };
        if let Some(host) = found {
            let place = format!("{path}:{}", index + 1);
            broken.push(format!(
                "{place}: it names the public address {host}; another Worker is called over a binding"
            ));
        }
    }
    broken
}

/// The host at the beginning of the text after `://`.
fn host_of(rest: &str) -> &str {
    let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'`,;)".contains(c));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_named_in_every_kind_of_file() {
        let own = "https://books-api-proxy.me.workers.dev/search/auto";
        for (path, line) in [
            ("isbndb-worker/src/entrypoints.js", format!("await fetch(\"{own}\");")),
            ("shared/workerd/src/x.mjs", "fetch(`https://${env.HOST}/search`)".to_owned()),
            ("examples/rpc-client/index.ts", "fetch('http://books.example.com/jobs')".to_owned()),
            (
                "examples/auth/index.mjs",
                "const to = \"books-api-proxy.me.workers.dev\";".to_owned(),
            ),
            ("examples/gateway/src/lib.rs", format!("const PROXY: &str = \"{own}\";")),
            ("examples/gateway/wrangler.toml", format!("PROXY_URL = \"{own}\"")),
            ("examples/x/wrangler.jsonc", "\"PROXY\": \"https://books.example.com\",".to_owned()),
            ("wrangler-configs/x.toml", "PROXY_URL = \"https://books.example.com\"".to_owned()),
            ("wrangler-configs/x.toml", format!("ISBNDB_BASE_URL = \"{own}\"")),
            ("wrangler-configs/x.toml", "x = 1 # https://books.example.com".to_owned()),
        ] {
            assert!(is_checked(path), "{path}");
            let found = url_problems(path, &format!("first\n  {line}\n"));
            assert_eq!(found.len(), 1, "{path}: {line}");
            assert!(found[0].starts_with(&format!("{path}:2: it names the public")), "{found:?}");
        }
    }

    #[test]
    fn providers_comments_and_bindings_are_free() {
        for (path, line) in [
            ("wrangler-configs/x.toml", "# deployed at books-api-proxy.me.workers.dev"),
            ("wrangler-configs/x.toml", "OPEN_LIBRARY_BASE_URL = \"https://mirror.example.com\""),
            ("wrangler-configs/x.toml", "ALLOWED_ORIGINS = \"https://app.example.com\""),
            ("examples/x/wrangler.jsonc", "\"OPEN_LIBRARY_CONTACT\": \"https://me.example.com\","),
            ("examples/gateway/src/lib.rs", "\"https://isbndb-worker.internal/book\""),
            ("cache-warmer/dashboard/src/api.js", "await fetch(`/search/auto?${query}`)"),
            ("books-api-proxy/page/dom.js", "createElementNS(\"http://www.w3.org/2000/svg\", tag)"),
            ("examples/auth/index.mjs", "// https://developers.example.com"),
        ] {
            assert_eq!(url_problems(path, line), Vec::<String>::new(), "{path}: {line}");
        }
    }

    #[test]
    fn builds_and_markdown_are_not_read() {
        for path in ["books-api-proxy/page/index.html", "cache-warmer/Cargo.toml", "shared/README"]
        {
            assert!(!is_checked(path), "{path}");
        }
    }

    #[test]
    fn the_project_has_no_public_url() {
        assert_eq!(find_public_urls().unwrap(), Vec::<String>::new());
    }
}
