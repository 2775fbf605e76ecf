//! The attempts that this server holds: the ones whose leases it extends.
//!
//! The database may name more of them as this server's. Their commit was not known to succeed, so nobody here makes them,
//! and their leases run out.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Store, StoreError, deliveries::Delivery, either::Either, error::Fault, postgres, sqlite};

/// One attempt of one delivery. A delivery whose lease was lost may be claimed again while the first attempt still runs, and
/// whoever ends that one must not let go of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The delivery.
    pub delivery: i64,
    /// Which attempt of it.
    pub attempt: u32,
}

impl Hold {
    /// The first attempt of a delivery.
    pub fn first(delivery: i64) -> Self {
        Self { delivery, attempt: 1 }
    }
}

impl Delivery {
    /// What this server holds of it.
    pub fn hold(&self) -> Hold {
        Hold {
            delivery: self.id,
            attempt: self.attempt,
        }
    }
}

/// Of each delivery only the last attempt is held.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<i64, u32>>);

impl Held {
    pub(super) fn keep(&self, holds: impl IntoIterator<Item = Hold>) {
        let holds = holds.into_iter().map(|hold| (hold.delivery, hold.attempt));
        self.lock().extend(holds);
    }

    pub(super) fn let_go(&self, hold: Hold) {
        let mut held = self.lock();
        if held.get(&hold.delivery) == Some(&hold.attempt) {
            held.remove(&hold.delivery);
        }
    }

    fn has(&self, hold: Hold) -> bool {
        self.lock().get(&hold.delivery) == Some(&hold.attempt)
    }

    fn all(&self) -> Vec<Hold> {
        let held = self.lock();
        let holds = held.iter().map(|(&delivery, &attempt)| Hold { delivery, attempt });
        holds.collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Whether this server still holds it, as far as it knows. What it does not hold is somebody's again, or will be.
    pub fn holds(&self, hold: Hold) -> bool {
        self.shared.held.has(hold)
    }

    /// Does not hold an attempt any longer whose end is unknown. Its delivery is ready again when its lease has run out, and
    /// the attempt counts, because something may have come of it.
    pub fn let_go(&self, hold: Hold) {
        self.shared.held.let_go(hold);
    }

    /// Extends the leases on what this server holds. What the database does not know as held here was lost, and is let go of.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn extend_leases(&self, now_ms: u64) -> Result<(), StoreError> {
        let held = self.shared.held.all();
        let until_ms = now_ms.saturating_add(self.lease_ms());
        let kept = match self.extend(held.clone(), until_ms).await {
            Err(error) if error.fault() == Fault::Row => self.extend_each(&held, until_ms).await?,
            kept => kept?,
        };
        let kept: HashSet<i64> = kept.into_iter().collect();
        for hold in held {
            if !kept.contains(&hold.delivery) {
                self.let_go(hold);
            }
        }
        Ok(())
    }

    /// The leases one by one, so that a row which the database refuses costs nobody else's.
    async fn extend_each(&self, held: &[Hold], until_ms: u64) -> Result<Vec<i64>, StoreError> {
        let mut kept = Vec::new();
        for &hold in held {
            match self.extend(vec![hold], until_ms).await {
                Ok(extended) => kept.extend(extended),
                // The attempt goes on; whether it still counts shows at its end.
                Err(error) if error.fault() == Fault::Row => kept.push(hold.delivery),
                Err(error) => return Err(error),
            }
        }
        Ok(kept)
    }

    async fn extend(&self, holds: Vec<Hold>, until_ms: u64) -> Result<Vec<i64>, StoreError> {
        let node = self.node().to_owned();
        self.step(move |connection| {
            Box::pin(async move {
                match connection {
                    Either::Sqlite(connection) => sqlite::extend(connection, &holds, &node, until_ms).await,
                    Either::Postgres(connection) => postgres::extend(connection, &holds, &node, until_ms).await,
                }
            })
        })
        .await
    }
}
