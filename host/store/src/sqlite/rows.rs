//! Statements over many rows at once, with a parameter for each value.
//!
//! The rows of a batch could be one JSON array for `json_each`, but SQLite reads the whole text of a row again for each of
//! its columns: a receipt and a payload of 1.2 KB took 24 µs so, and take 12 µs as parameters.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use sqlx::{AssertSqlSafe, Sqlite, query::Query, sqlite::SqliteArguments};

/// Rows of one statement at most; whoever has more asks for several.
pub(super) const ROWS_MAX: usize = 1 << (STEPS - 1);

/// 1, 2, 4 … 512 rows: each number of rows needs a text of its own, and each text is prepared once and kept.
const STEPS: usize = 10;

/// A statement that reads rows: as the table `rows`, whose columns are `column1`, `column2`, …
///
/// Its text has room for a power of two. The rows that are missing are null, and `column1 is not null` passes them over.
#[derive(Debug)]
pub(super) struct Rows {
    before: &'static str,
    columns: usize,
    after: &'static str,
    texts: [OnceLock<Arc<str>>; STEPS],
}

impl Rows {
    /// Between both parts come the rows, in parentheses.
    pub(super) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self {
            before,
            columns,
            after,
            texts: [const { OnceLock::new() }; STEPS],
        }
    }

    /// The statement for so many rows, at most [`ROWS_MAX`]. To be bound are first the parameters of the part before the
    /// rows, then the columns of one row after the other.
    pub(super) fn query(&'static self, rows: usize) -> Query<'static, Sqlite, SqliteArguments> {
        let room = rows.clamp(1, ROWS_MAX).next_power_of_two();
        let text = self.texts.get(room.ilog2() as usize);
        let text = text.map_or_else(
            || self.text(room).into(),
            |text| Arc::clone(text.get_or_init(|| self.text(room).into())),
        );
        // Made of constants and question marks.
        sqlx::query(AssertSqlSafe(text))
    }

    fn text(&self, room: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(", "));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{} (values {}) {}",
            self.before,
            vec![row; room].join(", "),
            self.after
        );
        text
    }
}

/// Texts that many rows of a batch have, made once: a text that is bound as `&str` is copied for each row.
#[derive(Default)]
pub(super) struct Texts(Vec<(&'static str, Arc<str>)>);

impl Texts {
    pub(super) fn of(&mut self, text: &'static str) -> Arc<str> {
        if let Some((_, made)) = self.0.iter().find(|(known, _)| *known == text) {
            return Arc::clone(made);
        }
        let made: Arc<str> = text.into();
        self.0.push((text, Arc::clone(&made)));
        made
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqliteConnection};

    use super::{ROWS_MAX, Rows};

    #[tokio::test]
    async fn any_number_of_rows_is_inserted_and_no_other() {
        static INSERT: Rows = Rows::new(
            "insert into things (number, name, owner) select column1, column2, ? from",
            2,
            "where column1 is not null",
        );
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql("create table things (number integer not null, name text, owner text not null)")
            .execute(&mut connection)
            .await
            .unwrap();
        let mut inserted = 0;
        for rows in [1, 2, 3, 7, 8, 9, 500, ROWS_MAX] {
            let mut query = INSERT.query(rows).bind("anna");
            for number in 0..rows {
                query = query.bind(number as i64).bind((number > 0).then_some("name"));
            }
            let done = query.execute(&mut connection).await.unwrap();
            assert_eq!(done.rows_affected(), rows as u64);
            inserted += rows as i64;
        }
        let count: (i64, i64) = sqlx::query_as("select count(*), count(distinct owner) from things")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, (inserted, 1));
    }
}
