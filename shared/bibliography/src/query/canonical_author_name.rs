//! The canonical form of an author's name.

use super::initials::{JoinedInitials, joined_initials};
use crate::text_normalization::name_and_title_words::NAME_PARTICLES;
use crate::text_normalization::{
    author_display_name, canonical_text, folded_key_text, is_name_initial, visible_text,
};

/// A name in display order, each initial a separate word: "JRR" is "J R R".
///
/// Letters that can only be initials are separated if another word follows. Letters with a vowel
/// ("Mo Yan", "EM Forster") may be a name, and stay.
pub(super) fn asked_name(name: &str) -> String {
    let canonical = canonical_text(&author_display_name(&visible_text(name)));
    let mut out = String::with_capacity(canonical.len());
    let mut words = canonical.split(' ').peekable();
    while let Some(word) = words.next() {
        if !out.is_empty() {
            out.push(' ');
        }
        let mut letters = word.chars();
        let initials = joined_initials(&folded_key_text(word));
        if words.peek().is_some() && initials == Some(JoinedInitials::Certain) {
            out.extend(letters.next());
            for letter in letters {
                out.push(' ');
                out.push(letter);
            }
        } else {
            out.push_str(word);
        }
    }
    out
}

/// A canonical name in a catalogue's spelling: "J R R Tolkien" is "J.R.R. Tolkien".
pub(super) fn shown_name(canonical: &str) -> String {
    let mut out = String::with_capacity(canonical.len() + 4);
    let mut words = canonical.split(' ').peekable();
    let mut inside = false;
    while let Some(word) = words.next() {
        if !out.is_empty() && !inside {
            out.push(' ');
        }
        out.push_str(word);
        let initial = |word: &str| is_name_initial(&folded_key_text(word));
        let next = words.peek().copied().unwrap_or_default();
        let run = inside || initial(next);
        inside = false;
        // "Malcolm X" and "José Ortega y Gasset" have no initials.
        if initial(word)
            && !next.is_empty()
            && (run || !NAME_PARTICLES.contains(&folded_key_text(word)))
        {
            out.push('.');
            inside = initial(next);
        } else if initial(word) && run {
            out.push('.');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_written_in_one_way() {
        for (name, canonical, shown) in [
            ("J.R.R. Tolkien", "J R R Tolkien", "J.R.R. Tolkien"),
            ("Tolkien, J. R. R.", "J R R Tolkien", "J.R.R. Tolkien"),
            ("JRR Tolkien", "J R R Tolkien", "J.R.R. Tolkien"),
            ("george rr martin", "george r r martin", "george r.r. martin"),
            ("Le Guin, Ursula K.", "Ursula K Le Guin", "Ursula K. Le Guin"),
            ("Ursula K Le Guin", "Ursula K Le Guin", "Ursula K. Le Guin"),
            ("Malcolm X", "Malcolm X", "Malcolm X"),
            ("Tolkien J R R", "Tolkien J R R", "Tolkien J.R.R."),
            ("José Ortega y Gasset", "José Ortega y Gasset", "José Ortega y Gasset"),
            // Letters with a vowel may be a name, and so may the last word.
            ("Mo Yan", "Mo Yan", "Mo Yan"),
            ("EM Forster", "EM Forster", "EM Forster"),
            ("E. M. Forster", "E M Forster", "E.M. Forster"),
            ("Celeste Ng", "Celeste Ng", "Celeste Ng"),
            ("Lt. Col. Dave Grossman", "Lt Col Dave Grossman", "Lt Col Dave Grossman"),
            ("Flann O’Brien", "Flann O'Brien", "Flann O'Brien"),
            ("Л. Н. Толстой", "Л Н Толстой", "Л.Н. Толстой"),
            ("ЛН Толстой", "Л Н Толстой", "Л.Н. Толстой"),
            ("村上 春樹", "村上春樹", "村上春樹"),
            ("", "", ""),
        ] {
            assert_eq!(asked_name(name), canonical, "{name}");
            assert_eq!(shown_name(canonical), shown, "{name}");
            assert_eq!(asked_name(shown), canonical, "{shown}");
        }
    }
}
