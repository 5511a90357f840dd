//! Records by what they have in common.

use std::collections::BTreeMap;

/// Items by key; the items of one key keep their order.
pub(super) fn groups<K: Ord, T>(pairs: impl IntoIterator<Item = (K, T)>) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for (key, item) in pairs {
        groups.entry(key).or_default().push(item);
    }
    groups
}
