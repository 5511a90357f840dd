//! Values of a record beside title, author and ISBN; all of them follow from the ISBN.

use super::catalogue_records::CatalogueEdition;

const PUBLISHERS: &[&str] = &[
    "Penguin Books",
    "Vintage",
    "HarperCollins",
    "Orbit",
    "Tor Books",
    "Faber & Faber",
    "Picador",
    "Oxford University Press",
    "Houghton Mifflin Harcourt",
    "W. W. Norton & Company",
    "Scribner",
    "Bloomsbury Publishing",
    "Everyman's Library",
    "Little, Brown and Company",
];

fn local_publishers(language: &str) -> &'static [&'static str] {
    match language {
        "fr" => &["Gallimard", "Éditions du Seuil", "Le Livre de Poche", "Actes Sud", "Casterman"],
        "de" => &["Suhrkamp Verlag", "S. Fischer Verlag", "Rowohlt", "Heyne"],
        "es" => &["Anagrama", "Alfaguara", "Debolsillo", "Planeta"],
        "pt" => &["Companhia das Letras", "Editora Record", "Intrínseca"],
        "it" => &["Einaudi", "Mondadori", "Feltrinelli"],
        "ru" => &["АСТ", "Эксмо", "Азбука"],
        "ja" => &["講談社", "新潮社", "岩波書店"],
        "zh" => &["人民文学出版社", "上海译文出版社", "重庆出版社"],
        "ko" => &["민음사", "문학동네", "창비"],
        "ar" => &["دار الشروق", "دار الآداب"],
        _ => PUBLISHERS,
    }
}

const BINDINGS: &[&str] =
    &["Paperback", "Hardcover", "Mass Market Paperback", "Kindle Edition", "Paperback"];

const SUBJECTS: &[&[&str]] = &[
    &["Fiction", "Fiction / Literary", "Fiction / Classics", "Psychological fiction"],
    &["Fiction", "Fiction / Science Fiction / General", "Life on other planets", "Space ships"],
    &["Fiction", "Fiction / Fantasy / Epic", "Magic", "Wizards"],
    &["Fiction", "Fiction / Mystery & Detective / General", "Murder", "Private investigators"],
    &["Biography & Autobiography", "Biography & Autobiography / Personal Memoirs", "Authors"],
    &["Science", "Science / History", "Discoveries in science", "Scientists"],
    &["Business & Economics", "Business & Economics / Leadership", "Management", "Success"],
    &["History", "History / Europe / General", "War", "Politics and government"],
    &["Juvenile Fiction", "Juvenile Fiction / Animals / General", "Friendship", "Schools"],
];

