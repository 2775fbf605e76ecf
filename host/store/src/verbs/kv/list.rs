//! Lists of keys: a range of the index, read in short steps.

use super::KvError;
use super::KvScope;
use crate::{backend::on_backend, rows::numbers::signed, rows::text::storable, store::Store};

/// Rows that one statement reads. A step of so many takes well under a millisecond, and between two of them nobody holds a
/// reader: a question whose caller has left ends there.
const STEP_ROWS: u32 = 1_000;

/// A key, and whether it has expired and is not to be seen.
type Row = (String, bool);

/// A part of the index.
struct Range<'a> {
    plugin: &'a str,
    /// Keys from here on, this one included.
    from: &'a str,
    /// Keys beyond this one.
    after: &'a str,
    /// Keys before this one; absent: to the end of the plugin's.
    to: Option<String>,
}

impl Store {
    /// The keys with a prefix, in byte order, after `after`.
    ///
    /// # Errors
    /// [`KvError::Store`] when the database did not answer.
    pub async fn kv_list(
        &self,
        scope: &KvScope<'_>,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, KvError> {
        let limit = limit as usize;
        let (prefix, mut after) = (storable(prefix), storable(after.unwrap_or_default()).into_owned());
        let mut keys = Vec::new();
        while keys.len() < limit {
            let range = Range {
                plugin: scope.plugin,
                from: &prefix,
                after: &after,
                to: end_of(&prefix),
            };
            let rows = self.kv_step(&range, scope.now_ms).await?;
            let is_last = rows.len() < STEP_ROWS as usize;
            let last = rows.last().map(|(key, _)| key.clone());
            let room = limit - keys.len();
            let seen = rows.into_iter().filter(|(_, is_expired)| !is_expired);
            keys.extend(seen.map(|(key, _)| key).take(room));
            match last {
                Some(last) if !is_last => after = last,
                _ => break,
            }
        }
        Ok(keys)
    }

    async fn kv_step(&self, range: &Range<'_>, now_ms: u64) -> Result<Vec<Row>, KvError> {
        // An end in a condition of its own: with `or` the index would be read to the end of the plugin's keys.
        let statement = match range.to {
            Some(_) => {
                "select key, coalesce(expires_at_ms <= $4, false) from kv
                 where plugin = $1 and key >= $2 and key > $3 and key < $6 order by key limit $5"
            }
            None => {
                "select key, coalesce(expires_at_ms <= $4, false) from kv
                 where plugin = $1 and key >= $2 and key > $3 order by key limit $5"
            }
        };
        let rows = self.read("listing keys", async {
            let _turn = self.plugin_turn().await;
            self.bounded(async {
                on_backend!(&*self.readers, readers => {
                    let query = sqlx::query_as::<_, Row>(statement)
                        .bind(range.plugin)
                        .bind(range.from)
                        .bind(range.after)
                        .bind(signed(now_ms))
                        .bind(i64::from(STEP_ROWS));
                    match &range.to {
                        Some(to) => query.bind(to).fetch_all(readers).await,
                        None => query.fetch_all(readers).await,
                    }
                })
            })
            .await
        });
        Ok(rows.await?)
    }
}

/// The first text in byte order that comes after all that begin with this one; none when there is no such text. The bytes of
/// UTF-8 are in the order of its characters.
fn end_of(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_range_ends_before_the_first_text_that_does_not_begin_with_the_prefix() {
        for (prefix, end) in [
            ("a", Some("b")),
            ("a/", Some("a0")),
            ("\u{7f}", Some("\u{80}")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
            ("", None),
        ] {
            assert_eq!(end_of(prefix).as_deref(), end, "{prefix:?}");
            assert!(end_of(prefix).is_none_or(|end| *prefix < *end && *format!("{prefix}\u{10ffff}") < *end));
        }
    }
}
