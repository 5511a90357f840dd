//! Book search over several providers behind a two-tier cache.

mod api;
mod config;
mod providers;
mod search;
#[cfg(test)]
mod testing;
