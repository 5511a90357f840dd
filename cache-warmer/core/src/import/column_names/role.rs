//! What a column may hold, and how sure its name is of it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum ColumnRole {
    Title,
    Author,
    AuthorInverted,
    Part(NamePart),
    Isbn(IsbnColumn),
    ItemType,
}

/// Parts of a name in columns of their own, in the order in which they make the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum NamePart {
    Given,
    Middle,
    Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum IsbnColumn {
    /// Thirteen digits: asked first.
    Thirteen,
    Either,
    Ten,
    /// Barcodes: books' and others'.
    Barcode,
    /// `isbn:978…,goodreads:…`
    Identifiers,
    List,
}

/// How sure it is that a column has its role: a lower number is surer.
pub(in super::super) type RoleRank = u16;

/// From this rank on a match is weak.
pub(in super::super) const WEAK_RANK: RoleRank = 1_000;
