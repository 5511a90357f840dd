//! Sorting and ordered collecting with little code.
//!
//! The standard sort is compiled anew for every type and comparison, four kilobytes of wasm each
//! (ordered maps and sets sort what they are collected from, too). Here one plain merge sort of
//! numbers serves all: what is generic is only the comparison and the moving. It is for lists of
//! some hundred items whose comparison costs more than the call to it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Sorts by a comparison; equal items keep their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = sorted(items.len(), &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    arrange(items, order);
}

/// Sorts by a key; equal items keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a key that is worked out once an item; equal items keep their order.
pub fn sort_by_cached_key<T, K: Ord>(items: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = sorted(items.len(), &mut |a, b| keys.get(a).cmp(&keys.get(b)));
    arrange(items, order);
}

/// Sorts items by themselves.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// An ordered map of pairs; the last one of a key stays.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// Items in order, each once.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    sort(&mut items);
    items.dedup();
    items
}

/// Items by key, the keys in order; what has one key stays in the order it came in.
pub fn groups<K: Ord, T>(pairs: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut pairs: Vec<(K, T)> = pairs.into_iter().collect();
    sort_by(&mut pairs, |(a, _), (b, _)| a.cmp(b));
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (key, item) in pairs {
        match groups.last_mut() {
            Some((last, items)) if *last == key => items.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    groups
}

/// The places of `len` items in the order of a comparison of places. Neighbouring runs are merged
/// until one is left; what stands in order already costs one comparison a run.
fn sorted(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    let mut run = 1;
    while run < len {
        let mut merged = Vec::with_capacity(len);
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at_checked(run).unwrap_or((pair, &[]));
            let ordered = |(last, first): (&usize, &usize)| compare(*last, *first).is_le();
            if left.last().zip(right.first()).is_some_and(ordered) {
                merged.extend_from_slice(pair);
                continue;
            }
            while let ([a, lefts @ ..], [b, rights @ ..]) = (left, right) {
                if compare(*a, *b).is_le() {
                    merged.push(*a);
                    left = lefts;
                } else {
                    merged.push(*b);
                    right = rights;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        run *= 2;
    }
    order
}

/// Moves to each place the item whose place is said there, one circle of places at a time.
fn arrange<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..items.len() {
        let mut to = start;
        while let Some(from) = order.get_mut(to).map(|from| std::mem::replace(from, to)) {
            if from == start {
                break;
            }
            items.swap(to, from);
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_are_ordered_as_by_the_standard_sort(
            items in prop::collection::vec((0_u8..9, any::<u16>()), 0..120),
        ) {
            let (mut ours, mut theirs) = (items.clone(), items.clone());
            sort_by(&mut ours, |a, b| b.0.cmp(&a.0));
            theirs.sort_by_key(|item| std::cmp::Reverse(item.0));
            prop_assert_eq!(&ours, &theirs);
            sort_by_key(&mut ours, |(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(&ours, &theirs);
            sort_by_cached_key(&mut ours, |(_, rest)| *rest % 5);
            theirs.sort_by_cached_key(|(_, rest)| *rest % 5);
            prop_assert_eq!(&ours, &theirs);
            sort(&mut ours);
            theirs.sort();
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(map(items.clone()), items.iter().copied().collect());
            let distinct: BTreeSet<_> = items.iter().copied().collect();
            prop_assert_eq!(set(items.clone()), distinct.into_iter().collect::<Vec<_>>());
            let mut grouped: BTreeMap<u8, Vec<u16>> = BTreeMap::new();
            for (key, item) in &items {
                grouped.entry(*key).or_default().push(*item);
            }
            prop_assert_eq!(groups(items.clone()), grouped.into_iter().collect::<Vec<_>>());
        }
    }
}
