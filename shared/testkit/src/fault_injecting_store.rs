//! A map with the faults of a store.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::faults::{InjectedStoreError, StoreFaults};

/// Values by key, with faults. The map outlives its users; clones share everything.
#[derive(Debug)]
pub struct MemoryStore<V> {
    values: Rc<RefCell<BTreeMap<String, V>>>,
    pub faults: StoreFaults,
}

impl<V> Default for MemoryStore<V> {
    fn default() -> Self {
        Self { values: Rc::default(), faults: StoreFaults::default() }
    }
}

impl<V> Clone for MemoryStore<V> {
    fn clone(&self) -> Self {
        Self { values: Rc::clone(&self.values), faults: self.faults.clone() }
    }
}

impl<V: Clone> MemoryStore<V> {
    pub fn get(&self, key: &str) -> Result<Option<V>, InjectedStoreError> {
        self.faults.read(|| self.values.borrow().get(key).cloned())
    }

    pub fn put(&self, key: &str, value: V) -> Result<(), InjectedStoreError> {
        self.faults
            .write_or_inject_fault(|| drop(self.values.borrow_mut().insert(key.to_owned(), value)))
    }

    pub fn delete(&self, key: &str) -> Result<(), InjectedStoreError> {
        self.faults.write_or_inject_fault(|| drop(self.values.borrow_mut().remove(key)))
    }

    /// The content, regardless of faults: for a test's checks.
    pub fn borrow(&self) -> Ref<'_, BTreeMap<String, V>> {
        self.values.borrow()
    }

    /// The same, mutable: for a test's preparation.
    pub fn borrow_mut(&self) -> RefMut<'_, BTreeMap<String, V>> {
        self.values.borrow_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::InjectedStoreFault;

    #[test]
    fn a_failed_operation_changes_nothing() {
        let store = MemoryStore::default();
        let same = store.clone();
        assert_eq!(store.put("a", 1), Ok(()));
        store.faults.set(InjectedStoreFault::Down);
        assert_eq!(
            (same.get("a"), same.put("b", 2), same.delete("a")),
            (Err(InjectedStoreError), Err(InjectedStoreError), Err(InjectedStoreError))
        );
        assert_eq!(same.borrow().clone(), BTreeMap::from([("a".to_owned(), 1)]));
        store.faults.set(InjectedStoreFault::None);
        assert_eq!((same.delete("a"), store.get("a")), (Ok(()), Ok(None)));
    }
}
