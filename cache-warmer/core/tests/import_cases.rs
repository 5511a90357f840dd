//! Inputs that were once read wrongly, if they are present: ../shared/cases/import.

mod support;

use std::path::Path;

use support::{import_whole_file, row_outcome_text};
use warmer_core::import::ImportError;

const CASES: &[(&str, &[&str])] = &[
    (
        "01",
        &[
            "2 valid 9780441172719 | Dune (Dune, #1) | Frank Herbert",
            "3 valid 9780141439587 | Emma | Jane Austen",
        ],
    ),
    (
        "02",
        &[
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "3 title | Eats, Shoots & Leaves | Lynne Truss",
            "4 valid 9780141439587 | Emma | Jane Austen",
        ],
    ),
    (
        "03",
        &[
            "2 valid 9780141439587 | The Quiet Road | Tim Winton",
            "3 title | Voss | Patrick White",
            "4 title | Good Omens | Terry Pratchett",
        ],
    ),
    (
        "04",
        &[
            "2 title | It | Stephen King",
            "3 title | Good Omens | Terry Pratchett",
            "4 title | Emma | Jane Austen",
        ],
    ),
    ("05", &["2 title | The art of leaving | Stephen Powers", "3 title | Emma | Jane Austen"]),
    (
        "06",
        &[
            "1 rejected: the ISBN is wrong; 9780441172719 may be meant, but without a title it cannot be checked",
            "2 rejected: the ISBN cannot be used (Amazon number (ASIN), not an ISBN) and there is no title",
            "3 valid 9780441172719 | - | -",
            "4 valid 9780141439587 | - | -",
        ],
    ),
    (
        "07",
        &[
            "1 title | Persuasion | Jane Austen",
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "3 valid 9780141439587 | Emma | Jane Austen",
        ],
    ),
    (
        "08",
        &["2 valid 9783257228007 | Das Parfum | Patrick Süskind", "3 title | Momo | Michael Ende"],
    ),
    (
        "09",
        &["2 valid 9785170137015 | Война и мир | Лев Толстой", "3 title | Детство | Лев Толстой"],
    ),
    ("10", &["2 valid 9787536692930 | 三体 | 刘慈欣", "3 title | 活着 | 余华"]),
    (
        "11",
        &[
            "2 valid 9789660361867 | Кобзар | Тарас Шевченко",
            "3 title | Лісова пісня | Леся Українка",
        ],
    ),
    (
        "12",
        &["2 valid 9780441172719 | Dune | Frank Herbert", "3 title | Good Omens | Terry Pratchett"],
    ),
    ("13", &["3 valid 9780441172719 | Dune | Frank Herbert"]),
    ("14", &["3 valid 9780441172719 | Dune | Frank Herbert"]),
    (
        "15",
        &[
            "3 valid 9782253006329 | Une vie | Guy de Maupassant",
            "4 valid 9782253010692 | Une étude en rouge | Arthur Conan Doyle",
            "5 valid 9782253006718 | Histoires | Edgar Allan Poe",
            "6 valid 9782020238113 | Cent ans de solitude | Gabriel Garcia Marquez",
            "7 valid 9782070409228 | Faust | Johann Wolfgang von Goethe",
        ],
    ),
    (
        "16",
        &[
            "2 valid 9782070360024 | L'étranger | Albert Camus",
            "3 valid 9782253004226 | Germinal | Émile Zola",
        ],
    ),
    (
        "17",
        &[
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "3 title | Emma | Jane Austen",
            "4 title | The Republic | Plato",
        ],
    ),
    (
        "18",
        &[
            "2 valid 9785170137015 | Ночной дозор | Сергей Лукьяненко",
            "3 title | Мастер и Маргарита | Михаил Булгаков",
        ],
    ),
    (
        "19",
        &["2 valid 9788020400123 | Válka s mloky | Karel Čapek", "3 title | Žert | Milan Kundera"],
    ),
    ("20", &["2 valid 9784062748681 | ノルウェイの森 | 村上 春樹", "3 title | こころ | 夏目漱石"]),
    (
        "21",
        &[
            "2 valid 9782253096337 | Les Misérables | Victor Hugo",
            "3 title | The Bookbinder’s Bargain | Helen Writer",
            "4 title | Maktub não é | Paulo Coelho",
        ],
    ),
    (
        "22",
        &[
            "2 valid 9780060883287 | Cien años de soledad | Gabriel García Márquez",
            "3 title | Pride & Prejudice | Jane Austen",
            "4 title | The Hitchhiker's Guide | Douglas Adams",
        ],
    ),
    (
        "23",
        &[
            "2 valid 9787532725694 | 老人与海 | 海明威",
            "3 valid 9787532742929 | 挪威的森林 | 村上春树",
            "4 valid 9787506365437 | 活着 | 余华",
        ],
    ),
    ("24", &["2 valid 9780060853983 | Good Omens | Neil Gaiman"]),
    ("25", &["2 valid 9780060853983 | Good Omens | Neil Gaiman", "3 title | Dune | Frank Herbert"]),
    (
        "26",
        &[
            "2 valid 9780374100148 | 2666 | Roberto Bolaño",
            "3 title | Hyperion | Dan Simmons",
            "4 title | Y | Jane Roe",
        ],
    ),
    ("27", &["2 valid 9780060853983 | Good Omens | Neil Gaiman", "3 title | Brides | Kelly Hake"]),
    (
        "28",
        &[
            "2 valid 9788804668237 | Antologia | -",
            "3 title | Racconti | -",
            "4 title | Sammlung | -",
            "5 title | Сказки | -",
        ],
    ),
    (
        "29",
        &[
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "3 valid 9780141439587 | Emma | Jane Austen",
            "4 title | Lost | Ann Author (scientific notation: a spreadsheet has lost the last digits)",
        ],
    ),
    (
        "30",
        &[
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "3 valid 9780141439587 | Emma | Jane Austen",
            "4 valid 9782253004226 | Germinal | Émile Zola",
        ],
    ),
    (
        "31",
        &["2 title | Sonatas | Ludwig van Beethoven (number of printed music (ISMN), not an ISBN)"],
    ),
    (
        "32",
        &[
            "2 valid 9783257228007 | Das Parfum | Patrick Süskind",
            "3 rejected: not a book: journalArticle",
        ],
    ),
    (
        "33",
        &[
            "2 valid 9780441172719 | Dune | Frank Herbert",
            "5 valid 9780141439587 | Emma | Jane Austen",
        ],
    ),
    ("34", &["2 valid 9780441172719 | Dune | Frank Herbert", "3 title | Emma | Jane Austen"]),
    (
        "35",
        &[
            "2 valid 9780062316097 | Sapiens: A Brief History of Humankind | Yuval Noah Harari",
            "3 title | Optics, 2nd Edition | Eugene Hecht",
            "4 title | Dune (40th Anniversary Edition) | Frank Herbert",
        ],
    ),
    ("36", &["8 valid 9780441172719 | Dune | Frank Herbert"]),
    (
        "37",
        &[
            "2 valid 9780441172719 | The Haggadah | Abraham Doe",
            "3 valid 9780141439587 | Elements | Euclid",
            "4 title | The Aeneid | Virgil",
            "5 title | Pragmatic | Dave Thomas",
        ],
    ),
];

#[test]
fn every_case_is_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/import");
    let Ok(files) = std::fs::read_dir(&folder) else { return };
    let mut wrong = Vec::new();
    for path in files.map(|file| file.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some((_, expected)) = CASES.iter().find(|(number, _)| name.starts_with(number)) else {
            continue;
        };
        let read: Result<Vec<String>, ImportError> =
            import_whole_file(&std::fs::read(&path).unwrap())
                .map(|(rows, _)| rows.iter().map(row_outcome_text).collect());
        if read.as_ref().ok().is_none_or(|read| read != expected) {
            wrong.push(format!("{name}: {read:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
