//! The runtime's normalisation and small letters against the crate's and the standard library's, in
//! wasm.
#![cfg(target_arch = "wasm32")]

use js_sys::RegExp;
use shared::text::lowercase;
use shared::text::normal::{Form, normalize};
use unicode_normalization::UnicodeNormalization;
use wasm_bindgen_test::wasm_bindgen_test;

/// The crate and the standard library may know a newer version of Unicode: a character that the runtime does not know yet
/// stays as it is there.
#[wasm_bindgen_test]
fn both_sides_agree_on_every_character_that_both_know() {
    let unassigned = RegExp::new(r"^e\p{Cn}$", "u");
    for c in (0x80..=0x10_ffff_u32).filter_map(char::from_u32) {
        // Behind a letter, so that a mark has something to compose with.
        let text: String = ['e', c].into_iter().collect();
        let same = normalize(&text, Form::Nfc) == text.nfc().collect::<String>()
            && normalize(&text, Form::Nfkc) == text.nfkc().collect::<String>()
            && normalize(&text, Form::Nfkd) == text.nfkd().collect::<String>()
            && lowercase(&text) == text.to_lowercase();
        assert!(same || unassigned.test(&text), "U+{:04X}", u32::from(c));
    }
}
