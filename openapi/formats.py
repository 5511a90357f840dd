"""The string formats of the three descriptions, for schemathesis: values that a Worker accepts."""

import schemathesis
from hypothesis import strategies as st

NAMES = ["Frank Herbert", "Ursula K. Le Guin", "東野圭吾", "Åsne Seierstad", "dune", "1984", "c++ primer"]


def isbn13(core: int) -> str:
    digits = f"978{core:09}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


FORMATS = {
    "isbn": st.integers(10_000_000, 999_999_999).map(isbn13),
    "words": st.sampled_from(NAMES) | st.text(min_size=1, max_size=500).filter(lambda text: text.strip() != ""),
    "name": st.sampled_from(NAMES),
    "segment": st.text("abcdefghijklmnopqrstuvwxyzOLW0123456789-_", min_size=1, max_size=40),
    "volume": st.sampled_from(["isbn-9780441172719", "g-gK98gXR8onwC", "ol-OL893414W"]),
    "language": st.sampled_from(["en", "de", "ger", "fra", "ja", "zh-Hant"]),
    "languages": st.sampled_from(["de,en", "fr", "en,ja,zh"]),
    "encoding": st.sampled_from(["auto", "utf-8", "windows-1252", "shift_jis"]),
    "file": st.sampled_from(["library.csv", "books.csv"]),
    "library": st.lists(st.tuples(st.sampled_from(NAMES), st.integers(10_000_000, 999_999_999).map(isbn13))).map(
        lambda rows: "Title,ISBN\n" + "".join(f"{title},{isbn}\n" for title, isbn in rows)
    ),
}

for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)
