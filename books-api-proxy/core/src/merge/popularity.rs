//! How well known a work is.

use bibliography::edition::Edition;

/// A logarithmic scale: small differences do not count.
pub(super) fn log2_bucket(count: u32) -> u32 {
    u32::BITS - count.leading_zeros()
}

/// The number of editions is a better sign than that of ratings: a doubling of the editions counts
/// as much as two doublings of the ratings.
pub(super) fn popularity<'a>(infos: impl Iterator<Item = &'a Edition> + Clone) -> u32 {
    let most = |count: fn(&Edition) -> Option<u32>| {
        infos.clone().filter_map(count).max().unwrap_or_default()
    };
    let here = u32::try_from(infos.clone().count()).unwrap_or(u32::MAX);
    let editions = most(|info| info.edition_count).max(here);
    let (ratings, readers) = (most(|info| info.ratings_count), most(|info| info.readers_count));
    2 * log2_bucket(editions) + log2_bucket(ratings.max(readers))
}
