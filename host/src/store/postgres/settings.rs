//! Which PostgreSQL, and how it is used.

use std::{fmt, path::Path, str::FromStr, time::Duration};

use sqlx::postgres::PgConnectOptions;

/// How to reach a PostgreSQL.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(super) options: Box<PgConnectOptions>,
    /// Whether servers tell each other at once that something is ready, with `LISTEN` and `NOTIFY`. Without it they find
    /// out at the next poll. `PgBouncer` passes these on only when it pools whole sessions.
    pub is_listening: bool,
    /// How long a start waits for a server that does not answer yet.
    pub start_wait: Duration,
}

/// Why a URL is none of a PostgreSQL. It does not show the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…, with other than plain characters as %XX"
)]
pub struct PostgresUrlError;

impl PostgresSettings {
    /// From `postgres://user:password@host:port/database?sslmode=…`.
    ///
    /// # Errors
    /// [`PostgresUrlError`].
    pub fn from_url(url: &str) -> Result<Self, PostgresUrlError> {
        // What the driver says may quote the URL.
        let options = PgConnectOptions::from_str(url).map_err(|_not_shown| PostgresUrlError)?;
        Ok(Self::of(options))
    }

    /// From its parts; a host that begins with `/` is the folder of a socket.
    pub fn from_parts(host: &str, port: u16, database: &str, user: &str, password: Option<&str>) -> Self {
        let options = PgConnectOptions::new_without_pgpass()
            .port(port)
            .database(database)
            .username(user);
        let options = if host.starts_with('/') {
            options.socket(Path::new(host))
        } else {
            options.host(host)
        };
        Self::of(match password {
            Some(password) => options.password(password),
            None => options,
        })
    }

    fn of(options: PgConnectOptions) -> Self {
        Self {
            options: Box::new(options.application_name("lark-callback")),
            is_listening: true,
            // A machine that boots starts both at once, and PostgreSQL may have to recover first.
            start_wait: Duration::from_secs(30),
        }
    }
}

impl fmt::Display for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let database = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(folder) => write!(f, "{}:{}/{database}", folder.display(), options.get_port()),
            None => write!(f, "{}:{}/{database}", options.get_host(), options.get_port()),
        }
    }
}

/// The options hold a password.
impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresSettings({self})")
    }
}
