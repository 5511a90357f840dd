//! Plain text from markup: tags, entities, spacing, size.

use htmlize::unescape_attribute as unescape;

pub const MAX_DESCRIPTION_CHARS: usize = 6_000;
/// Most characters of a title, name or other short text.
pub const MAX_TEXT_CHARS: usize = 500;

/// A short text on one line; `None` if nothing is left.
pub fn single_line(text: &str) -> Option<String> {
    let text = strip_markup(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = truncate_chars(&words.join(" "), MAX_TEXT_CHARS);
    (!text.is_empty()).then_some(text)
}

/// A long text; paragraphs become single line breaks.
pub fn paragraphs(text: &str) -> Option<String> {
    let text = strip_markup(text);
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let text = truncate_chars(&lines.join("\n"), MAX_DESCRIPTION_CHARS);
    (!text.is_empty()).then_some(text)
}

/// Most rounds of decoding: each round removes one level of escaping.
const MAX_PASSES: usize = 8;

/// Removes tags and decodes entities until nothing changes: some texts are escaped twice, and
/// decoding or removal may produce a new tag.
///
/// An entity without its semicolon counts only if no letter follows, as in an attribute.
fn strip_markup(text: &str) -> String {
    // At most ten bytes of markup a character: a longer text is cut before any work on it.
    let end = text.floor_char_boundary(MAX_DESCRIPTION_CHARS * 10);
    let mut text = text.get(..end).unwrap_or_default().to_owned();
    for _ in 0..MAX_PASSES {
        if !text.contains(['<', '&']) {
            break;
        }
        let next = unescape(strip_tags(&text)).into_owned();
        if next == text {
            break;
        }
        text = next;
    }
    text.retain(|c| !c.is_control() || c.is_whitespace());
    text
}

/// Removes tags. Ends of blocks become line breaks, the content of script and style is removed too.
/// A `<` that opens no tag is text.
fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inner = from.get(1..).unwrap_or_default();
        let opens = inner.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let (Some(end), true) = (inner.find('>'), opens) else {
            out.push('<');
            rest = inner;
            continue;
        };
        let tag = inner.get(..end).unwrap_or_default();
        rest = inner.get(end + 1..).unwrap_or_default();
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" if !tag.starts_with('/') => {
                let close = format!("</{name}");
                let skipped = rest.to_ascii_lowercase().find(&close);
                rest = skipped.and_then(|at| rest.get(at..)).unwrap_or_default();
            }
            "br" | "p" | "div" | "li" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "tr" => {
                out.push('\n');
            }
            _ => {}
        }
    }
    out.push_str(rest);
    out
}

/// At most `max_chars` characters, cut after a word if one ends near.
fn truncate_chars(text: &str, max_chars: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max_chars) else { return text.to_owned() };
    let cut = text.get(..end).unwrap_or_default();
    let at_word = cut.rfind(char::is_whitespace).filter(|at| at + 40 > cut.len());
    format!("{}…", cut.get(..at_word.unwrap_or(cut.len())).unwrap_or_default().trim_end())
}

/// An https link to a cover that stays valid. Links with a query are refused: they expire.
pub fn stable_cover_link(link: &str) -> Option<String> {
    let link = link.trim();
    let (scheme, rest) = link.split_once("://")?;
    let safe = rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b));
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let (host, path) = rest.split_once('/')?;
    let plain = !host.is_empty() && !path.is_empty() && !host.contains('@') && !rest.contains('?');
    (web && safe && plain && link.len() <= 500).then(|| format!("https://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        for (html, text) in [
            ("far above.<br/><br/>All he knows", "far above.\nAll he knows"),
            ("<p>One <b>bold</b> word</p><p>Two</p>", "One bold word\nTwo"),
            ("Language Arts &amp; Disciplines", "Language Arts & Disciplines"),
            ("it&#39;s &#x2014; so", "it's — so"),
            ("&lt;b&gt;twice&lt;/b&gt;", "twice"),
            ("&amp;lt;i&amp;gt;three times", "three times"),
            ("<<b>b>nested", "nested"),
            ("a < b & c > d", "a < b & c > d"),
            ("x<script>alert(1)</script>y", "xy"),
            ("x<STYLE>p{}</STYLE>y", "xy"),
            ("an open <b", "an open <b"),
            ("AT&T; ok &unknown; &", "AT&T; ok &unknown; &"),
            ("<!-- gone -->kept", "kept"),
            ("nul\u{0}&#7;led", "nulled"),
            ("Ch&acirc;teau &Eacute;p&#233;e &ldquo;x&rdquo;", "Château Épée “x”"),
            ("rock &reggae, R&D, Q&A", "rock &reggae, R&D, Q&A"),
        ] {
            assert_eq!(paragraphs(html).as_deref(), Some(text), "{html}");
        }
        assert_eq!(paragraphs("<br/> &nbsp; "), None);
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        let text = paragraphs(&"word ".repeat(5_000)).unwrap();
        assert!(text.chars().count() <= MAX_DESCRIPTION_CHARS + 1);
        assert!(text.ends_with("word…"));
        assert!(single_line(&"é".repeat(2_000)).unwrap().chars().count() <= MAX_TEXT_CHARS + 1);
    }

    #[test]
    fn only_lasting_https_covers_are_kept() {
        let cover = "https://images.isbndb.com/covers/61/57/9780306406157.jpg";
        for link in [cover, "Https://images.isbndb.com/covers/61/57/9780306406157.jpg"] {
            assert_eq!(stable_cover_link(link).as_deref(), Some(cover));
        }
        assert_eq!(stable_cover_link(&cover.replace("https", "http")).as_deref(), Some(cover));
        for link in [
            "https://images.isbndb.com/covers/1.jpg?X-Amz-Expires=7200&X-Amz-Signature=ab",
            "https://images.isbndb.com/covers/1.jpg?Expires=1&Signature=x",
            "javascript://alert(1)",
            "images.isbndb.com/covers/1.jpg",
            "https://user@host/1.jpg",
            "https://host/\"><script>",
            "https:///1.jpg",
            "",
        ] {
            assert_eq!(stable_cover_link(link), None, "{link}");
        }
    }
}
