//! Where a PostgreSQL is and how the way to it is protected, as far as that is said.

use std::{
    fmt, fs,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use sqlx::postgres::PgSslMode;

/// Larger than any certificate with its chain or bundle of authorities.
const PEM_BYTES_MAX: u64 = 16 << 20;

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
            let error = match read_pem(path) {
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

/// Reads a file that may be anything. A device has no end, and a pipe waits for a writer.
fn read_pem(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = fs::OpenOptions::new()
        .read(true)
        // The flags fit: the system takes them as an `int`.
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(PEM_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Tls;

    #[test]
    fn a_certificate_that_is_no_file_is_refused_instead_of_read_for_ever() {
        for (path, reason) in [("/dev/zero", "not a regular file"), ("/proc", "is a directory")] {
            let tls = Tls {
                root_certificate: Some(Path::new(path).to_owned()),
                ..Tls::default()
            };
            let (parameter, _, error) = tls.unusable().unwrap();
            assert!(
                parameter == "sslrootcert" && error.to_string().contains(reason),
                "{error}"
            );
        }
    }
}
