//! Authors in Chinese, Japanese and Korean cells: countries in brackets before a name, roles after
//! it (`[美] 海明威`, `余华 著`, `村上春樹/著 柴田元幸/訳`, `한강 지음`).

use super::person_role::{leading_bracket, names_role};

/// Separators of names in any script. The middle dot is none: it is part of foreign names
/// (`加西亚・马尔克斯`).
const SEPARATORS: &[char] = &['、', '，', ',', ';', '；', '/', '／', '|', '｜', '&', '＆', '\n'];

#[rustfmt::skip]
const AUTHOR_ROLE_WORDS: &[&str] = &[
    "原作・著", "编著者", "編著者", "编著", "編著", "原著", "原作", "著作", "著者", "作者",
    "撰文", "口述", "著", "撰", "지음", "지은이", "저자", "씀",
];

/// Other roles that follow a name without a space.
#[rustfmt::skip]
const OTHER_ROLES: &[&str] = &[
    "选编", "選編", "主编", "主編", "编译", "編訳", "翻译", "翻譯", "翻訳", "监修", "監修",
    "監訳", "校注", "译者", "譯者", "訳者", "编者", "編者", "译", "譯", "訳", "编", "編", "绘",
    "繪", "옮김", "옮긴이", "엮음", "그림",
];

/// Roles only if they are a whole word: names end with these characters too.
const ALONE_AUTHOR: &[&str] = &["作", "文", "글", "저"];
const ALONE_OTHER: &[&str] = &["图", "圖", "画", "絵", "校", "注", "역", "편", "写真", "イラスト"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum PersonRole {
    Author,
    Other,
}

pub(super) fn is_east_asian(cell: &str) -> bool {
    cell.chars().any(is_cjk_letter)
}

fn is_cjk_letter(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

pub(super) fn first_author(cell: &str) -> String {
    if let Some(name) = catalogued(cell) {
        return name;
    }
    let mut names: Vec<(String, Option<PersonRole>)> = Vec::new();
    for part in cell.split(SEPARATORS) {
        let mut name = String::new();
        for (at, word) in part.split_whitespace().enumerate() {
            // A role at the start of a part belongs to the name before: `村上春樹/著`.
            if let (Some(role), true, Some(last)) = (whole_role(word), at == 0, names.last_mut()) {
                last.1 = last.1.or(Some(role));
                continue;
            }
            // A label before a name; the next person's may follow: `文：角野栄子 絵：林明子`.
            let labelled = word.split_once([':', '：']);
            if let Some((role, rest)) =
                labelled.and_then(|(label, rest)| Some((whole_role(label)?, rest)))
            {
                if !rest.is_empty() {
                    names.push((std::mem::take(&mut name), None));
                    names.push((rest.to_owned(), Some(role)));
                }
                continue;
            }
            match whole_role(word) {
                Some(role) if !name.is_empty() => {
                    names.push((std::mem::take(&mut name), Some(role)))
                }
                Some(_) => {}
                None => {
                    let (bare, role) = strip_role_suffix(word);
                    if !name.is_empty() && !bare.is_empty() {
                        name.push(' ');
                    }
                    name.push_str(bare);
                    if role.is_some() {
                        names.push((std::mem::take(&mut name), role));
                    }
                }
            }
        }
        names.push((name, None));
        names.retain(|(name, _)| !name.is_empty());
    }
    let names: Vec<(String, Option<PersonRole>)> = names
        .into_iter()
        .map(|(name, role)| bracketed(&name, role))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let is_author = |it: &&(String, Option<PersonRole>)| it.1 != Some(PersonRole::Other);
    names.iter().find(is_author).or(names.first()).map(|(name, _)| name.clone()).unwrap_or_default()
}

/// A name of a library catalogue: family name, given name and years of life between commas.
fn catalogued(cell: &str) -> Option<String> {
    let parts: Vec<&str> = cell.split([',', '，']).map(str::trim).collect();
    let is_name = |text: &&str| text.chars().all(is_cjk_letter);
    match parts.as_slice() {
        [family, given, years]
            if is_name(family)
                && is_name(given)
                && years.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            Some(format!("{family}{given}"))
        }
        _ => None,
    }
}

/// A name that is written in two scripts, in the first of them.
fn in_one_script(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_latin = |word: &&str| word.chars().filter(char::is_ascii_alphabetic).count() > 1;
    let change =
        words.array_windows().filter(|[one, other]| is_east_asian(one) != is_east_asian(other));
    let latin: Vec<&&str> = words.iter().filter(|word| !is_east_asian(word)).collect();
    if change.count() != 1 || latin.len() < 2 || !latin.iter().all(|word| is_latin(word)) {
        return name.to_owned();
    }
    let first = words.first().is_some_and(|word| is_east_asian(word));
    words.into_iter().take_while(|word| is_east_asian(word) == first).collect::<Vec<_>>().join(" ")
}

fn whole_role(word: &str) -> Option<PersonRole> {
    let word = word.trim_matches(['(', ')', '（', '）', '[', ']', ':', '：', '.']);
    let word = word.strip_prefix('等').filter(|rest| !rest.is_empty()).unwrap_or(word);
    let holds = |list: &[&str]| list.contains(&word);
    if holds(AUTHOR_ROLE_WORDS) || holds(ALONE_AUTHOR) {
        Some(PersonRole::Author)
    } else if holds(OTHER_ROLES) || holds(ALONE_OTHER) {
        Some(PersonRole::Other)
    } else {
        None
    }
}

/// A word without the role at its end.
fn strip_role_suffix(word: &str) -> (&str, Option<PersonRole>) {
    let of = |list: &[&str], role: PersonRole| {
        let bare = list.iter().find_map(|end| word.strip_suffix(end))?;
        // A single character is no name.
        (bare.chars().filter(|c| c.is_alphabetic()).count() > 1).then_some((bare, Some(role)))
    };
    of(AUTHOR_ROLE_WORDS, PersonRole::Author)
        .or_else(|| of(OTHER_ROLES, PersonRole::Other))
        .unwrap_or((word, None))
}

/// A name without its brackets: a country or a dynasty before it, a role or the name in another
/// script after it.
fn bracketed(name: &str, role: Option<PersonRole>) -> (String, Option<PersonRole>) {
    let mut name = name.trim();
    while let Some(end) = leading_bracket(name) {
        name = name.get(end..).unwrap_or_default().trim();
    }
    let mut role = role;
    if let Some(at) = name.find(['(', '（', '[', '【', '〔', '［']) {
        let (bare, bracket) = name.split_at(at);
        if role.is_none() && names_role(bracket) {
            role = Some(PersonRole::Other);
        }
        name = bare.trim();
    }
    for label in ["作者", "著者", "저자", "지은이"] {
        if let Some(rest) = name.strip_prefix(label).and_then(|rest| rest.strip_prefix([':', '：']))
        {
            name = rest.trim();
        }
    }
    let others = ["等", "ほか", " 他", " 外", " 외"];
    let bare = others.iter().find_map(|others| name.strip_suffix(others));
    let bare = bare.filter(|bare| bare.chars().count() > 1).unwrap_or(name);
    (in_one_script(bare.trim_matches(['・', ' '])), role)
}
