//! The content of the database, read beside the server.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use test_guests::postgres::Cluster;

use super::{Place, until};

/// The database of a server.
#[derive(Debug, Clone)]
pub(crate) enum Base {
    Sqlite(PathBuf),
    Postgres(Arc<Cluster>, String),
}

impl Base {
    /// The file that a place has when nothing else is set.
    pub(crate) fn file_of(place: &Place) -> Self {
        Self::Sqlite(place.path("data/config.db"))
    }

    /// A connection of its own to a file.
    pub(crate) async fn connect(&self) -> SqliteConnection {
        let Self::Sqlite(path) = self else {
            panic!("{self:?} is not a file")
        };
        SqliteConnectOptions::new().filename(path).connect().await.unwrap()
    }

    /// The ids of all events and callbacks that were ever received.
    pub(crate) async fn receipts(&self) -> HashSet<String> {
        self.lines("select key from receipts where kind = 'event'")
            .await
            .into_iter()
            .collect()
    }

    /// The schedules that a server has looked at: plugin, application, task and how many times were missed.
    pub(crate) async fn schedules(&self) -> Vec<String> {
        self.lines("select plugin || ' ' || app || ' ' || task || ' ' || missed from schedules order by 1")
            .await
    }

    /// For each time of a schedule the number of its tasks.
    pub(crate) async fn scheduled(&self) -> Vec<String> {
        self.lines(
            "select count(*) || '' from deliveries where requested_by = '@schedule' group by task_name, app, due_at_ms",
        )
        .await
    }

    /// How often the counter has counted, by key.
    pub(crate) async fn counted(&self) -> HashMap<String, u32> {
        let query = match self {
            Self::Sqlite(_) => "select key || ' ' || cast(value as text) from kv where plugin = 'counter'",
            Self::Postgres(..) => "select key || ' ' || convert_from(value, 'UTF8') from kv where plugin = 'counter'",
        };
        let rows = self.lines(query).await.into_iter();
        rows.map(|row| {
            let (key, number) = row.rsplit_once(' ').unwrap();
            (key.to_owned(), number.parse().unwrap())
        })
        .collect()
    }

    /// How the attempts of the only dead letter ended, with commas between.
    pub(crate) async fn outcomes_of_the_dead(&self) -> String {
        let outcomes = "select a.outcome from attempts a join deliveries d on d.id = a.delivery
                        where d.state = 'dead' order by a.number, a.started_at_ms";
        self.lines(outcomes).await.join(",")
    }

    /// Waits until nothing is left to do, and tells how many deliveries came to another end than `done`. What is left after
    /// hundreds of kills takes its time on a busy machine, but it must become less.
    pub(crate) async fn until_at_rest(&self) -> u32 {
        let mut left = self.open().await;
        while left > 0 {
            let kinds = "select kind || ' ' || state || ' ' || count(*) || ', attempt ' || max(attempt)
                         from deliveries group by kind, state";
            let what = format!("less than {left} open deliveries of {:?}", self.lines(kinds).await);
            left = until(&what, async || Some(self.open().await).filter(|now| *now < left)).await;
        }
        let other = "select count(*) || '' from deliveries where state <> 'done'";
        self.lines(other).await.concat().parse().unwrap()
    }

    /// Deliveries that are not at their end.
    async fn open(&self) -> u32 {
        let open = "select count(*) || '' from deliveries where state in ('ready', 'running', 'retry_wait')";
        self.lines(open).await.concat().parse().unwrap()
    }

    /// The rows of a query for one text column.
    async fn lines(&self, query: &'static str) -> Vec<String> {
        match self {
            Self::Sqlite(_) => {
                let mut connection = self.connect().await;
                let rows = sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                rows
            }
            Self::Postgres(cluster, url) => cluster.ask(url, query).lines().map(str::to_owned).collect(),
        }
    }
}
