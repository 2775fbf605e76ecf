//! Statements on a connection that `sqlx` uses, too.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Connection, Value};

const INSERT: &str = "insert into things (number, text) values (?, ?)";

async fn with_things() -> Connection {
    let sqlx = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let mut connection = Connection::new(sqlx);
    sqlx::raw_sql("create table things (number integer unique, text text)")
        .execute(connection.sqlx())
        .await
        .unwrap();
    connection
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Into::into)
}

#[tokio::test]
async fn every_value_is_stored_as_it_is() {
    let mut connection = with_things().await;
    let long = "你好\0".repeat(100_000);
    let values: [(Option<i64>, Option<&str>); 5] = [
        (Some(i64::MIN), Some("")),
        (Some(i64::MAX), Some("\0a\0")),
        (Some(0), None),
        (None, Some("'; drop table things; --")),
        (None, Some(&long)),
    ];
    for (row, (number, text)) in (1..).zip(values) {
        let direct = &mut connection.direct().await.unwrap();
        let mut query = direct.statement(INSERT).unwrap();
        query.bind(number).bind(text);
        let done = query.execute().unwrap();
        assert_eq!((done.rows_affected, done.last_insert_rowid), (1, row));
    }
    let rows: Vec<(Option<i64>, Option<String>)> = sqlx::query_as("select number, text from things order by rowid")
        .fetch_all(connection.sqlx())
        .await
        .unwrap();
    let rows: Vec<_> = rows.iter().map(|(number, text)| (*number, text.as_deref())).collect();
    assert_eq!(rows, values);
    let read = "select number, number, 7 from things where number < ? order by number";
    let direct = &mut connection.direct().await.unwrap();
    let mut query = direct.statement(read).unwrap();
    query.bind(1_i64);
    assert_eq!(query.numbers().unwrap(), [[i64::MIN, i64::MIN, 7], [0, 0, 7]]);
}

#[tokio::test]
async fn nothing_is_left_of_the_values_before() {
    let mut connection = with_things().await;
    for value in [Value::Number(1), Value::Null] {
        let text = "gone by the next time".to_owned();
        let direct = &mut connection.direct().await.unwrap();
        let mut query = direct.statement(INSERT).unwrap();
        query.bind(value);
        if !matches!(value, Value::Null) {
            query.bind(&*text);
        }
        query.execute().unwrap();
    }
    let texts: Vec<Option<String>> = sqlx::query_scalar("select text from things order by rowid")
        .fetch_all(connection.sqlx())
        .await
        .unwrap();
    assert_eq!(texts, [Some("gone by the next time".to_owned()), None]);
}

#[tokio::test]
async fn an_error_is_the_one_that_sqlx_tells_and_leaves_the_statement_usable() {
    let mut connection = with_things().await;
    for number in [1_i64, 1, 2] {
        let ours = {
            let direct = &mut connection.direct().await.unwrap();
            let mut query = direct.statement(INSERT).unwrap();
            query.bind(number);
            query.execute()
        };
        let theirs = sqlx::query(INSERT)
            .bind(number)
            .execute(connection.sqlx())
            .await
            .unwrap_err();
        if let Err(ours) = ours {
            assert_eq!(ours.to_string(), theirs.to_string());
            assert_eq!(code(&ours), code(&theirs));
            assert_eq!(code(&ours).as_deref(), Some("2067"));
        }
    }
    let direct = &mut connection.direct().await.unwrap();
    let wrong = direct.statement("insert into nobody values (1)").unwrap_err();
    assert!(wrong.to_string().contains("no such table: nobody"), "{wrong}");
    let mut query = direct.statement("delete from things").unwrap();
    query.bind("more than it has");
    assert_eq!(code(&query.execute().unwrap_err()).as_deref(), Some("25"));
    assert_eq!(
        direct
            .statement("delete from things")
            .unwrap()
            .execute()
            .unwrap()
            .rows_affected,
        2
    );
}

#[tokio::test]
async fn a_file_that_somebody_else_has_locked_is_told_as_busy() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("file"))
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(1));
    let mut other = options.connect().await.unwrap();
    let mut connection = Connection::new(options.connect().await.unwrap());
    for is_locked in [true, false] {
        let statement = if is_locked { "begin immediate" } else { "rollback" };
        sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        let begun = connection
            .direct()
            .await
            .unwrap()
            .statement("begin immediate")
            .unwrap()
            .execute();
        assert_eq!(begun.is_err(), is_locked);
        if let Err(busy) = begun {
            assert_eq!(code(&busy).as_deref(), Some("5"));
        }
    }
}

/// SQLite refuses to close a connection that has statements, and then the thread of `sqlx` panics.
#[tokio::test]
async fn a_connection_is_closed_and_dropped_whatever_came_last() {
    for round in 0..40 {
        let mut connection = with_things().await;
        for number in [7_i64, 8] {
            let direct = &mut connection.direct().await.unwrap();
            let mut query = direct.statement(INSERT).unwrap();
            query.bind(number);
            query.execute().unwrap();
        }
        if round % 2 == 0 {
            sqlx::query(INSERT)
                .bind(7)
                .execute(connection.sqlx())
                .await
                .unwrap_err();
        }
        if round % 4 < 2 {
            connection.close().await.unwrap();
        }
    }
}
