//! The JSON that the Workers exchange, as types. Both sides use these types; each side still checks
//! a body as untrusted input (size, form, values).

pub mod batch_search_types;
pub mod isbndb_answer_types;
pub mod provider_names;
pub mod search_log;
pub mod volume;
