//! Where a PostgreSQL is and how the way to it is protected, as far as that is said.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use sqlx::postgres::PgSslMode;

/// Address, user and protection of a connection, as far as they are said.
#[derive(Clone, Default)]
pub struct Parts {
    /// A name, an address (an IPv6 address may stand in brackets), or the folder of a socket.
    pub host: Option<String>,
    /// 5432 when absent.
    pub port: Option<u16>,
    /// The name of the database.
    pub database: Option<String>,
    /// The role.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// Of the session, as libpq has them: `-c name=value`.
    pub options: Option<String>,
    /// How the connection is protected.
    pub tls: Tls,
    /// Parameters of the URL that this server does not use.
    pub unused: Vec<&'static str>,
}

/// It holds a password.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}

/// Protection of a connection.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// As libpq has it; `prefer` when absent.
    pub(super) mode: Option<PgSslMode>,
    /// The authority that signed the server's certificate; when absent the public ones are trusted.
    pub root_certificate: Option<PathBuf>,
    /// The certificate of this server.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// The files with the names of their parameters.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let files = [
            ("sslrootcert", &self.root_certificate),
            ("sslcert", &self.certificate),
            ("sslkey", &self.key),
        ];
        files
            .into_iter()
            .filter_map(|(name, path)| Some((name, path.as_deref()?)))
    }

    /// The first file that cannot be read, or holds no certificate and no key.
    pub(super) fn unusable(&self) -> Option<(&'static str, PathBuf, io::Error)> {
        self.files().find_map(|(name, path)| {
            let error = match fs::read(path) {
                Ok(bytes) if bytes.windows(10).any(|part| part == b"-----BEGIN") => return None,
                Ok(_) => io::Error::new(
                    io::ErrorKind::InvalidData,
                    "it is no PEM file (nothing begins with -----BEGIN)",
                ),
                Err(error) => error,
            };
            Some((name, path.to_owned(), error))
        })
    }
}
