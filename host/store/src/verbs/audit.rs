//! Record of the operators' changes: begun before anything changes, and ended with what became of it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    backend::{on_backend, on_session},
    error::StoreError,
    rows::{
        numbers::{millis, signed},
        text::storable,
    },
    store::Store,
};

/// Changes that one list shows at most.
pub const AUDIT_ROWS_MAX: u32 = 500;

/// Changes shown beside an event or a plugin.
const TOUCHED_SHOWN: i64 = 20;

/// A change that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Role of whoever makes it.
    pub role: &'static str,
    /// Name that the client gave.
    pub name: Option<String>,
    /// Way by which it came.
    pub way: &'static str,
    /// Address of the client.
    pub peer: Option<String>,
    /// The command.
    pub command: String,
    /// Its arguments, JSON.
    pub arguments: String,
    /// What it names: events, deliveries, plugins.
    pub touched: Vec<(Touched, String)>,
}

/// Kind of what a change touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// An event, by its number.
    Event,
    /// A delivery, by its number.
    Delivery,
    /// A plugin, by its name.
    Plugin,
}

impl Touched {
    fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Delivery => "delivery",
            Self::Plugin => "plugin",
        }
    }
}

/// A change on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditRow {
    /// Its number, which is the cursor too.
    pub id: i64,
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The server that made it, or the process of the command line.
    pub node: String,
    /// `operator` or `viewer`.
    pub role: String,
    /// Name that the client gave; nothing proves it.
    pub name: Option<String>,
    /// `api`, `console` or `command_line`.
    pub way: String,
    /// Address of the client.
    pub peer: Option<String>,
    /// The command.
    pub command: String,
    /// Its arguments, without secrets and shortened.
    pub arguments: Value,
    /// `done`, `refused` or `failed`; none while it runs, and for ever if its server was gone before the end.
    pub outcome: Option<String>,
    /// Counts, or the error.
    pub result: Option<Value>,
    /// How long it took.
    pub took_ms: Option<u64>,
}

/// Query for changes; absent fields do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// The command.
    pub command: Option<String>,
    /// The name that the client gave.
    pub name: Option<String>,
    /// How it ended; `running` for what has no end.
    pub outcome: Option<String>,
    /// At this time or later, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// Before this time.
    pub until_ms: Option<u64>,
    /// Touched this.
    pub touched: Option<(Touched, String)>,
    /// Only those with a smaller number.
    pub before: Option<i64>,
    /// Rows, [`AUDIT_ROWS_MAX`] at most.
    pub limit: u32,
}

const BEGIN: &str = "insert into audit (at_ms, node, role, name, way, peer, command, arguments)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning id";

const TOUCH: &str = "insert into audit_touched (kind, key, audit) values ($1, $2, $3) on conflict do nothing";

const END: &str = "update audit set outcome = $2, result = $3, took_ms = $4 where id = $1";

const LIST: &str = "select id, at_ms, node, role, name, way, peer, command, arguments, outcome, result, took_ms
    from audit a
    where ($1 is null or command = $1) and ($2 is null or name = $2)
      and ($3 is null or coalesce(outcome, 'running') = $3)
      and ($4 is null or at_ms >= $4) and ($5 is null or at_ms < $5)
      and ($6 is null or exists (
          select 1 from audit_touched t where t.kind = $6 and t.key = $7 and t.audit = a.id))
      and id < $8
    order by id desc limit $9";

const OF_EVENT: &str = "select id, at_ms, node, role, name, way, peer, command, arguments, outcome, result, took_ms
    from audit where id in (
        select audit from audit_touched where kind = 'event' and key = cast($1 as text)
        union
        select t.audit from deliveries d
        join audit_touched t on t.kind = 'delivery' and t.key = cast(d.id as text)
        where d.event = $1)
    order by id desc limit $2";

type AuditColumns = (
    i64,
    i64,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
);

impl Store {
    /// Records that a change is about to be made; returns its number.
    ///
    /// # Errors
    /// When it was not committed; the change must not be made then.
    pub async fn begin_audit(&self, new: NewAudit) -> Result<i64, StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    on_session!(&mut *session, connection => {
                        let id: i64 = sqlx::query_scalar(BEGIN)
                            .bind(signed(new.at_ms))
                            .bind(node)
                            .bind(new.role)
                            .bind(new.name.as_deref().map(|name| storable(name).into_owned()))
                            .bind(new.way)
                            .bind(new.peer)
                            .bind(storable(&new.command).into_owned())
                            .bind(storable(&new.arguments).into_owned())
                            .fetch_one(&mut *connection)
                            .await?;
                        for (kind, key) in new.touched {
                            sqlx::query(TOUCH)
                                .bind(kind.word())
                                .bind(storable(&key).into_owned())
                                .bind(id)
                                .execute(&mut *connection)
                                .await?;
                        }
                        Ok(id)
                    })
                })
            })
            .await
    }

    /// Records what a change touches, beyond what it names.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn touch_audit(&self, id: i64, kind: Touched, keys: Vec<i64>) -> Result<(), StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    on_session!(&mut *session, connection => {
                        for key in keys {
                            sqlx::query(TOUCH)
                                .bind(kind.word())
                                .bind(key.to_string())
                                .bind(id)
                                .execute(&mut *connection)
                                .await?;
                        }
                        Ok(())
                    })
                })
            })
            .await
    }

    /// Records how a change ended.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn end_audit(
        &self,
        id: i64,
        outcome: &'static str,
        result: String,
        took_ms: u64,
    ) -> Result<(), StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    on_session!(&mut *session, connection => {
                        sqlx::query(END)
                            .bind(id)
                            .bind(outcome)
                            .bind(storable(&result).into_owned())
                            .bind(signed(took_ms))
                            .execute(connection)
                            .await
                            .map(|_| ())
                    })
                })
            })
            .await
    }

    /// Lists changes, the newest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        let (kind, key) = match &query.touched {
            Some((kind, key)) => (Some(kind.word()), Some(key.clone())),
            None => (None, None),
        };
        let rows: Vec<AuditColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(LIST)
                        .bind(query.command.clone())
                        .bind(query.name.clone())
                        .bind(query.outcome.clone())
                        .bind(query.since_ms.map(signed))
                        .bind(query.until_ms.map(signed))
                        .bind(kind)
                        .bind(key)
                        // Never absent, so that the primary key leads to the rows.
                        .bind(query.before.unwrap_or(i64::MAX))
                        .bind(i64::from(query.limit.clamp(1, AUDIT_ROWS_MAX)))
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("reading the record of changes"))?;
        Ok(rows.into_iter().map(row).collect())
    }

    /// The last changes that touched an event or one of its deliveries.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn audit_of_event(&self, number: i64) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<AuditColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(OF_EVENT).bind(number).bind(TOUCHED_SHOWN).fetch_all(readers).await
                })
            })
            .await
            .map_err(StoreError::database("reading the record of changes"))?;
        Ok(rows.into_iter().map(row).collect())
    }
}

fn row(columns: AuditColumns) -> AuditRow {
    let (id, at, node, role, name, way, peer, command, arguments, outcome, result, took) = columns;
    AuditRow {
        id,
        at_ms: millis(at),
        node,
        role,
        name,
        way,
        peer,
        command,
        arguments: serde_json::from_str(&arguments).unwrap_or(Value::Null),
        outcome,
        result: result.and_then(|result| serde_json::from_str(&result).ok()),
        took_ms: took.map(millis),
    }
}
