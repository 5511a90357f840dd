//! The words of the code: STYLE.md lists private terms and banned phrases, and this check enforces
//! the lists. A term is compared with the parts of a name (`landing_page` and `LandingPage` both
//! have `landing`), so ordinary words inside longer ones are free. The files that the glossary
//! names have to exist.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::subprocess;
use crate::workspace::{project_root, read_text_file};

const STYLE: &str = "STYLE.md";
const GLOSSARY: &str = "docs/GLOSSARY.md";
/// The file in which the names of all metrics are string literals.
const METRICS_FILE: &str = "metrics/metric.rs";

#[derive(Debug, Default, PartialEq, Eq)]
struct Banned {
    terms: BTreeSet<String>,
    phrases: Vec<String>,
}

impl Banned {
    fn parse(style: &str) -> Result<Self> {
        let block = |name: &str| {
            let start = style.split_once(&format!("```{name}\n"));
            start.and_then(|(_, rest)| rest.split_once("```")).map(|(block, _)| block)
        };
        let missing = |name: &str| format!("{STYLE} has no block ```{name}");
        let terms = block("private-terms").with_context(|| missing("private-terms"))?;
        let phrases = block("banned-phrases").with_context(|| missing("banned-phrases"))?;
        let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let banned = Self {
            terms: terms.lines().filter_map(first).collect(),
            phrases: phrases.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect(),
        };
        ensure!(!banned.terms.is_empty(), "{STYLE} lists no private term");
        ensure!(!banned.phrases.is_empty(), "{STYLE} lists no banned phrase");
        Ok(banned)
    }

    fn term_in(&self, name: &str) -> Option<&str> {
        identifier_words(name)
            .into_iter()
            .find_map(|part| self.terms.get(&part).map(String::as_str))
    }

    /// The first banned phrase of a comment, compared as whole words.
    fn phrase_in(&self, comment: &str) -> Option<&str> {
        let words = comment.to_lowercase();
        let words: Vec<&str> =
            words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let text = format!(" {} ", words.join(" "));
        let found = self.phrases.iter().find(|phrase| text.contains(&format!(" {phrase} ")));
        found.map(String::as_str)
    }
}

/// The lower-case parts of a name in snake, kebab, dotted or camel case.
fn identifier_words(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || c.is_uppercase() && before.is_lowercase();
        if begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
        before = c;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A piece of source, by its kind.
#[derive(Debug, PartialEq, Eq)]
enum SourceCodeToken<'s> {
    Name(&'s str),
    Text(&'s str),
    Comment(&'s str),
}

type MakePiece<'s> = fn(&'s str) -> SourceCodeToken<'s>;

/// The names, string literals and comments of a Rust or JavaScript source, with their lines.
fn source_tokens<'s>(source: &'s str) -> Vec<(usize, SourceCodeToken<'s>)> {
    let mut pieces = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(c) = rest.chars().next() {
        let (length, piece): (usize, Option<MakePiece<'s>>) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), Some(SourceCodeToken::Comment))
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), Some(SourceCodeToken::Comment))
        } else if let Some(end) = raw_string(rest) {
            (end, Some(SourceCodeToken::Text))
        } else if c == '"' {
            (string_end(rest), Some(SourceCodeToken::Text))
        } else if c == '\'' {
            (char_end(rest), None)
        } else if c.is_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            (end.unwrap_or(rest.len()), Some(SourceCodeToken::Name))
        } else {
            (c.len_utf8(), None)
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if let Some(piece) = piece {
            pieces.push((line, piece(taken)));
        }
        line += taken.matches('\n').count();
        rest = after;
    }
    pieces
}

