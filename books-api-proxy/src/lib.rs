//! Book search over several providers behind a two-tier cache.
