//! The rate-limited ISBNdb leaf: pace, daily quota and cache in one Durable Object.
