//! Schedules: which there are, and steps that only one of all servers makes.

use sqlx::Row as _;

use crate::{
    backend::{Backend, Session, on_backend, on_session},
    error::StoreError,
    postgres,
    rows::{
        numbers::{millis, signed},
        schedules::{ScheduleRow, ScheduleStep},
        task_group::TaskGroup,
        tasks::NewTasks,
    },
    sqlite,
    store::Store,
    writer::queue::in_transaction,
};

const ALL: &str = "select plugin, app, task, times, after_ms, seen_ms, last_ms, missed from schedules
    order by plugin, app, task";

const BEGIN: &str =
    "insert into schedules (plugin, app, task, times, after_ms, seen_ms) values ($1, $2, $3, $4, $5, $5)
    on conflict (plugin, app, task) do nothing";

/// Not if somebody else was first: then the row is another one.
const STEP: &str = "update schedules
    set times = $4, after_ms = $5, seen_ms = $6, last_ms = coalesce($7, last_ms), missed = missed + $8
    where plugin = $1 and app = $2 and task = $3 and times = $9 and after_ms = $10";

impl Store {
    /// All schedules that a server has looked at, by plugin, application and task.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        self.read("reading schedules", async {
            on_backend!(&*self.readers, readers => {
                let rows = sqlx::query(ALL).fetch_all(readers).await?;
                rows.iter()
                    .map(|row| {
                        Ok(ScheduleRow {
                            plugin: row.try_get("plugin")?,
                            app: row.try_get("app")?,
                            task: row.try_get("task")?,
                            times: row.try_get("times")?,
                            after_ms: millis(row.try_get("after_ms")?),
                            seen_ms: millis(row.try_get("seen_ms")?),
                            last_ms: row.try_get::<Option<i64>, _>("last_ms")?.map(millis),
                            missed: millis(row.try_get("missed")?),
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Notes a schedule that nobody has looked at before; its times count from now on.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn begin_schedule(
        &self,
        plugin: &str,
        app: &str,
        task: &str,
        times: &str,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let [plugin, app, task, times] = [plugin, app, task, times].map(str::to_owned);
        in_transaction!(self, connection => {
            sqlx::query(BEGIN)
                .bind(plugin)
                .bind(app)
                .bind(task)
                .bind(times)
                .bind(signed(now_ms))
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await
    }

    /// Makes a step, and tells whether this server made it. The task is stored with it, or neither is.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn step_schedule(&self, step: ScheduleStep) -> Result<bool, StoreError> {
        self.queues.step(move |session| Box::pin(make(session, step))).await
    }
}

async fn make(session: &mut Session, step: ScheduleStep) -> Result<bool, sqlx::Error> {
    let before = &step.before;
    let last_ms = step.run.as_ref().map(|task| signed(task.due_at_ms));
    let changed = on_session!(&mut *session, connection => {
        sqlx::query(STEP)
            .bind(&before.plugin)
            .bind(&before.app)
            .bind(&before.task)
            .bind(&step.times)
            .bind(signed(step.after_ms))
            .bind(signed(step.now_ms))
            .bind(last_ms)
            .bind(signed(step.missed))
            .bind(&before.times)
            .bind(signed(before.after_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    let Some(task) = step.run.filter(|_| changed > 0) else {
        return Ok(changed > 0);
    };
    let new = NewTasks {
        app: before.app.clone(),
        tasks: vec![task],
        is_held: false,
        now_ms: step.now_ms,
    };
    let group = TaskGroup::alone(&new);
    match session {
        Backend::Sqlite(session) => sqlite::add_tasks(session, &group, &new.tasks).await?,
        Backend::Postgres(session) => postgres::add_tasks(session, &group, &new.tasks).await?,
    };
    Ok(true)
}
