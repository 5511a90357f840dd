//! What the Workers' code reads, taken from its text.
//!
//! The house rule makes this possible: the name of a secret or binding is the value of a constant,
//! and the name of a var stands in a Worker's `config.rs` or `settings.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Worker;

/// Files that hold the names of vars.
const NAME_FILES: [&str; 2] = ["config.rs", "settings.rs"];

/// A place to fill in is the start of a value, not a name.
const PLACEHOLDER: &str = "FILL_IN";

/// The list of what a deployment may leave out, in `runtime`.
const OPTIONAL_FILE: &str = "optional.rs";

/// What only one file may hold: a fetch on the open network, and the hosts of our own Workers,
/// which exist on bindings only.
const RESERVED: [(&str, &str); 4] = [
    ("Fetch::Request", "workerd/fetch_transport.rs"),
    ("Fetch::Url", "workerd/fetch_transport.rs"),
    ("worker::Fetch", "workerd/fetch_transport.rs"),
    (".internal", "workerd/binding.rs"),
];

#[derive(Debug, Default)]
pub struct Code {
    /// The names that each Worker reads.
    pub named_by: BTreeMap<&'static str, BTreeSet<String>>,
    /// Every name in quotes in each Worker's code or in what all share.
    pub quoted_by: BTreeMap<&'static str, BTreeSet<String>>,
    /// Names that a deployment may leave out.
    pub optional: BTreeSet<String>,
    /// Files that hold what is reserved for another, in words.
    pub misplaced: Vec<String>,
}

impl Code {
    /// Reads the sources of the Workers and of what they share.
    ///
    /// # Errors
    /// When a source cannot be read.
    pub fn read(root: &Path) -> Result<Self> {
        let mut code = Self::default();
        let mut shared = Vec::new();
        for krate in ["bibliography", "ports", "runtime"] {
            shared.extend(Source::read_all(&root.join("shared").join(krate).join("src"))?);
        }
        // A list of names is no reading of them.
        shared.retain(|source| {
            let is_list = source.name == OPTIONAL_FILE;
            if is_list {
                code.optional.extend(source.quoted());
            }
            !is_list
        });
        let workerd = Source::read_all(&root.join("shared/workerd/src"))?;
        for worker in Worker::ALL {
            let krate = worker.crate_name();
            let mut own = Source::read_all(&root.join(krate).join("src"))?;
            // Where a Worker is a core and a shell, the names are the core's.
            let core = root.join(krate).join("core/src");
            if core.is_dir() {
                own.extend(Source::read_all(&core)?);
            }
            code.add(krate, &own);
            let common = shared.iter().chain(&workerd).flat_map(Source::quoted);
            code.quoted_by.entry(krate).or_default().extend(common);
        }
        code.find_misplaced("shared", &shared);
        code.find_misplaced("workerd", &workerd);
        Ok(code)
    }

    /// Adds one Worker's sources.
    pub fn add(&mut self, krate: &'static str, sources: &[Source]) {
        let named = self.named_by.entry(krate).or_default();
        named.extend(sources.iter().flat_map(Source::constants));
        for source in sources.iter().filter(|s| NAME_FILES.contains(&s.name.as_str())) {
            named.extend(source.quoted().filter(|n| n.contains('_') && n != PLACEHOLDER));
        }
        self.quoted_by.entry(krate).or_default().extend(sources.iter().flat_map(Source::quoted));
        self.find_misplaced(krate, sources);
    }

    fn find_misplaced(&mut self, krate: &str, sources: &[Source]) {
        for source in sources {
            let file = format!("{krate}/{}", source.name);
            for (what, place) in RESERVED {
                if file != place && source.text.contains(what) {
                    self.misplaced.push(format!(
                        "{file} holds `{what}`, which belongs to {place}: our Workers are called \
                         over bindings, never over HTTP"
                    ));
                }
            }
        }
    }
}

/// One file without its tests.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    /// Its text up to the tests, without comments.
    pub text: String,
}

impl Source {
    /// A file's text as the rules see it.
    pub fn new(name: &str, text: &str) -> Self {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        Self { name: name.to_owned(), text: lines.collect::<Vec<_>>().join("\n") }
    }

    fn read_all(dir: &Path) -> Result<Vec<Self>> {
        let mut sources = Vec::new();
        let entries =
            fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    sources.extend(Self::read_all(&path)?);
                }
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                sources.push(Self::new(&name, &text));
            }
        }
        Ok(sources)
    }

    /// Values of text constants that look like the name of a var or binding.
    fn constants(&self) -> impl Iterator<Item = String> {
        self.text.lines().filter_map(|line| {
            let value = line.split_once("const ")?.1.split_once("&str = \"")?.1;
            let name = value.split('"').next()?;
            is_name(name).then(|| name.to_owned())
        })
    }

    /// Every such name in quotes.
    fn quoted(&self) -> impl Iterator<Item = String> {
        self.text.split('"').filter(|text| is_name(text)).map(str::to_owned)
    }
}

/// True for what could be the name of a var, secret or binding.
pub fn is_name(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
