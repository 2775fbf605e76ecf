//! Erasure of the data of a person, by the ids that Lark gives them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, OperateError};

/// Erasure of a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Erase {
    /// Ids of the person: `ou_…` of each application, `on_…`.
    pub users: Vec<String>,
    /// Only count the matches.
    pub dry_run: bool,
}

/// A shorter one would be part of many texts that are about somebody else.
const ID_SYMBOLS_MIN: usize = 6;
/// Each id is a walk through the whole database.
const IDS_MAX: usize = 32;

impl Erase {
    /// The counts of all ids together.
    pub(super) async fn execute(&self, context: Context<'_>) -> Result<Value, OperateError> {
        if self.users.is_empty() || self.users.len() > IDS_MAX {
            return Err(OperateError::Persons { ids_max: IDS_MAX });
        }
        if let Some(id) = self.users.iter().find(|id| !is_id(id)) {
            return Err(OperateError::Person { id: id.clone() });
        }
        let mut counts = serde_json::Map::new();
        let mut sum = 0;
        for user in &self.users {
            let erased = context.store.erase(user, self.dry_run, context.now_ms).await?;
            for (what, count) in json!(erased).as_object().into_iter().flatten() {
                let count = count.as_u64().unwrap_or_default();
                let before = counts.get(what).and_then(Value::as_u64).unwrap_or_default();
                counts.insert(what.clone(), json!(before + count));
                sum += count;
            }
        }
        Ok(if self.dry_run {
            json!({"count": sum, "dry_run": true, "would_erase": counts})
        } else {
            json!({"erased": counts})
        })
    }
}

fn is_id(id: &str) -> bool {
    let is_of_lark = id.starts_with("ou_") || id.starts_with("on_");
    let is_plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    is_of_lark && is_plain && id.len() >= ID_SYMBOLS_MIN
}

/// Without the ids.
impl fmt::Debug for Erase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erase")
            .field("users", &self.users.len())
            .field("dry_run", &self.dry_run)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_that_lark_gives_to_a_person() {
        for id in ["ou_anna", "on_8ed6aa67826108097d9ee143816345"] {
            assert!(is_id(id), "{id}");
        }
        for id in ["", "ou_", "ou_a", "oc_a_chat", "Anna", "ou_ann%", "ou_an'na"] {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn the_log_does_not_get_the_id() {
        let erase = Erase {
            users: vec!["ou_anna".to_owned()],
            dry_run: false,
        };
        assert!(!format!("{erase:?}").contains("anna"));
    }
}
