//! Parts of a form that another version may have written in a way that cannot be read here: they are
//! lost, and not all that stands around them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The rows of a list that can be read.
pub fn rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let list: Vec<Value> = Vec::deserialize(deserializer)?;
    Ok(list.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect())
}

/// A value, or its default where it cannot be read.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}
