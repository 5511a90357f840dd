//! Helpers of stored and sent forms. Another version may have written a form: an unreadable part is
//! lost alone.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// For fields that are not written at their default.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The readable rows of a list.
pub fn readable_rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let list: Vec<Value> = Vec::deserialize(deserializer)?;
    Ok(list.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect())
}

/// A value, or its default if it cannot be read.
pub fn default_if_unreadable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}
