//! Compares JSON that is stored, or exchanged between versions, with its recorded form.
//!
//! Objects run an older or a newer version for minutes after a deployment, and storage outlives
//! every version. So each form is also read with an unknown member in each of its objects, and
//! without each member that is not recorded as required.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const LATER_MEMBER: &str = "ofALaterVersion";

/// The record of one type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    /// Members without which a form is not read, by their path: `items.id`.
    required: BTreeSet<String>,
    /// Objects whose keys are not members of a type: the tags of an enum, the keys of a map.
    #[serde(default)]
    keyed: BTreeSet<String>,
    examples: Vec<Value>,
}

/// The recorded forms of a crate, by the names of their types.
#[derive(Debug)]
pub struct RecordedJsonForms {
    types: BTreeMap<String, Recorded>,
    /// Types whose required members differ from the record.
    changed: Vec<String>,
}

impl RecordedJsonForms {
    pub fn parse(file: &str) -> Self {
        let types = serde_json::from_str(file);
        let types = types.unwrap_or_else(|error| panic!("the file of forms: {error}"));
        Self { types, changed: Vec::new() }
    }

    /// Compares a type that is read and written.
    pub fn check_round_trip<T: Serialize + DeserializeOwned>(&mut self, name: &str) {
        for form in self.types.get(name).into_iter().flat_map(|recorded| &recorded.examples) {
            let read = serde_json::from_str::<T>(&form.to_string());
            let read = read.unwrap_or_else(|error| panic!("{name}: {error}: {form}"));
            assert_eq!(json!(read), *form, "{name} is written in another form");
        }
        self.check_read(name, |form| Some(json!(serde_json::from_str::<T>(form).ok()?)));
    }

    /// Compares a type that is only read: `read` returns what it understood of a form.
    pub fn check_read(&mut self, name: &str, read: impl Fn(&str) -> Option<Value>) {
        let recorded = self.types.remove(name);
        let recorded = recorded.unwrap_or_else(|| panic!("no form of {name} is recorded"));
        let mut required = BTreeSet::new();
        for form in &recorded.examples {
            let understood = read(&form.to_string());
            assert!(understood.is_some(), "{name} is not read: {form}");
            for (pointer, members) in json_objects(form, String::new()) {
                let with = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
                    let mut other = form.clone();
                    other.pointer_mut(&pointer).and_then(Value::as_object_mut).map(change);
                    other.to_string()
                };
                if !recorded.keyed.contains(&way(&pointer)) {
                    let later =
                        with(&|object| drop(object.insert(LATER_MEMBER.into(), json!([1]))));
                    assert_eq!(read(&later), understood, "{name}: {later}");
                }
                for member in members {
                    let earlier = with(&|object| drop(object.remove(&member)));
                    if read(&earlier).is_none() {
                        required.insert(way(&format!("{pointer}/{member}")));
                    }
                }
            }
        }
        if required != recorded.required {
            self.changed.push(format!("{name}: the required members are {}", json!(required)));
        }
    }

    /// Fails if a type's required members differ, or if a recorded type was not compared.
    pub fn assert_complete(self) {
        assert!(self.changed.is_empty(), "{}", self.changed.join("\n"));
        assert!(self.types.is_empty(), "not compared: {:?}", self.types.keys());
    }
}

/// Each object of a form: the pointer to it, and its members.
fn json_objects(value: &Value, pointer: String) -> Vec<(String, Vec<String>)> {
    let (own, within): (_, Vec<(String, &Value)>) = match value {
        Value::Object(members) => (
            Some(members.keys().cloned().collect()),
            members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        ),
        Value::Array(list) => {
            (None, list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect())
        }
        _ => return Vec::new(),
    };
    let within =
        within.into_iter().flat_map(|(step, it)| json_objects(it, format!("{pointer}/{step}")));
    let within: Vec<_> = within.collect();
    own.map(|members| (pointer, members)).into_iter().chain(within).collect()
}

/// The path of a pointer, without the indices in lists.
fn way(pointer: &str) -> String {
    let steps = pointer.split('/').filter(|step| step.parse::<usize>().is_err());
    steps.skip(1).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Form {
        list: Vec<FormListItem>,
    }

    #[derive(Serialize, Deserialize)]
    struct FormListItem {
        id: u8,
        #[serde(default)]
        note: String,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct StrictForm {
        id: u8,
    }

    fn check_example<T: Serialize + DeserializeOwned>(required: &str, example: &str) {
        let file = format!(r#"{{"It": {{"required": {required}, "examples": [{example}]}}}}"#);
        let mut forms = RecordedJsonForms::parse(&file);
        forms.check_round_trip::<T>("It");
        forms.assert_complete();
    }

    #[test]
    fn a_form_is_read_with_more_and_less_members() {
        check_example::<Form>(r#"["list", "list.id"]"#, r#"{"list": [{"id": 1, "note": "a"}]}"#);
    }

    #[test]
    #[should_panic(expected = "the required members are")]
    fn a_new_required_member_is_found() {
        check_example::<Form>(r#"["list"]"#, r#"{"list": [{"id": 1, "note": "a"}]}"#);
    }

    #[test]
    #[should_panic(expected = "is written in another form")]
    fn a_new_member_is_recorded() {
        check_example::<Form>(r#"["list", "list.id"]"#, r#"{"list": [{"id": 1}]}"#);
    }

    #[test]
    #[should_panic(expected = "ofALaterVersion")]
    fn a_type_that_refuses_later_members_is_found() {
        check_example::<StrictForm>(r#"["id"]"#, r#"{"id": 1}"#);
    }

    #[test]
    #[should_panic(expected = "not compared")]
    fn a_recorded_type_is_compared() {
        RecordedJsonForms::parse(r#"{"It": {"required": [], "examples": []}}"#).assert_complete();
    }
}
