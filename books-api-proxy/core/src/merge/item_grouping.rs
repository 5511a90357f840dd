//! Groups items by key.

use std::collections::BTreeMap;

/// The items of each key keep their order.
pub(super) fn group_by_key<K: Ord, T>(
    pairs: impl IntoIterator<Item = (K, T)>,
) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for (key, item) in pairs {
        groups.entry(key).or_default().push(item);
    }
    groups
}
