//! How many messages were delivered, and how late: as the database tells it.

use sqlx::{Connection as _, SqliteConnection};

use crate::server::Server;

/// Prints what became of the last so many deliveries.
pub(crate) async fn print(server: &Server, last: usize) {
    let url = format!("sqlite:{}?mode=ro", server.database().display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the database is there");
    let mut late_ms: Vec<i64> = sqlx::query_scalar(
        "select max(0, a.started_at_ms - d.due_at_ms) from deliveries d join attempts a on a.delivery = d.id
         where d.id > (select max(id) from deliveries) - $1 order by 1",
    )
    .bind(last as i64)
    .fetch_all(&mut connection)
    .await
    .expect("it has deliveries");
    let (count, took_ms): (i64, i64) = sqlx::query_as(
        "select count(finished_at_ms), max(finished_at_ms) - min(due_at_ms) from deliveries
         where id > (select max(id) from deliveries) - $1",
    )
    .bind(last as i64)
    .fetch_one(&mut connection)
    .await
    .expect("it has deliveries");
    late_ms.sort_unstable();
    let at = |share: f64| late_ms[((late_ms.len() - 1) as f64 * share) as usize];
    println!(
        "The last {count} deliveries: {:.0} a second, begun p50 {} ms, p99 {} ms after they were due.",
        count as f64 / took_ms as f64 * 1e3,
        at(0.5),
        at(0.99),
    );
}
