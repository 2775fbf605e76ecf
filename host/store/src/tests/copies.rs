//! A SQLite database that is copied into a PostgreSQL: every table, every row, every column.

use sqlx::{Row, SqlitePool, sqlite::SqlitePoolOptions};

use super::*;

/// More than are copied at a time.
const ROWS: i64 = 450;

/// Not copied, each for its reason: numbers of this file alone, or what the other database makes by itself.
const LEFT_OUT: [&str; 7] = [
    "_sqlx_migrations",
    "sqlite_sequence",
    "leases",
    "receipt_keys",
    "receipts_indexed",
    "kv_version",
    "kv_usage",
];

/// Columns that each database numbers for itself, and what belongs to a server that is gone.
const OWN: [(&str, &str); 4] = [
    ("receipts", "id"),
    ("kv", "id"),
    ("deliveries", "lease_node"),
    ("deliveries", "lease_until_ms"),
];

async fn pool(database: &TestDatabase) -> SqlitePool {
    let TestDatabase::File(folder) = database else {
        unreachable!("the database is a file")
    };
    let url = format!("sqlite:{}", folder.path().join("config.db").display());
    SqlitePoolOptions::new().max_connections(1).connect(&url).await.unwrap()
}

/// Of each table, its columns with their types.
async fn tables(pool: &SqlitePool) -> Vec<(String, Vec<(String, String)>)> {
    let names: Vec<String> = sqlx::query_scalar("select name from sqlite_master where type = 'table' order by name")
        .fetch_all(pool)
        .await
        .unwrap();
    let mut tables = Vec::new();
    for name in names.into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str())) {
        let columns: Vec<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select name, lower(type) from pragma_table_info('{name}')"
        )))
        .fetch_all(pool)
        .await
        .unwrap();
        let columns = columns
            .into_iter()
            .filter(|(column, _)| !OWN.contains(&(name.as_str(), column.as_str())));
        tables.push((name.clone(), columns.collect()));
    }
    tables
}

/// Every column of every row has something in it; texts have a NUL.
async fn fill(pool: &SqlitePool) {
    for (table, columns) in tables(pool).await {
        let values: Vec<_> = columns
            .iter()
            .map(|(column, kind)| match (column.as_str(), kind.as_str()) {
                ("kind", _) => "'event'".to_owned(),
                ("state", _) => "'dead'".to_owned(),
                (_, "text") => "'x' || i || char(0) || 'y'".to_owned(),
                (_, "blob") => "randomblob(20)".to_owned(),
                _ => "i".to_owned(),
            })
            .collect();
        let names: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let statement = format!(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < {ROWS})
             insert into {table} ({}) select {} from n",
            names.join(", "),
            values.join(", ")
        );
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(pool).await.unwrap();
    }
}

/// The rows as texts, sorted.
macro_rules! contents {
    ($pool:expr, $table:expr, $columns:expr, $bytes:literal) => {{
        let cells: Vec<_> = $columns
            .iter()
            .map(|(column, kind)| match kind.as_str() {
                "blob" => format!($bytes, column),
                _ => format!("cast({column} as text)"),
            })
            .collect();
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {} from {}",
            cells.join(", "),
            $table
        )))
        .fetch_all($pool)
        .await
        .unwrap_or_else(|error| panic!("{} is not in PostgreSQL as it is in SQLite: {error}", $table));
        let row = |row: &_| -> Vec<String> {
            (0..$columns.len())
                .map(|index| {
                    Row::get::<Option<String>, _>(row, index)
                        .unwrap_or_default()
                        .replace('\0', "\u{fffd}")
                })
                .collect()
        };
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        rows.sort();
        rows
    }};
}

#[tokio::test]
async fn every_table_is_copied_with_all_that_is_in_it() {
    let Some(server) = TestDatabase::server() else { return };
    let file = TestDatabase::file();
    file.open().await.close().await;
    let pool = pool(&file).await;
    fill(&pool).await;
    let (from, to) = (reopened(&file).await, server.open().await);
    from.copy_to(&to).await.unwrap();
    let Backend::Postgres(readers) = &*to.readers else {
        unreachable!("the database is a server")
    };
    for (table, columns) in tables(&pool).await {
        let there = contents!(&pool, table, columns, "hex({})");
        let here = contents!(readers, table, columns, "upper(encode({}, 'hex'))");
        assert_eq!(there.len(), usize::try_from(ROWS).unwrap(), "{table}");
        assert!(there == here, "{table} differs: {:?} {:?}", there.first(), here.first());
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_copied_is_named_and_leaves_nothing_behind() {
    let Some(server) = TestDatabase::server() else { return };
    let file = TestDatabase::file();
    file.open().await.close().await;
    let pool = pool(&file).await;
    fill(&pool).await;
    let spoil = |value: &'static str| {
        let pool = pool.clone();
        async move {
            let statement = format!("update deliveries set attempt = {value} where id = 250");
            sqlx::query(sqlx::AssertSqlSafe(statement))
                .execute(&pool)
                .await
                .unwrap();
        }
    };
    // PostgreSQL has 32 bits for it.
    spoil("9999999999").await;
    let (from, to) = (reopened(&file).await, server.open().await);
    let refused = from.copy_to(&to).await.unwrap_err().to_string();
    assert!(refused.contains("row 250 of deliveries"), "{refused}");
    spoil("1").await;
    from.copy_to(&to).await.unwrap();
}
