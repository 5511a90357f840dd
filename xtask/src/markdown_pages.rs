//! The Markdown pages: every link has a target, and the index of decisions is complete.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::workspace::{files_below, project_root, read_text_file};

/// Folders whose pages are the project's own.
const FOLDERS: [&str; 5] = ["", "docs", "docs/adr", "e2e/harness", "emulators"];

/// Reads every page.
/// Errors: with one sentence for each link without a target and each decision that is misnumbered
/// or not in the index.
pub fn check_markdown_pages() -> Result<()> {
    let mut broken = Vec::new();
    for folder in FOLDERS {
        for path in markdown_files(&project_root().join(folder))? {
            let text = read_text_file(&path)?;
            let found = link_targets(&text).filter_map(|link| link_error(&path, link).transpose());
            for what in found.collect::<Result<Vec<_>>>()? {
                broken.push(format!("{}: {what}", display_path(&path)));
            }
        }
    }
    broken.extend(misnumbered(&project_root().join("docs/adr"))?);
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

fn display_path(path: &Path) -> String {
    path.strip_prefix(project_root()).unwrap_or(path).display().to_string()
}

fn markdown_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = files_below(folder, &|_| false)?;
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    Ok(pages)
}

fn link_targets(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

fn link_error(page: &Path, link: &str) -> Result<Option<String>> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.with_file_name("").join(file) };
    if !target.exists() {
        return Ok(Some(format!("the link {link} leads to no file")));
    }
    let found = anchor.is_empty() || headings(&read_text_file(&target)?).contains(anchor);
    Ok((!found).then(|| format!("the link {link} leads to no heading")))
}

fn headings(text: &str) -> BTreeSet<String> {
    let marked = text.lines().filter(|line| line.starts_with('#'));
    let titles = marked.filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let slug = |title: &str| {
        let kept = title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    titles.map(slug).collect()
}

/// Decisions whose number differs from that of their file, or that the index lacks.
fn misnumbered(folder: &Path) -> Result<Vec<String>> {
    let index = read_text_file(&folder.join("README.md"))?;
    let mut broken = Vec::new();
    for path in markdown_files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(number) = name.get(..4).and_then(|digits| digits.parse::<u32>().ok()) else {
            continue;
        };
        if !read_text_file(&path)?.starts_with(&format!("# {number}. ")) {
            broken.push(format!("{name}: its title does not begin with `# {number}. `"));
        }
        if !index.contains(&format!("]({name})")) {
            broken.push(format!("{name} is not in docs/adr/README.md"));
        }
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_link_without_a_target_is_named() {
        let page = project_root().join("README.md");
        for (link, expected) in [
            ("docs/ARCHITECTURE.md", None),
            ("docs/adr/0007-full-jitter.md#7-full-jitter", None),
            ("#deploy", None),
            ("docs/NOTHING.md", Some("leads to no file")),
            ("#no-such-part", Some("leads to no heading")),
        ] {
            let found = link_error(&page, link).unwrap();
            assert_eq!(found.is_some(), expected.is_some(), "{link}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{link}");
        }
        let text = "see [a](b.md), [c](https://d) and [e](f.md#g)";
        assert_eq!(link_targets(text).collect::<Vec<_>>(), ["b.md", "f.md#g"]);
    }

    #[test]
    fn a_decision_out_of_order_is_named() {
        assert!(markdown_files(&project_root().join("docs/adr")).unwrap().len() > 20);
        let dir = std::env::temp_dir().join(format!("xtask-pages-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in [
            ("README.md", "[1](0001-right.md) [3](0003-wrong-number.md)"),
            ("0001-right.md", "# 1. Right\n"),
            ("0002-not-listed.md", "# 2. Not listed\n"),
            ("0003-wrong-number.md", "# 4. Wrong number\n"),
            ("notes.txt", "no page"),
        ] {
            fs::write(dir.join(name), text).unwrap();
        }
        let expected = [
            "0002-not-listed.md is not in docs/adr/README.md",
            "0003-wrong-number.md: its title does not begin with `# 3. `",
        ];
        assert_eq!(misnumbered(&dir).unwrap(), expected);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn headings_have_the_anchors_of_links() {
        let found = headings("# Event notifications of the bucket\ntext\n## `x`: What, now?");
        assert!(found.contains("event-notifications-of-the-bucket"), "{found:?}");
        assert!(found.contains("x-what-now"), "{found:?}");
        assert_eq!(headings(" text"), BTreeSet::new());
    }
}
