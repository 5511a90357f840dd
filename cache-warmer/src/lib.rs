//! Warms the cache for every book of a personal library.
