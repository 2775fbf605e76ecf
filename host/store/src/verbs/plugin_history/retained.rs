//! Which versions keep their bytes, and which are forgotten.

use std::collections::BTreeSet;

use crate::{
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
    writer::queue::in_transaction,
};

/// Versions of one plugin that are kept with bytes and settings: some weeks of daily releases.
pub const VERSIONS_KEPT: usize = 20;

/// Bytes of one plugin's components that are kept. An interpreter has 20 MiB, so that this is a dozen of them.
const BYTES_KEPT_MAX: u64 = 256 << 20;

/// Whatever their size and however often the settings change, so many components are kept: the one that serves, and the one
/// to go back to.
const COMPONENTS_MIN: usize = 2;

/// Versions of one plugin that are known by name; attempts in the database may be of any of them.
const ROWS_MAX: usize = 200;

/// A version, the one that served last first.
struct Ranked {
    number: i64,
    hash: String,
    wasm_bytes: u64,
    is_ordered: bool,
    /// Whether it serves beside a canary, which may be the last of many.
    is_beside: bool,
}

/// The numbers whose bytes are to go, and those that are to go altogether.
fn too_many(ranked: &[Ranked]) -> (Vec<i64>, Vec<i64>) {
    let (mut bytes, mut hashes) = (0_u64, BTreeSet::new());
    let (mut stripped, mut forgotten) = (Vec::new(), Vec::new());
    for (place, version) in ranked.iter().enumerate() {
        let is_new = hashes.insert(&version.hash);
        if is_new {
            bytes = bytes.saturating_add(version.wasm_bytes);
        }
        let is_needed = is_new && (version.is_beside || hashes.len() <= COMPONENTS_MIN);
        let is_kept = is_needed || (place < VERSIONS_KEPT && bytes <= BYTES_KEPT_MAX);
        if is_kept || version.is_ordered {
            continue;
        }
        if place < ROWS_MAX {
            stripped.push(version.number);
        } else {
            forgotten.push(version.number);
        }
    }
    (stripped, forgotten)
}

impl Store {
    /// Forgets what is more than is kept of a plugin.
    pub(super) async fn retain_plugin(&self, plugin: &str, beside: Option<&str>) -> Result<(), StoreError> {
        let (plugin, beside) = (plugin.to_owned(), beside.map(str::to_owned));
        in_transaction!(self, connection => {
            let rows: Vec<(i64, String, i64, i64)> = sqlx::query_as(
                "select h.number, h.hash, h.wasm_bytes,
                        (select count(*) from plugin_orders o where o.plugin = h.plugin and o.number = h.number)
                 from plugin_history h where h.plugin = $1 order by h.last_served_ms desc, h.number desc",
            )
            .bind(&plugin)
            .fetch_all(&mut *connection)
            .await?;
            let ranked: Vec<_> = rows
                .into_iter()
                .map(|(number, hash, bytes, orders)| Ranked {
                    number,
                    is_beside: beside.as_ref() == Some(&hash),
                    hash,
                    wasm_bytes: millis(bytes),
                    is_ordered: orders > 0,
                })
                .collect();
            let (stripped, forgotten) = too_many(&ranked);
            if stripped.is_empty() && forgotten.is_empty() {
                return Ok(());
            }
            for number in stripped {
                sqlx::query(
                    "update plugin_history set is_kept = 0, settings = null
                     where plugin = $1 and number = $2 and is_kept <> 0",
                )
                .bind(&plugin)
                .bind(number)
                .execute(&mut *connection)
                .await?;
            }
            for number in forgotten {
                sqlx::query("delete from plugin_history where plugin = $1 and number = $2")
                    .bind(&plugin)
                    .bind(number)
                    .execute(&mut *connection)
                    .await?;
            }
            // Also of another plugin or by another server the same bytes may be kept, or be on their way.
            sqlx::query(
                "delete from plugin_parts where not exists
                     (select 1 from plugin_history h where h.hash = plugin_parts.hash and h.is_kept <> $1)",
            )
            .bind(signed(0))
            .execute(connection)
            .await
            .map(|_| ())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(count: i64, wasm_bytes: u64) -> Vec<Ranked> {
        let of = |number: i64| Ranked {
            number,
            hash: number.to_string(),
            wasm_bytes,
            is_ordered: number == 150,
            is_beside: false,
        };
        (1..=count).map(of).collect()
    }

    #[test]
    fn the_last_twenty_keep_their_bytes_and_two_hundred_their_names() {
        let (stripped, forgotten) = too_many(&ranked(203, 1));
        assert_eq!(stripped, (21..=200).filter(|number| *number != 150).collect::<Vec<_>>());
        assert_eq!(forgotten, [201, 202, 203]);
        assert_eq!(too_many(&ranked(20, 1)), (vec![], vec![]));
    }

    #[test]
    fn large_ones_are_fewer_but_there_is_always_one_to_go_back_to() {
        assert_eq!(too_many(&ranked(5, 100 << 20)).0, [3, 4, 5]);
        assert_eq!(too_many(&ranked(3, 1 << 30)).0, [3]);
    }

    #[test]
    fn what_serves_beside_a_canary_stays_however_many_canaries_there_were() {
        let mut ranked = ranked(230, 100 << 20);
        ranked[220].is_beside = true;
        let (stripped, forgotten) = too_many(&ranked);
        assert!(!stripped.contains(&221) && !forgotten.contains(&221));
        assert!(stripped.contains(&3) && forgotten.contains(&222));
    }

    #[test]
    fn the_same_bytes_with_other_settings_count_once() {
        let mut ranked = ranked(5, 200 << 20);
        for version in &mut ranked {
            version.hash = "same".to_owned();
        }
        assert_eq!(too_many(&ranked).0, Vec::<i64>::new());
    }

    #[test]
    fn the_component_before_stays_however_often_the_settings_have_changed() {
        let mut ranked = ranked(250, 1);
        for version in ranked.iter_mut().take(240) {
            version.hash = "same".to_owned();
        }
        let (stripped, forgotten) = too_many(&ranked);
        assert!(!stripped.contains(&241) && !forgotten.contains(&241));
        assert!(stripped.contains(&21) && forgotten.contains(&242));
    }
}
