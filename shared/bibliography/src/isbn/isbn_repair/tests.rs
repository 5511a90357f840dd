use proptest::prelude::*;

use super::*;

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

#[test]
fn valid_cells_are_read_in_every_wrapping() {
    for (cell, expected) in [
        ("9780441172719", "9780441172719"),
        ("0441172717", "9780441172719"),
        ("=\"0441172717\"", "9780441172719"),
        ("=\"\"0441172717\"\"", "9780441172719"),
        ("'0441172717", "9780441172719"),
        ("[1578660289]", "9781578660285"),
        ("[020111609X, 9780201116090]", "9780201116090"),
        ("978-0-441-47812-5", "9780441478125"),
        ("978\u{2010}0\u{2011}441\u{2012}47812\u{2013}5", "9780441478125"),
        ("978\u{a0}0\u{a0}441\u{a0}47812\u{a0}5", "9780441478125"),
        ("ISBN 0-441-17271-7", "9780441172719"),
        ("ISBN: 9780441172719", "9780441172719"),
        ("080442957x", "9780804429573"),
        ("155404295X", "9781554042951"),
        ("9780441172719.0", "9780441172719"),
        ("9780441172719.00", "9780441172719"),
        ("9780441172719,0", "9780441172719"),
        ("0441172717 (pbk.)", "9780441172719"),
        ("goodreads:39077187,isbn:9780756411800", "9780756411800"),
        ("9791090636071", "9791090636071"),
        ("9798694400480", "9798694400480"),
        ("\u{feff}9780441172719", "9780441172719"),
        // Copied from a shop's page, with marks of the writing direction.
        ("\u{200f}\u{200e}978-0441172719\u{200e}", "9780441172719"),
        ("９７８０４４１１７２７１９", "9780441172719"),
        ("0441172717 9780441172719", "9780441172719"),
        ("0441172717\n9780441172719", "9780441172719"),
        ("0441172717 : $5.99", "9780441172719"),
        ("eISBN 9780441172719 pbk", "9780441172719"),
        ("urn:isbn:9780441172719", "9780441172719"),
        // All digits are written: Java, pandas, a spreadsheet with a wide column.
        ("9.780441172719E12", "9780441172719"),
        ("9.780441172719e+12", "9780441172719"),
        ("9,780441172719E+12", "9780441172719"),
        ("97.80441172719E11", "9780441172719"),
        ("9780441172719E0", "9780441172719"),
        ("978044117271.9e+1", "9780441172719"),
        ("9.78014143960E12", "9780141439600"),
        ("9.780.441.172.719", "9780441172719"),
        ("9,780,441,172,719", "9780441172719"),
        ("9'780'441'172'719", "9780441172719"),
        ("9.780.441.172.719,00", "9780441172719"),
        ("9 780 441 172 719", "9780441172719"),
        // A scanner also reads the issue or the price beside the barcode.
        ("978225300422651299", "9782253004226"),
        ("978044117271990", "9780441172719"),
        ("9780441172719 50799", "9780441172719"),
        ("978-0-441-17271-9-50799", "9780441172719"),
    ] {
        assert_eq!(read_isbn_cell(cell), IsbnCellContent::Valid(isbn(expected)), "{cell}");
    }
}