/// The end of a raw string that begins here: `r"…"`, `r#"…"#`, `br#"…"#`.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('b').unwrap_or(text).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.trim_start_matches('#').strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - body.len() + body.find(&close)? + close.len())
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The end of a character literal; a lifetime ends after its quotation mark.
fn char_end(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text.get(2..).and_then(|t| t.find('\'')).map_or(1, |end| end + 3),
        Some((_, _)) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// The broken rules of one file: of its name, and in sources of each name and comment.
fn banned_term_problems(banned: &Banned, path: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    if let Some(term) = banned.term_in(path) {
        broken.push(format!("{path}: the file name holds the private term \"{term}\""));
    }
    let is_decision = path.starts_with("docs/adr/");
    if let Some(title) = text.lines().next().filter(|_| is_decision)
        && let Some(term) = banned.term_in(title)
    {
        broken.push(format!("{path}: the title holds the private term \"{term}\""));
    }
    let is_rust = path.ends_with(".rs");
    if !is_rust && !path.ends_with(".mjs") && !path.ends_with(".js") {
        return broken;
    }
    for (line, piece) in source_tokens(text) {
        let (name, term) = match piece {
            SourceCodeToken::Name(name) => (name, banned.term_in(name).filter(|_| is_rust)),
            SourceCodeToken::Text(name) => {
                let is_metric = path.ends_with(METRICS_FILE) && !name.contains(' ');
                (name, banned.term_in(name).filter(|_| is_metric))
            }
            SourceCodeToken::Comment(comment) => {
                if let Some(phrase) = banned.phrase_in(comment) {
                    broken.push(format!("{path}:{line}: a comment says \"{phrase}\""));
                }
                continue;
            }
        };
        if let Some(term) = term {
            broken.push(format!("{path}:{line}: {name} holds the private term \"{term}\""));
        }
    }
    broken
}

/// The files that the glossary names.
fn glossary_files(page: &str) -> impl Iterator<Item = &str> {
    let words = page.lines().filter(|line| line.starts_with("- "));
    let quoted = words.flat_map(|word| word.split('`').skip(1).step_by(2));
    quoted.filter(|text| text.contains('/'))
}

/// Reads every file of the project.
/// Errors: with one sentence for each place that holds a private term or a banned phrase, and for
/// each file of the glossary that does not exist.
pub fn check_banned_terms() -> Result<()> {
    let banned = Banned::parse(&read_text_file(&project_root().join(STYLE))?)?;
    let mut git = std::process::Command::new("git");
    let files = subprocess::captured_output(git.current_dir(project_root()).args(["ls-files"]))?;
    let mut broken = Vec::new();
    for path in files.lines().filter(|path| project_root().join(path).is_file()) {
        // Some files are no text.
        let bytes =
            fs::read(project_root().join(path)).with_context(|| format!("cannot read {path}"))?;
        broken.extend(banned_term_problems(&banned, path, &String::from_utf8_lossy(&bytes)));
    }
    let glossary = read_text_file(&project_root().join(GLOSSARY))?;
    let missing = glossary_files(&glossary).filter(|file| !project_root().join(file).exists());
    broken.extend(missing.map(|file| format!("{GLOSSARY}: {file} does not exist")));
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: &str = "# Style\n```private-terms\nmesh  service_client\nflown\n```\nand\n\
                         ```banned-phrases\nsomebody\nin vain\n```\n";

    #[test]
    fn the_lists_are_read_from_the_page() {
        let banned = Banned::parse(LISTS).unwrap();
        assert_eq!(banned.terms, ["flown", "mesh"].map(str::to_owned).into());
        assert_eq!(banned.phrases, ["somebody", "in vain"]);
        for broken in
            ["", "```private-terms\nx\n```\n", "```private-terms\n```\n```banned-phrases\na\n```"]
        {
            assert!(Banned::parse(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_name_is_compared_part_by_part() {
        let banned = Banned::parse(LISTS).unwrap();
        for (name, expected) in [
            ("mesh", Some("mesh")),
            ("OBJECT_MESH", Some("mesh")),
            ("MeshSettings", Some("mesh")),
            ("isHTTPMesh", None),
            ("probing-mesh.mjs", Some("mesh")),
            ("meshes", None),
            ("blown", None),
            ("shared/src/flown/mod.rs", Some("flown")),
        ] {
            assert_eq!(banned.term_in(name), expected, "{name}");
        }
    }

    #[test]
    fn names_strings_and_comments_are_separated() {
        let source = "let a = \"mesh // no\"; // one\nfn b<'l>(c: &'l str) -> char { '\\'' }\n\
                      /* two\n lines */ r#\"raw \"q\" \"# '\"' d";
        let found: Vec<_> = source_tokens(source)
            .into_iter()
            .filter(|(_, piece)| !matches!(piece, SourceCodeToken::Name(_)))
            .collect();
        assert_eq!(
            found,
            [
                (1, SourceCodeToken::Text("\"mesh // no\"")),
                (1, SourceCodeToken::Comment("// one")),
                (3, SourceCodeToken::Comment("/* two\n lines */")),
                (4, SourceCodeToken::Text("r#\"raw \"q\" \"#")),
            ]
        );
        assert_eq!(source_tokens(source).last(), Some(&(4, SourceCodeToken::Name("d"))));
    }

    #[test]
    fn the_files_of_the_glossary_are_found() {
        let page = "See `docs/x.md`.\n- **word**: `Job`, a file (`a/b.rs`, `c/d.rs`)\n";
        assert_eq!(glossary_files(page).collect::<Vec<_>>(), ["a/b.rs", "c/d.rs"]);
    }

    #[test]
    fn each_kind_of_place_is_found() {
        let banned = Banned::parse(LISTS).unwrap();
        let broken = |path: &str, text: &str| banned_term_problems(&banned, path, text).len();
        for (path, text, expected) in [
            ("src/a.rs", "fn mesh() {}", 1),
            ("src/a.rs", "const A: &str = \"mesh\"; // the mesh of a net", 0),
            ("src/mesh.rs", "", 1),
            ("src/a.rs", "// It waits for somebody,\n// in vain.", 2),
            ("e2e/a.test.mjs", "const mesh = 1; // in vain", 1),
            ("shared/src/metrics/metric.rs", "\"mesh_calls_total\"", 1),
            ("shared/src/metrics/metric.rs", "\"Calls of the mesh.\"", 0),
            ("docs/adr/0001-a.md", "# 1. The mesh\n", 1),
            ("docs/adr/0001-a.md", "# 1. Calls\nof the mesh, by somebody\n", 0),
            ("docs/API.md", "# The mesh\n", 0),
        ] {
            assert_eq!(broken(path, text), expected, "{path}: {text}");
        }
    }
}
