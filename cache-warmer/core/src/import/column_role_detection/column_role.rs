//! The roles of columns, and how certain a name shows them.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum ColumnRole {
    Title,
    Author,
    AuthorInverted,
    Part(NamePart),
    Isbn(IsbnColumnKind),
    ItemType,
}

/// Columns with a part of a name, in the order of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum NamePart {
    Given,
    Middle,
    Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum IsbnColumnKind {
    /// ISBN-13: preferred.
    Thirteen,
    Either,
    Ten,
    /// Barcodes of books and of other things.
    Barcode,
    /// `isbn:978…,goodreads:…`
    Identifiers,
    List,
}

/// How certain a role is; lower is more certain.
pub(in super::super) type ColumnRoleRank = u16;

/// Matches from this rank on are weak.
pub(in super::super) const FIRST_WEAK_COLUMN_ROLE_RANK: ColumnRoleRank = 1_000;
