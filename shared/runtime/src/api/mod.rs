//! What the Workers say to each other, as typed JSON. Both sides use these types; each side still
//! treats what arrives as foreign (size-capped, parsed, checked).

pub mod batch;
pub mod isbndb;
pub mod provider;
pub mod search_log;
pub mod volume;
