//! `Last First` without a comma, as Babelio writes most names.

use super::given_names::is_known_given_name;
use super::name_splitting::{is_initials, is_particle, is_patronymic};

/// The name in display order if the order is certain: two words, a particle, initials or known
/// given names at the end. Other names stay (`Thu Huong Duong`, `Chrétien de Troyes`).
pub(super) fn given_first(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let leading = words.iter().take_while(|word| is_particle(word)).count();
    let trailing = words.iter().rev().take_while(|word| is_particle(word)).count();
    let inner = words.get(..words.len().saturating_sub(trailing)).unwrap_or_default();
    let are_given =
        |words: &[&str]| words.iter().all(|word| is_known_given_name(word) || is_initials(word));
    let begins_given = |at: &usize| {
        let word = |at: usize| inner.get(at).copied().unwrap_or_default();
        inner.len() > 2 && !is_known_given_name(word(0)) && is_known_given_name(word(*at))
    };
    let known = (1..inner.len())
        .find(|at| are_given(inner.get(*at..).unwrap_or_default()))
        .or_else(|| (1..inner.len()).find(begins_given));
    let family = match words.len() {
        2 => 1,
        len if leading > 0 && leading + 1 < len => known.unwrap_or(leading + 1).max(leading + 1),
        _ if trailing > 0 && inner.len() > 1 => known.unwrap_or(1),
        len if len > 2 && words.last().is_some_and(|word| is_initials(word)) => known.unwrap_or(1),
        _ => match known {
            Some(at) => at,
            None => return name.to_owned(),
        },
    };
    let (family, given) = words.split_at_checked(family).unwrap_or_default();
    format!("{} {}", given.join(" "), family.join(" ")).trim().to_owned()
}

/// A name in display order with single spaces, if its form shows that the family name is first:
/// dotted initials at the end (`Толстой Л. Н.`), a patronymic (`Толстой Лев Николаевич`), or a
/// family name in capitals (`GAIMAN Neil`).
pub(super) fn given_first_where_shown(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let shown = match words.as_slice() {
        [family, given @ ..]
            if !given.is_empty()
                && !is_known_given_name(family)
                && !is_initials(family)
                && !name.contains(',') =>
        {
            let are_initials = given.iter().all(|word| word.ends_with('.') && is_initials(word));
            let has_patronymic = matches!(given, [_, last] if is_patronymic(last));
            let is_upper = |word: &str| !word.chars().any(char::is_lowercase);
            let in_capitals = family.chars().filter(|c| c.is_uppercase()).count() >= 4
                && is_upper(family)
                && given.iter().all(|word| is_known_given_name(word) && !is_upper(word));
            are_initials || has_patronymic || in_capitals
        }
        _ => false,
    };
    match words.split_first() {
        Some((family, given)) if shown => format!("{} {family}", given.join(" ")),
        _ => words.join(" "),
    }
}
