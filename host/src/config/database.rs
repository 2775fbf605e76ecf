//! The settings of the database, and of the work that waits in it.

use std::time::Duration;

use super::read::Reader;
use crate::{
    deliver::DeliverSettings,
    replicas::ReplicaSettings,
    store::{Database, PostgresSettings, StoreSettings},
};

/// Leases are extended three times in their life: one that is late once loses nothing.
pub(super) fn deliver(store: &StoreSettings) -> DeliverSettings {
    DeliverSettings {
        heartbeat: Duration::from_millis(store.lease_ms / 3),
        ..DeliverSettings::default()
    }
}

impl Reader<'_> {
    pub(super) fn replica(&mut self) -> ReplicaSettings {
        ReplicaSettings {
            shares_folder: self.choice("CALLBACK_PLUGINS_SHARED", false, &[("on", true), ("off", false)]),
            ..ReplicaSettings::default()
        }
    }

    /// `DATABASE_URL` wins over `POSTGRES_HOST`, and that over `TOKEN_DB_PATH`.
    pub(super) fn store(&mut self) -> StoreSettings {
        let is_listening = self.choice("DATABASE_LISTEN", true, &[("on", true), ("off", false)]);
        let start_wait = Duration::from_secs(self.number("DATABASE_START_SECONDS_MAX", 30, 0..=3_600));
        let database = match self.database() {
            Database::Postgres(mut postgres) => {
                postgres.is_listening = is_listening;
                postgres.start_wait = start_wait;
                Database::Postgres(postgres)
            }
            file @ Database::Sqlite(_) => file,
        };
        StoreSettings {
            lease_ms: self.number("CALLBACK_LEASE_MS", 20_000, 300..=600_000),
            ..StoreSettings::of(database)
        }
    }

    fn database(&mut self) -> Database {
        if let Some(url) = self.secret("DATABASE_URL") {
            return self.of_url(url.trim());
        }
        let Some(host) = self.text("POSTGRES_HOST").map(str::to_owned) else {
            let path = self.text("TOKEN_DB_PATH").unwrap_or("data/config.db");
            return self.file("TOKEN_DB_PATH", path);
        };
        let port = self.number("POSTGRES_PORT", 5_432, 1..=u16::MAX);
        let name = self.text("POSTGRES_DB").unwrap_or("postgres").to_owned();
        let user = self.text("POSTGRES_USER").unwrap_or("postgres").to_owned();
        let password = self.secret("POSTGRES_PASSWORD");
        Database::Postgres(PostgresSettings::from_parts(
            &host,
            port,
            &name,
            &user,
            password.as_deref(),
        ))
    }

    /// SQLite takes these for a database in memory, one for each connection, and what was acknowledged would be gone.
    fn file(&mut self, name: &str, path: &str) -> Database {
        if path.is_empty() || path.starts_with(":memory:") {
            self.problems.push(format!("{name} must name a file"));
        }
        Database::Sqlite(path.into())
    }

    fn of_url(&mut self, url: &str) -> Database {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return self.file("DATABASE_URL", path.trim_start_matches("//"));
        }
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        let problem = if is_postgres {
            match PostgresSettings::from_url(url) {
                Ok(postgres) => return Database::Postgres(postgres),
                Err(error) => format!("DATABASE_URL cannot be used: {error}"),
            }
        } else {
            "DATABASE_URL must start with postgres:// or sqlite:".to_owned()
        };
        self.problems.push(problem);
        Database::Sqlite(String::new().into())
    }
}
