//! Word lists of the analysis, in folded form.

use crate::text::words::Words;

/// Connectors that also stand between the names of two persons.
pub(super) const CONJUNCTIONS: Words = Words::new("and et i och og or und y и");

/// Words that have no place in a person's name.
pub(super) const NOT_A_NAME: Words = Words::new(
    "a about after an and are as at avec be been before between biography book books boy but by \
     chapter collected complete dans dear did do does edition et everything fi for from girl \
     goodbye guide had has have he hello her here him his history how i if in interrupted into \
     introduction is ist it its life lives love me memoir my nicht not nothing novel novels och \
     of og oh on or our over please poems pour rabbit run saga selected series she so something \
     stories story sur tales than that the their them then there these they this those to \
     trilogy und under us verse volume was we were what when where which who why with without \
     works yes you your в и на не о с",
);

/// Adjectives and numbers that go before the last noun of a title: "The Great Gatsby".
pub(super) const TITLE_ADJECTIVES: Words = Words::new(
    "bad beautiful big black blue brief dark dead fifth final first five four golden good great \
     green hidden hundred invisible last little long lost million new nine old only other \
     perfect real red second secret seven short silent silver six ten third thousand three true \
     two white whole wild",
);

/// Two or three letters that look like initials and are not.
pub(super) const NOT_INITIALS: Words = Words::new(
    "ad ai al am an ar as at bbc bc be bo by cbt cd ch cia co cry css cv cy da dc de di dj dna \
     dns do dr dry du dvd ed eg el et eu fbi fly fr ft gi go gps gym hbr he hi hm hr html http \
     hu ie if il in io is it jfk jo jr js ko la le li lo ma me mlb mr mrs ms mt my myth nba nd \
     nfl ng nhl no ny nyc of oh ok on or ox oz pc pdf php pi pp pr ps pt ptsd qa ra rd rna rpg \
     shy sir sky so spy sql sr st th thy to try tv ui uk un up ur us usa ux vb vol vr we why wu \
     ww www xi xl xml xx xxx yu ад во вы до за из ко мы на не об он от по со ты",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_of_the_analysis_is_sorted() {
        let lists = [CONJUNCTIONS, NOT_A_NAME, TITLE_ADJECTIVES, NOT_INITIALS];
        for list in lists {
            assert!(list.is_sorted());
        }
    }
}
