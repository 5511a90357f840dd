//! Implements [`DurableStorage`] with the storage of a Durable Object.

use std::rc::Rc;
use std::time::Duration;

use proxy_core::platform::{DurableStorage, StorageFailed};
use worker::State;

#[derive(Clone)]
pub struct WorkerdStorage(pub Rc<State>);

fn to_storage_error(error: worker::Error) -> StorageFailed {
    StorageFailed(error.to_string())
}

impl DurableStorage for WorkerdStorage {
    async fn get(&self, key: &str) -> Result<Option<String>, StorageFailed> {
        self.0.storage().get(key).await.map_err(to_storage_error)
    }

    async fn put(&self, key: &str, text: String) -> Result<(), StorageFailed> {
        self.0.storage().put(key, text).await.map_err(to_storage_error)
    }

    async fn delete(&self, key: &str) -> Result<(), StorageFailed> {
        self.0.storage().delete(key).await.map(drop).map_err(to_storage_error)
    }

    async fn has_alarm(&self) -> Result<bool, StorageFailed> {
        self.0.storage().get_alarm().await.map(|at| at.is_some()).map_err(to_storage_error)
    }

    async fn set_alarm(&self, after_ms: u64) -> Result<(), StorageFailed> {
        self.0.storage().set_alarm(Duration::from_millis(after_ms)).await.map_err(to_storage_error)
    }
}
