//! How many people have a book.

use bibliography::edition::Edition;

/// Powers of two: a few more or less say nothing.
pub(super) fn bucket(count: u32) -> u32 {
    u32::BITS - count.leading_zeros()
}

/// How well known a work is. What was printed again and again is what is looked for, more surely than
/// what was rated often: each doubling of the editions outweighs two of the ratings.
pub(super) fn popularity<'a>(infos: impl Iterator<Item = &'a Edition> + Clone) -> u32 {
    let most = |count: fn(&Edition) -> Option<u32>| {
        infos.clone().filter_map(count).max().unwrap_or_default()
    };
    let here = u32::try_from(infos.clone().count()).unwrap_or(u32::MAX);
    let editions = most(|info| info.edition_count).max(here);
    let (ratings, readers) = (most(|info| info.ratings_count), most(|info| info.readers_count));
    2 * bucket(editions) + bucket(ratings.max(readers))
}
