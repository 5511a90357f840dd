//! Implements [`ObjectStorage`] with the storage of a Durable Object.

use std::rc::Rc;
use std::time::Duration;

use proxy_core::platform::{ObjectStorage, StorageFailed};
use worker::State;

#[derive(Clone)]
pub struct WorkerdStorage(pub Rc<State>);

fn failed(error: worker::Error) -> StorageFailed {
    StorageFailed(error.to_string())
}

impl ObjectStorage for WorkerdStorage {
    async fn get(&self, key: &str) -> Result<Option<String>, StorageFailed> {
        self.0.storage().get(key).await.map_err(failed)
    }

    async fn put(&self, key: &str, text: String) -> Result<(), StorageFailed> {
        self.0.storage().put(key, text).await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StorageFailed> {
        self.0.storage().delete(key).await.map(drop).map_err(failed)
    }

    async fn has_alarm(&self) -> Result<bool, StorageFailed> {
        self.0.storage().get_alarm().await.map(|at| at.is_some()).map_err(failed)
    }

    async fn set_alarm(&self, after_ms: u64) -> Result<(), StorageFailed> {
        self.0.storage().set_alarm(Duration::from_millis(after_ms)).await.map_err(failed)
    }
}