#[test]
fn damaged_cells_are_repaired() {
    for (cell, expected, repair) in [
        ("140143505", "0140143505", IsbnRepair::LostZero),
        ("140143505.0", "0140143505", IsbnRepair::LostZero),
        ("1.40143505E8", "0140143505", IsbnRepair::LostZero),
        ("9.781594633661E12", "9781594633669", IsbnRepair::CheckDigitRecomputed),
        ("345391802", "0345391802", IsbnRepair::LostZero),
        ("=\"441172717\"", "0441172717", IsbnRepair::LostZero),
        ("38549081", "038549081X", IsbnRepair::LostZeroAndX),
        // Two lost zeros are likelier than a zero and the X, if both match.
        ("60885459", "0060885459", IsbnRepair::LostZero),
        // A group of one digit and a publisher of two zeros: three zeros are lost.
        ("7136587", "0007136587", IsbnRepair::LostZero),
        ("7136587.0", "0007136587", IsbnRepair::LostZero),
        ("99740419", "0099740419", IsbnRepair::LostZero),
        ("155404295", "155404295X", IsbnRepair::LostX),
        ("978044117271", "9780441172719", IsbnRepair::LostCheckDigit),
        ("9781594633661", "9781594633669", IsbnRepair::CheckDigitRecomputed),
        ("9781521748830", "9781521748831", IsbnRepair::CheckDigitRecomputed),
        ("978-1-5217-4883-0", "9781521748831", IsbnRepair::CheckDigitRecomputed),
        ("8702261455", "8702261456", IsbnRepair::CheckDigitRecomputed),
        ("ISBN 9781594633661", "9781594633669", IsbnRepair::CheckDigitRecomputed),
    ] {
        let expected = IsbnCellContent::Repaired { isbn: isbn(expected), repair };
        assert_eq!(read_isbn_cell(cell), expected, "{cell}");
    }
}

#[test]
fn an_unusable_cell_has_a_reason() {
    for (cell, reason) in [
        ("9.78E+12", UnusableIsbnReason::ScientificNotation),
        ("9.78044E+12", UnusableIsbnReason::ScientificNotation),
        ("9,78044E+12", UnusableIsbnReason::ScientificNotation),
        ("9.78035e12", UnusableIsbnReason::ScientificNotation),
        ("9.78043902348e+12", UnusableIsbnReason::ScientificNotation),
        ("9.7801414396E12", UnusableIsbnReason::ScientificNotation),
        ("9.7.8E12", UnusableIsbnReason::ScientificNotation),
        ("9.780260000438E300", UnusableIsbnReason::ScientificNotation),
        ("9790260000438", UnusableIsbnReason::Ismn),
        ("979-0-2600-0043-8", UnusableIsbnReason::Ismn),
        ("979026000043", UnusableIsbnReason::Ismn),
        ("97804411727185079", UnusableIsbnReason::Length),
        ("978044117271850799", UnusableIsbnReason::Length),
        ("9.780.441", UnusableIsbnReason::Length),
        ("no isbn", UnusableIsbnReason::NoIsbnMarker),
        ("none", UnusableIsbnReason::NoIsbnMarker),
        ("N/A", UnusableIsbnReason::NoIsbnMarker),
        ("n.a.", UnusableIsbnReason::NoIsbnMarker),
        ("-", UnusableIsbnReason::NoIsbnMarker),
        ("0000000000", UnusableIsbnReason::Placeholder),
        ("0", UnusableIsbnReason::Placeholder),
        ("1111111111", UnusableIsbnReason::Placeholder),
        ("9780000000002", UnusableIsbnReason::Placeholder),
        ("9780000000000", UnusableIsbnReason::Placeholder),
        ("B0036G94XY", UnusableIsbnReason::Asin),
        ("978B0092G4TD5", UnusableIsbnReason::NotANumber),
        ("SIE108407_142", UnusableIsbnReason::NotANumber),
        ("X", UnusableIsbnReason::NotANumber),
        ("978-1-5420-2 reminders-of-him-colleen-hoover", UnusableIsbnReason::NotANumber),
        ("97803742392", UnusableIsbnReason::Length),
        ("978154202", UnusableIsbnReason::Length),
        ("97815290356", UnusableIsbnReason::Length),
        // Another last digit; a magazine's ISSN, which has the same check digit.
        ("7136588", UnusableIsbnReason::Length),
        ("1050-124X", UnusableIsbnReason::NotANumber),
        ("2434-561X", UnusableIsbnReason::NotANumber),
        ("1476-4687", UnusableIsbnReason::Length),
        ("0028-0836", UnusableIsbnReason::Length),
        ("00280836", UnusableIsbnReason::Length),
        ("97804411727190000", UnusableIsbnReason::Length),
        ("5012345678900", UnusableIsbnReason::NotBookland),
        ("012345678905", UnusableIsbnReason::NotBookland),
    ] {
        assert_eq!(read_isbn_cell(cell), IsbnCellContent::Unusable { reason }, "{cell}");
    }
}

