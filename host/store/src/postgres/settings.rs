//! Which PostgreSQL, and how it is used.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::url;
use crate::error::StoreError;
use crate::postgres::{
    parts::{Parts, Tls},
    url::PostgresUrlError,
};

/// Settings for reaching a PostgreSQL.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(super) options: Box<PgConnectOptions>,
    /// Whether a session is kept from one statement to the next, so that servers can tell each other at once that something
    /// is ready, with `LISTEN` and `NOTIFY`. Without it they find out at the next poll. `PgBouncer` does when it pools whole
    /// sessions.
    pub is_listening: bool,
    /// How long a start waits for a server that does not answer yet.
    pub start_wait: Duration,
    /// Parameters of the URL that this server does not use.
    pub unused: Vec<&'static str>,
    tls: Tls,
}

impl PostgresSettings {
    /// From `postgres://user:password@host:port/database?sslmode=…`.
    ///
    /// # Errors
    /// [`PostgresUrlError`].
    pub fn from_url(url: &str) -> Result<Self, PostgresUrlError> {
        Self::from_parts(url::parts(url)?)
    }

    /// Checks that every certificate and key is there.
    ///
    /// # Errors
    /// [`StoreError::Certificate`].
    pub fn check_files(&self) -> Result<(), StoreError> {
        match self.tls.unusable() {
            None => Ok(()),
            Some((parameter, path, source)) => Err(StoreError::Certificate {
                parameter,
                path,
                source: Arc::new(source),
            }),
        }
    }

    /// From its parts.
    ///
    /// # Errors
    /// When the host is none, or a certificate has no key.
    pub fn from_parts(parts: Parts) -> Result<Self, PostgresUrlError> {
        // The password file of libpq is read for whoever has no password.
        let mut options = addressed(&parts)?;
        if let Some(password) = &parts.password {
            options = options.password(password);
        }
        if let Some(words) = &parts.options {
            options = with_options(options, words)?;
        }
        let tls = parts.tls;
        if tls.certificate.is_some() != tls.key.is_some() {
            return Err(PostgresUrlError::HalfCertificate);
        }
        for (name, path) in tls.files() {
            options = match name {
                "sslrootcert" => options.ssl_root_cert(path),
                "sslcert" => options.ssl_client_cert(path),
                _ => options.ssl_client_key(path),
            };
        }
        let mode = tls.mode.unwrap_or(options.get_ssl_mode());
        // As in libpq: an authority that is named is there to be asked.
        let mode = match mode {
            PgSslMode::Require if tls.root_certificate.is_some() => PgSslMode::VerifyCa,
            mode => mode,
        };
        let options = options
            .ssl_mode(mode)
            .application_name("lark-callback")
            // No number of ours has a fraction, and PgBouncer refuses what it does not know.
            .extra_float_digits(None);
        Ok(Self {
            options: Box::new(options),
            is_listening: true,
            // A machine that boots starts both at once, and PostgreSQL may have to recover first.
            start_wait: Duration::from_secs(30),
            unused: parts.unused,
            tls,
        })
    }
}

/// Everything that says where and who, as the driver reads it from a URL of ours: only so it looks for the password of whoever
/// gives none in libpq's password file.
fn addressed(parts: &Parts) -> Result<PgConnectOptions, PostgresUrlError> {
    let host = match &parts.host {
        Some(host) => url::host(host)?,
        None => PgConnectOptions::new_without_pgpass().get_host().to_owned(),
    };
    let port = parts.port.map(|port| port.to_string());
    let mut url = "postgres://localhost/".to_owned();
    let values = [
        ("?host", Some(&host)),
        ("&port", port.as_ref()),
        ("&user", parts.user.as_ref()),
        ("&dbname", parts.database.as_ref()),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            url.push_str(&format_args!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)).to_string());
        }
    }
    // What the driver says may quote the URL.
    PgConnectOptions::from_str(&url).map_err(|_not_shown| PostgresUrlError::Form)
}

/// `-c name=value -c name=value`; the driver puts them together again.
fn with_options(options: PgConnectOptions, words: &str) -> Result<PgConnectOptions, PostgresUrlError> {
    let mut pairs = Vec::new();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        let pair = match word.strip_prefix("-c").or_else(|| word.strip_prefix("--")) {
            Some("") => words.next(),
            pair => pair,
        };
        pairs.push(
            pair.and_then(|pair| pair.split_once('='))
                .ok_or(PostgresUrlError::Form)?,
        );
    }
    Ok(options.options(pairs))
}

impl fmt::Display for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let database = options.get_database().unwrap_or(options.get_username());
        let port = options.get_port();
        match options.get_socket() {
            Some(folder) => write!(f, "{}:{port}/{database}", folder.display()),
            None if options.get_host().contains(':') => write!(f, "[{}]:{port}/{database}", options.get_host()),
            None => write!(f, "{}:{port}/{database}", options.get_host()),
        }
    }
}

/// The options hold a password.
impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresSettings({self})")
    }
}
