//! Deliveries: one event or task for one plugin, claimed, tried, and brought to an end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    backend::{Backend, on_backend, on_session},
    error::{Fault, StoreError, chain},
    postgres,
    rows::{
        deliveries::{Claim, Delivery, Finish, Finished, Hold, NOT_STORED, NewLate, Then},
        job::Job,
        numbers::signed,
    },
    sqlite,
    store::Store,
    writer::batch::Write,
};

/// Mark of whether somebody still waits for a write.
struct Wanted(Arc<AtomicBool>);

impl Default for Wanted {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Store {
    /// Takes what is due for a plugin, for this server alone.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn claim(&self, claim: Claim) -> Result<Vec<Delivery>, StoreError> {
        let claimed = self.queues.work(|answer| Write::Claim(Job::new(claim, answer))).await?;
        self.shared.own_leases.keep(claimed.iter().map(Delivery::hold));
        Ok(claimed)
    }

    /// Records an attempt and what follows from it; this server holds the delivery no more. What the database refuses to store
    /// is left out; then the attempt says so, and if others were to follow from it, its delivery is dead.
    ///
    /// # Errors
    /// When it is not known to be committed; then it happens again when the lease has run out.
    pub async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        let hold = Hold {
            delivery: finish.delivery,
            attempt: finish.attempt,
        };
        let mut without = Finish {
            outcome: String::new(),
            error: None,
            plugin_hash: String::new(),
            log: String::new(),
            app: String::new(),
            // What was to follow cannot be stored, so the operator decides.
            then: if finish.tasks.is_empty() {
                finish.then
            } else {
                Then::Dead
            },
            tasks: Vec::new(),
            ..finish
        };
        let mut finished = self.queues.work(|answer| Write::Finish(Job::new(finish, answer))).await;
        if let Err(refused) = &finished
            && refused.fault() == Fault::Row
        {
            // It would be refused after each further attempt too.
            without.outcome = NOT_STORED.to_owned();
            without.error = Some(format!(
                "what came of this attempt cannot be stored: {}",
                chain(refused)
            ));
            finished = self
                .queues
                .work(|answer| Write::Finish(Job::new(without, answer)))
                .await;
        }
        self.shared.own_leases.forget_lease(hold);
        finished
    }

    /// Gives attempts back that were not begun: they are ready again when they are due.
    ///
    /// # Errors
    /// When it is not known to be committed; then they are ready when their leases have run out.
    pub async fn give_back(&self, holds: Vec<Hold>) -> Result<(), StoreError> {
        holds.iter().for_each(|hold| self.forget_lease(*hold));
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    match session {
                        Backend::Sqlite(session) => sqlite::give_back(session, &holds).await,
                        Backend::Postgres(session) => postgres::give_back(session, &holds).await,
                    }
                })
            })
            .await
    }

    /// Begins a delivery of a callback that is not done inside its budget; this server holds it. Tells its number. When its
    /// caller leaves while it waits, it is not begun: the sender has got another answer.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn begin_late(&self, late: NewLate) -> Result<i64, StoreError> {
        let node = self.node().to_owned();
        let until_ms = signed(late.now_ms.saturating_add(self.lease_ms()));
        let wanted = Wanted::default();
        let is_wanted = Arc::clone(&wanted.0);
        let id: Option<i64> = self
            .queues
            .step(move |session| {
                Box::pin(async move {
                    if !is_wanted.load(Ordering::Acquire) {
                        return Ok(None);
                    }
                    on_session!(session, connection => {
                        sqlx::query_scalar(
                            "insert into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms,
                                                 lease_node, lease_until_ms, created_at_ms, expires_at_ms)
                         values ($1, 'late', $2, $3, 'running', 1, $4, $4, $5, $6, $4, $7) returning id",
                        )
                        .bind(late.event)
                        .bind(&late.app)
                        .bind(&late.plugin)
                        .bind(signed(late.now_ms))
                        .bind(&node)
                        .bind(until_ms)
                        .bind(signed(late.expires_at_ms))
                        .fetch_one(connection)
                        .await
                        .map(Some)
                    })
                })
            })
            .await?;
        let id = id.ok_or(StoreError::Closed)?;
        self.shared.own_leases.keep([Hold::first(id)]);
        Ok(id)
    }

    /// The plugins for which something is due. From one name the index leads to the next, however many rows wait under it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn due(&self, now_ms: u64) -> Result<Vec<String>, StoreError> {
        self.read("looking for due deliveries", async {
            on_backend!(&*self.readers, readers => {
                sqlx::query_scalar(
                    "with recursive waiting (plugin) as (
                         select min(plugin) from deliveries where state in ('ready', 'retry_wait')
                         union all
                         select (select min(d.plugin) from deliveries d
                                 where d.state in ('ready', 'retry_wait') and d.plugin > waiting.plugin)
                         from waiting where waiting.plugin is not null)
                     select plugin from waiting
                     where plugin is not null and exists (
                         select 1 from deliveries d
                         where d.plugin = waiting.plugin and d.state in ('ready', 'retry_wait') and d.next_at_ms <= $1)",
                )
                .bind(signed(now_ms))
                .fetch_all(readers)
                .await
            })
        })
        .await
    }
}
