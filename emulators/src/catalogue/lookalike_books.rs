//! The books that providers return beside the right one: other editions, translations, study
//! guides, boxes, samplers, namesakes.

use std::collections::HashMap;

use super::catalogue_builder::{CatalogueBuilder, EditionSpec};
use super::catalogue_records::{CatalogueEdition, EditionRelationToLibrary};
use crate::hash::FakeDataSeed;

const GUIDE_WRITERS: &[&str] = &[
    "BookHabits",
    "SuperSummary",
    "BookRags",
    "Readtrepreneur Publishing",
    "Instaread",
    "Bright Summaries",
];
const UNRELATED_AUTHORS: &[&str] = &[
    "Harriet Blackwood",
    "Tomasz Wiśniewski",
    "Ana Lúcia Ferraz",
    "Owen Pritchard",
    "Mei-Ling Chow",
    "Gareth Llewellyn",
    "Ingrid Solberg",
    "Rafael Cárdenas",
    "Joan P. Whitcomb",
];
const ADJECTIVES: &str =
    "Silent Distant Burning Hollow Last Forgotten Winter Crooked Salt Glass Paper Northern";
const NOUNS: &str =
    "Harbour Orchard Letters River Garden Machine Daughters Mountain Clock Kingdom Window Season";
const PLACES: &[&str] =
    &["of Ashdown", "at Midnight", "in the Rain", "of the Sea", "and Other Stories", "of Stone"];
/// Books by another person with an author's name.
const TRADES: &[&str] = &[
    "Soil Mechanics for Highway Engineers",
    "Income Tax Procedure",
    "Diseases of Dairy Cattle",
    "Gregg Shorthand Simplified",
    "Analytical Methods for Trace Metals",
];

/// Adds all lookalikes; the ISBN decides which ones a book gets.
pub(super) fn add_all(builder: &mut CatalogueBuilder) {
    let mut originals = Vec::new();
    let mut seen_works = std::collections::HashSet::new();
    for edition in &builder.catalogue.editions {
        if seen_works.insert(edition.work) {
            originals.push(edition.clone());
        }
    }
    for original in &originals {
        add_same_work(builder, original);
        add_lookalikes(builder, original);
    }
    add_per_author(builder, &originals);
    add_placeholders(builder);
}

fn invented_edition_spec(
    builder: &CatalogueBuilder,
    original: &CatalogueEdition,
    kind: EditionRelationToLibrary,
    label: &str,
) -> EditionSpec {
    let seed = original.seed.as_u64().to_string();
    EditionSpec {
        title: original.title.clone(),
        authors: original.authors.clone(),
        isbn13: builder.invent_isbn(&["decoy", label, &seed]),
        language: original.language,
        kind,
        ..EditionSpec::default()
    }
}

fn add_same_work(builder: &mut CatalogueBuilder, original: &CatalogueEdition) {
    for number in 0..original.seed.seeded_number("editions", 4) {
        let label = format!("edition {number}");
        let base = invented_edition_spec(
            builder,
            original,
            EditionRelationToLibrary::OtherEdition,
            &label,
        );
        let subtitle = match original.seed.seeded_number(&label, 4) {
            0 => Some("A Novel".to_owned()),
            1 => original.subtitle.clone(),
            _ => None,
        };
        builder.add_catalogue_edition(EditionSpec { subtitle, work: Some(original.work), ..base });
    }
    if original.seed.seeded_bool("translation", 40) {
        let (language, suffix) = original.seed.seeded_choice(
            "translation language",
            &[
                ("es", "(Edición en español)"),
                ("fr", "(édition française)"),
                ("de", "(Deutsche Ausgabe)"),
                ("pt", "(edição brasileira)"),
                ("it", "(edizione italiana)"),
            ],
        );
        if language != original.language {
            let base = invented_edition_spec(
                builder,
                original,
                EditionRelationToLibrary::Translation,
                "translation",
            );
            let title = format!("{} {suffix}", original.title);
            builder.add_catalogue_edition(EditionSpec {
                title,
                language,
                work: Some(original.work),
                ..base
            });
        }
    }
}

