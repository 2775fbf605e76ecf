//! Statements over many rows at once, with a parameter for each value.
//!
//! The rows of a batch could be one JSON array for `json_each`, but SQLite reads the whole text of a row again for each of
//! its columns: a receipt and a payload of 1.2 KB took 24 µs so, and take 12 µs as parameters.

use std::fmt::Write as _;

use super::direct::{Bound, Direct};

/// Rows of one statement at most; whoever has more asks for several.
pub(super) const ROWS_MAX: usize = 512;

/// A statement that reads rows: as the table `rows`, whose columns are `column1`, `column2`, …
///
/// Each number of rows needs a text of its own, so there is one for 1, 2, 4 … 512. The rows that are missing are null, and
/// `column1 is not null` passes them over.
#[derive(Debug)]
pub(super) struct Rows {
    before: &'static str,
    columns: usize,
    after: &'static str,
}

impl Rows {
    /// Between both parts come the rows, in parentheses.
    pub(super) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self { before, columns, after }
    }

    /// The statement for so many rows, at most [`ROWS_MAX`]. To be bound are first the parameters of the part before the
    /// rows, then the columns of one row after the other.
    pub(super) fn query<'d, 'v>(
        &'static self,
        direct: &'d mut Direct<'_>,
        rows: usize,
    ) -> Result<Bound<'d, 'v>, sqlx::Error> {
        let room = rows.clamp(1, ROWS_MAX).next_power_of_two();
        direct.made(self, room, || self.text(room).into())
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

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqliteConnection};

    use super::{ROWS_MAX, Rows};
    use crate::sqlite::direct::Connection;

    #[tokio::test]
    async fn any_number_of_rows_is_inserted_and_no_other() {
        static INSERT: Rows = Rows::new(
            "insert into things (number, name, owner) select column1, column2, ? from",
            2,
            "where column1 is not null",
        );
        let mut connection = Connection::new(SqliteConnection::connect("sqlite::memory:").await.unwrap());
        sqlx::raw_sql("create table things (number integer not null, name text, owner text not null)")
            .execute(connection.sqlx())
            .await
            .unwrap();
        let mut inserted = 0;
        for rows in [1, 2, 3, 7, 8, 9, 500, ROWS_MAX] {
            let direct = &mut connection.direct().await.unwrap();
            let mut query = INSERT.query(direct, rows).unwrap();
            query.bind("anna");
            for number in 0..rows {
                query.bind(number as i64).bind((number > 0).then_some("name"));
            }
            assert_eq!(query.execute().unwrap().rows_affected, rows as u64);
            inserted += rows as i64;
        }
        let count: (i64, i64) = sqlx::query_as("select count(*), count(distinct owner) from things")
            .fetch_one(connection.sqlx())
            .await
            .unwrap();
        assert_eq!(count, (inserted, 1));
    }
}
