//! Events that came before it was known which plugins take them: a delivery in the place of all of theirs, until it is.

use crate::{
    backend::{Backend, Session, on_session},
    error::StoreError,
    rows::{
        deliveries::{Delivery, Hold},
        events::NewDelivery,
        index_key::index_key,
        numbers::signed,
    },
    store::Store,
};

/// No file of a plugin has a name that begins so.
const MARK: &str = "*";

/// For whom an event is stored that has no takers yet. The event type is part of it, because a message may come as two
/// events, and each may have takers that the other has not.
pub fn undecided(event_type: &str) -> String {
    // Lists of names are parted by blanks and commas.
    let plain = |letter: char| match letter {
        '.' | '_' | '-' => letter,
        _ if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    let name = index_key(event_type.chars().map(plain).collect());
    format!("{MARK}{name}")
}

/// Whether a delivery for this name waits for its takers to be known.
pub fn is_undecided(plugin: &str) -> bool {
    plugin.starts_with(MARK)
}

const REMOVE: &str = "delete from deliveries where id = $1 and state = 'running' and lease_node = $2 and attempt = $3";

/// Another server may be at a repeat of the same event; it waits, and then sees who is told by this one.
const LOCK: &str = "select id from events where id = (select coalesce(first, id) from events where id = $1) for update";

/// Whoever was told of it, or of what it repeats, is not told again.
const TELL: &str = "insert into deliveries (event, kind, app, plugin, state, due_at_ms, next_at_ms, created_at_ms,
                                            expires_at_ms, ordering_key)
     select cast($1 as bigint), 'event', $2, $3, 'ready', cast($4 as bigint), cast($4 as bigint), cast($5 as bigint),
            cast($6 as bigint), $7
     where not exists (
         select 1 from deliveries d
         where d.kind = 'event' and d.plugin = $3 and d.event in (
             select $1 union
             select coalesce(first, id) from events where id = $1 union
             select s.id from events e join events s on s.first = coalesce(e.first, e.id) where e.id = $1))";

/// An event that this server has claimed for whoever takes it, and who that is.
#[derive(Debug)]
pub struct Decided<'a> {
    /// The delivery that stands for those of all its takers.
    pub delivery: &'a Delivery,
    /// The plugins that take it.
    pub takers: Vec<NewDelivery>,
}

impl Store {
    /// Puts the deliveries of the plugins that take an event in the place of the one that stood for all of them. Nothing
    /// happens when that one is not held any more: somebody else has decided, or will.
    ///
    /// # Errors
    /// When it could not be committed; then nothing is decided, and all are still held.
    pub async fn decide(&self, decided: Vec<Decided<'_>>, now_ms: u64) -> Result<(), StoreError> {
        let mut held = Vec::with_capacity(decided.len());
        let mut decisions = Vec::with_capacity(decided.len());
        for Decided { delivery, takers } in decided {
            held.push(delivery.hold());
            decisions.push(Decision {
                event: delivery.event,
                hold: delivery.hold(),
                app: delivery.app.clone(),
                due_at_ms: delivery.due_at_ms,
                takers,
            });
        }
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    for decision in decisions {
                        decide(session, &decision, &node, now_ms).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        held.into_iter().for_each(|hold| self.forget_lease(hold));
        Ok(())
    }
}

#[derive(Clone)]
struct Decision {
    event: Option<i64>,
    hold: Hold,
    app: String,
    due_at_ms: u64,
    takers: Vec<NewDelivery>,
}

async fn decide(session: &mut Session, decision: &Decision, node: &str, now_ms: u64) -> Result<(), sqlx::Error> {
    let removed = on_session!(&mut *session, connection => {
        sqlx::query(REMOVE)
            .bind(decision.hold.delivery)
            .bind(node)
            .bind(i64::from(decision.hold.attempt))
            .execute(&mut *connection)
            .await?
            .rows_affected()
    });
    if removed == 0 {
        return Ok(());
    }
    if let Backend::Postgres(session) = &mut *session {
        let lock = sqlx::query(LOCK).bind(decision.event);
        lock.execute(&mut session.connection).await?;
    }
    for taker in &decision.takers {
        on_session!(&mut *session, connection => {
            sqlx::query(TELL)
                .bind(decision.event)
                .bind(&decision.app)
                .bind(&taker.plugin)
                .bind(signed(decision.due_at_ms))
                .bind(signed(now_ms))
                .bind(signed(taker.expires_at_ms))
                .bind(&taker.ordering_key)
                .execute(&mut *connection)
                .await?;
        });
    }
    Ok(())
}