fn add_lookalikes(builder: &mut CatalogueBuilder, original: &CatalogueEdition) {
    let CatalogueEdition { title, seed, .. } = original;
    let author = original.authors.first().map_or("Anonymous", String::as_str);
    let unrelated = |purpose: &str| vec![seed.seeded_choice(purpose, UNRELATED_AUTHORS).to_owned()];
    if seed.seeded_bool("guide", 25) {
        let (title, subtitle) = match seed.seeded_number("guide form", 4) {
            0 => (format!("Summary of {title} by {author}"), None),
            1 => (title.clone(), Some(format!("by {author} | Summary & Analysis"))),
            2 => (format!("Study Guide: {title}"), Some(format!("A Reading of {author}"))),
            _ => (format!("Workbook for {title}"), Some(format!("A Guide to {author}'s Book"))),
        };
        let authors = vec![seed.seeded_choice("guide writer", GUIDE_WRITERS).to_owned()];
        let base =
            invented_edition_spec(builder, original, EditionRelationToLibrary::Guide, "guide");
        builder.add_catalogue_edition(EditionSpec {
            title,
            subtitle,
            authors,
            language: "en",
            ..base
        });
    }
    if seed.seeded_bool("sampler", 6) {
        let base =
            invented_edition_spec(builder, original, EditionRelationToLibrary::Sampler, "sampler");
        builder.add_catalogue_edition(EditionSpec {
            title: format!("{title}: Chapter Sampler"),
            ..base
        });
    }
    if seed.seeded_bool("same title", 12) {
        let base = invented_edition_spec(
            builder,
            original,
            EditionRelationToLibrary::SameTitle,
            "same title",
        );
        builder
            .add_catalogue_edition(EditionSpec { authors: unrelated("same title author"), ..base });
    }
    if seed.seeded_bool("disc", 5) {
        let base =
            invented_edition_spec(builder, original, EditionRelationToLibrary::NotABook, "disc");
        builder.add_catalogue_edition(EditionSpec { title: format!("{title} [DVD]"), ..base });
    }
}

fn add_per_author(builder: &mut CatalogueBuilder, originals: &[CatalogueEdition]) {
    let mut by_author: HashMap<&str, Vec<&CatalogueEdition>> = HashMap::new();
    let mut in_order = Vec::new();
    for original in originals {
        let Some(name) = original.authors.first() else { continue };
        let works = by_author.entry(name).or_default();
        if works.is_empty() {
            in_order.push(name.as_str());
        }
        works.push(original);
    }
    for name in in_order {
        let Some(works) = by_author.get(name) else { continue };
        let Some(first) = works.first() else { continue };
        let person = FakeDataSeed::of(&["decoys of", name]);
        add_other_works(builder, first, person);
        if works.len() > 1 && person.seeded_bool("box", 40) {
            let titles: Vec<&str> = works.iter().take(3).map(|work| work.title.as_str()).collect();
            let title =
                format!("{} {} Books Collection Set: {}", name, titles.len(), titles.join(" / "));
            let base =
                invented_edition_spec(builder, first, EditionRelationToLibrary::BoxSet, "box");
            builder.add_catalogue_edition(EditionSpec {
                title,
                authors: vec![name.to_owned()],
                ..base
            });
        }
        if person.seeded_bool("homonym", 10) {
            let base =
                invented_edition_spec(builder, first, EditionRelationToLibrary::Homonym, "homonym");
            let title = person.seeded_choice("trade", TRADES).to_owned();
            let authors = vec![name.to_owned()];
            builder.add_catalogue_edition(EditionSpec {
                title,
                authors,
                language: "en",
                person: 1,
                ..base
            });
        }
    }
}

/// Books of an author that are not in the library; one author in forty has so many
/// that the author's page has a second page.
fn add_other_works(builder: &mut CatalogueBuilder, first: &CatalogueEdition, person: FakeDataSeed) {
    let prolific = person.seeded_number("prolific", 40) == 0;
    let count = if prolific {
        60 + person.seeded_number("many", 40)
    } else {
        person.seeded_number("few", 4)
    };
    for number in 0..count {
        let label = format!("other work {number}");
        let title = format!(
            "The {} {} {}",
            person.pick_word(&format!("{label} a"), ADJECTIVES),
            person.pick_word(&format!("{label} n"), NOUNS),
            person.seeded_choice(&format!("{label} p"), PLACES),
        );
        let base =
            invented_edition_spec(builder, first, EditionRelationToLibrary::OtherWork, &label);
        let authors = first.authors.iter().take(1).cloned().collect();
        builder.add_catalogue_edition(EditionSpec { title, authors, ..base });
    }
}

/// The unrelated volumes that share the placeholder ISBN at Google, and at ISBNdb.
fn add_placeholders(builder: &mut CatalogueBuilder) {
    for (title, author, language) in [
        ("Ecos de uma Cidade", Some("Joaquim Teles"), "pt"),
        ("A Question of Patchwork", None, "en"),
        ("고양이 사전 A to Z", Some("김하늘"), "ko"),
    ] {
        builder.add_catalogue_edition(EditionSpec {
            title: title.to_owned(),
            authors: author.map(str::to_owned).into_iter().collect(),
            isbn13: "9780000000002".to_owned(),
            language,
            kind: EditionRelationToLibrary::Placeholder,
            ..EditionSpec::default()
        });
    }
}