impl CatalogueEdition {
    pub(crate) fn publisher(&self) -> &'static str {
        self.seed.seeded_choice("publisher", local_publishers(self.language))
    }

    pub(crate) fn publication_date(&self) -> (u64, u64, u64) {
        let year = 1962 + self.seed.seeded_number("year", 62);
        (year, 1 + self.seed.seeded_number("month", 12), 1 + self.seed.seeded_number("day", 28))
    }

    pub(crate) fn page_count(&self) -> u64 {
        96 + self.seed.seeded_number("pages", 640)
    }

    pub(crate) fn cover_type(&self) -> &'static str {
        self.seed.seeded_choice("binding", BINDINGS)
    }

    /// Subjects: the broad one, the path, then free ones.
    pub(crate) fn subjects(&self) -> &'static [&'static str] {
        self.seed.seeded_choice("subjects", SUBJECTS)
    }

    fn language_forms(&self) -> Option<&'static (&'static str, &'static str, &'static str)> {
        LANGUAGES.iter().find(|(two, ..)| *two == self.language)
    }

    pub(crate) fn language3(&self) -> &'static str {
        self.language_forms().map_or("und", |(_, three, _)| *three)
    }

    pub(crate) fn language_name(&self) -> &'static str {
        self.language_forms().map_or("English", |(.., name)| *name)
    }

    pub(crate) fn blurb(&self) -> Vec<String> {
        let author = self.authors.first().map_or("its author", String::as_str);
        let topic = self.subjects().last().copied().unwrap_or("life").to_lowercase();
        let opening = match self.language {
            "fr" => format!(
                "Dans « {} », {author} raconte une histoire que l’on n’oublie pas.",
                self.title
            ),
            "de" => format!(
                "In »{}« erzählt {author} eine Geschichte, die lange nachklingt.",
                self.title
            ),
            "es" => {
                format!("En «{}», {author} cuenta una historia difícil de olvidar.", self.title)
            }
            "pt" => {
                format!("Em “{}”, {author} conta uma história difícil de esquecer.", self.title)
            }
            "it" => format!("In «{}» {author} racconta una storia che resta.", self.title),
            "ru" => format!("«{}» — книга, которую {author} пишет всю жизнь.", self.title),
            "ja" => format!("『{}』は{author}の代表作である。", self.title),
            "zh" => format!("《{}》是{author}的代表作。", self.title),
            "ko" => format!("『{}』은(는) {author}의 대표작이다.", self.title),
            "ar" => format!("«{}» من أشهر ما كتب {author}.", self.title),
            _ => format!("In {} {author} tells a story that stays with the reader.", self.title),
        };
        vec![
            opening,
            format!("A book about {topic}, told with patience & \"wit\"."),
            format!("Translated into {} languages.", 3 + self.seed.seeded_number("translated", 40)),
        ]
    }

    pub(crate) fn cover_number(&self) -> u64 {
        10_000 + self.seed.seeded_number("cover", 14_000_000)
    }
}

/// Two letters, three letters (bibliographic), English name.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "eng", "English"),
    ("fr", "fre", "French"),
    ("de", "ger", "German"),
    ("es", "spa", "Spanish"),
    ("pt", "por", "Portuguese"),
    ("it", "ita", "Italian"),
    ("da", "dan", "Danish"),
    ("nl", "dut", "Dutch"),
    ("sv", "swe", "Swedish"),
    ("pl", "pol", "Polish"),
    ("ru", "rus", "Russian"),
    ("ja", "jpn", "Japanese"),
    ("zh", "chi", "Chinese"),
    ("ko", "kor", "Korean"),
    ("ar", "ara", "Arabic"),
];

/// The language of a book: from its script, then from its ISBN's group.
pub(crate) fn language_of(title: &str, isbn13: &str) -> &'static str {
    let has = |range: std::ops::RangeInclusive<char>| title.chars().any(|c| range.contains(&c));
    if has('\u{3040}'..='\u{30ff}') {
        return "ja";
    }
    if has('\u{4e00}'..='\u{9fff}') {
        return if isbn13.starts_with("9784") { "ja" } else { "zh" };
    }
    for (range, language) in [
        ('\u{ac00}'..='\u{d7af}', "ko"),
        ('\u{400}'..='\u{4ff}', "ru"),
        ('\u{600}'..='\u{6ff}', "ar"),
    ] {
        if has(range) {
            return language;
        }
    }
    GROUPS.iter().find(|(group, _)| isbn13.starts_with(group)).map_or("en", |(_, code)| *code)
}

/// ISBN registration groups, and the language of most books in each.
const GROUPS: &[(&str, &str)] = &[
    ("9782", "fr"),
    ("97910", "fr"),
    ("9783", "de"),
    ("97884", "es"),
    ("97885", "pt"),
    ("97865", "pt"),
    ("978972", "pt"),
    ("97888", "it"),
    ("97912", "it"),
    ("97887", "da"),
    ("97890", "nl"),
    ("97891", "sv"),
    ("97883", "pl"),
    ("9785", "ru"),
    ("9784", "ja"),
    ("9787", "zh"),
    ("97889", "ko"),
    ("97911", "ko"),
    ("978950", "es"),
    ("978987", "es"),
    ("978977", "ar"),
];