#[test]
fn empty_cells_are_empty() {
    for cell in ["", " ", "=\"\"", "=\"\"\"\"", "[]", "''", "\u{feff}", "()"] {
        assert_eq!(read_isbn_cell(cell), IsbnCellContent::Empty, "{cell}");
    }
}

#[test]
fn every_reason_and_repair_has_a_text() {
    assert_eq!(UnusableIsbnReason::Length.to_string(), "wrong number of digits for an ISBN");
    assert_eq!(IsbnRepair::LostZero.as_str(), "leading zero restored");
    assert!(
        IsbnRepair::LostZero.repair_probability()
            > IsbnRepair::CheckDigitRecomputed.repair_probability()
    );
}

proptest! {
    #[test]
    fn any_cell_is_read_without_panic(cell in "\\PC{0,60}|[0-9xX=\"\\[\\]., eE+-]{0,24}") {
        let _ = read_isbn_cell(&cell);
    }

    #[test]
    fn a_lost_zero_comes_back(core in "0[0-9]{8}") {
        prop_assume!(core.bytes().any(|byte| byte != b'0'));
        let digits: Vec<u8> = core.bytes().collect();
        let whole = Isbn13::from_core(&digits);
        prop_assume!(whole.is_ok());
        let isbn = whole.unwrap();
        let ten = isbn.to_isbn10().unwrap();
        let lost = ten.strip_prefix('0').unwrap();
        prop_assume!(!lost.starts_with('0'));
        let expected = match lost.strip_suffix('X') {
            Some(shorter) => read_isbn_cell(shorter),
            None => read_isbn_cell(lost),
        };
        // Eight digits may have lost two zeros too.
        let also = |found: Isbn13| {
            let ten = found.to_isbn10().unwrap_or_default();
            ten.strip_prefix("00").is_some_and(|rest| lost.strip_suffix('X') == Some(rest))
        };
        let repaired =
            matches!(expected, IsbnCellContent::Repaired { isbn: found, .. } if found == isbn || also(found));
        prop_assert!(repaired, "{ten}: {expected:?}");
    }

    #[test]
    fn a_wrong_check_digit_is_recomputed(core in "97[89][0-9]{9}", wrong in 1u8..10) {
        let isbn = match Isbn13::from_first_twelve(core.as_bytes()) {
            Ok(isbn) => isbn,
            Err(_) => return Ok(()),
        };
        let right = isbn.as_str().as_bytes()[12] - b'0';
        let cell = format!("{core}{}", (right + wrong) % 10);
        let expected = IsbnCellContent::Repaired { isbn, repair: IsbnRepair::CheckDigitRecomputed };
        prop_assert_eq!(read_isbn_cell(&cell), expected);
    }
}

#[test]
fn digits_of_any_script_and_print_are_read() {
    let dune = IsbnCellContent::Valid(Isbn13::parse("9780441172719").unwrap());
    for text in [
        "٩٧٨٠٤٤١١٧٢٧١٩",
        "۹۷۸۰۴۴۱۱۷۲۷۱۹",
        "९७८०४४११७२७१९",
        "๙๗๘๐๔๔๑๑๗๒๗๑๙",
        "978O441172719",
        "978O44ll727l9",
        "9.7804411727190E12",
    ] {
        assert_eq!(read_isbn_cell(text), dune, "{text}");
    }
    assert!(matches!(read_isbn_cell("0-8044-2957-Х"), IsbnCellContent::Valid(_)));
    assert!(matches!(
        read_isbn_cell("SBN 441-17271-7"),
        IsbnCellContent::Repaired { repair: IsbnRepair::LostZero, .. }
    ));
    for text in ["978O441172710", "Ooooo 12345678"] {
        assert!(!matches!(read_isbn_cell(text), IsbnCellContent::Valid(_)), "{text}");
    }
    assert_eq!(Isbn13::parse("٩٧٨٠٤٤١١٧٢٧١٩"), Isbn13::parse("9780441172719"));
}
