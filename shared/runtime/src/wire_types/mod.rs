//! The JSON that the Workers exchange, as types. Both sides use these types; each side still checks
//! a body as untrusted input (size, form, values).

pub mod batch_search_wire_types;
pub mod isbndb_worker_answers;
pub mod provider_names;
pub mod search_log;
pub mod volume;
