//! A map of a few entries: bindings, secrets, breakers.
//!
//! An ordered map of the standard library is compiled anew for every type of key and value, three
//! kilobytes of wasm each. Among a handful of entries, a list that is searched from its start
//! finds one as fast.

use std::borrow::Borrow;

use serde::{Serialize, Serializer};

/// Values by key, in the order they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Few<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Few<K, V> {
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The value of a key.
    pub fn get<Q: PartialEq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.iter().find(|(known, _)| (*known).borrow() == key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: PartialEq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let mut entries = self.entries.iter_mut();
        entries.find(|(known, _)| (*known).borrow() == key).map(|(_, value)| value)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V)
    where
        K: PartialEq,
    {
        match self.get_mut(&key) {
            Some(old) => *old = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Takes the value of a key out.
    pub fn remove<Q: PartialEq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.entries.iter().position(|(known, _)| known.borrow() == key)?;
        Some(self.entries.remove(at).1)
    }
}

impl<K: Serialize, V: Serialize> Serialize for Few<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_an_ordered_map_holds(
            steps in prop::collection::vec((any::<bool>(), 0_u8..6, any::<u16>()), 0..40),
        ) {
            let (mut few, mut map) = (Few::new(), BTreeMap::new());
            for (insert, key, value) in steps {
                if insert {
                    few.insert(key, value);
                    map.insert(key, value);
                } else {
                    prop_assert_eq!(few.remove(&key), map.remove(&key));
                }
                if let Some(value) = few.get_mut(&key) {
                    *value ^= 1;
                    map.entry(key).and_modify(|value| *value ^= 1);
                }
                prop_assert_eq!(few.get(&key), map.get(&key));
            }
            let mut entries: Vec<_> = few.iter().collect();
            entries.sort();
            prop_assert_eq!(entries, map.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn it_is_written_as_an_object() {
        let mut few = Few::<String, u8>::new();
        few.insert("b".to_owned(), 1);
        few.insert("a".to_owned(), 2);
        few.insert("b".to_owned(), 3);
        assert_eq!(serde_json::to_string(&few).unwrap(), r#"{"b":3,"a":2}"#);
    }
}
