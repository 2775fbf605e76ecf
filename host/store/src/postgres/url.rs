//! The URL of a PostgreSQL, taken apart strictly: a password with a character that should have been escaped is never taken for
//! a host or the name of a database, which are shown.

use crate::{
    percent::unescaped,
    postgres::parts::{Parts, Tls},
};
use std::{net::Ipv6Addr, path::PathBuf};

/// Reason why a URL is none of a PostgreSQL. It does not show the URL, which may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresUrlError {
    /// A password with a character that ends it.
    #[error(
        "the user, the password, the host, or the name of the database has a character that means something else in a URL; escape it as \
         %XX: `@` as %40, `/` as %2F, `?` as %3F, `#` as %23, `:` as %3A, `%` as %25"
    )]
    Unescaped,
    /// Something else that does not fit.
    #[error(
        "it must have the form postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…; write special characters as %XX"
    )]
    Form,
    /// One server has all of the data.
    #[error("it names more than one host; name the primary, or an address that leads to it")]
    Hosts,
    /// A mode that PostgreSQL does not know.
    #[error("sslmode must be one of disable, prefer, require, verify-ca, verify-full")]
    SslMode,
    /// A certificate without its key.
    #[error("sslcert and sslkey must be given together")]
    HalfCertificate,
    /// Neither PostgreSQL's nor ours.
    #[error(
        "it has a parameter after the `?` that PostgreSQL does not know; known are host, port, user, password, dbname, sslmode, \
         sslrootcert, sslcert, sslkey, options"
    )]
    Parameter,
}

/// Parameters of libpq that this server has no use for. Services hand out such URLs, so they are no error.
const UNUSED: [&str; 18] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "pgbouncer",
    "schema",
    "sslcompression",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "uselibpqcompat",
];

/// Takes `postgres://user:password@host:port/database?sslmode=…` apart.
pub(super) fn parts(url: &str) -> Result<Parts, PostgresUrlError> {
    let rest = ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .ok_or(PostgresUrlError::Form)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end).ok_or(PostgresUrlError::Form)?;
    // What stands behind is no host: the password goes on there.
    if tail.contains(['@', '#']) || authority.matches('@').count() > 1 {
        return Err(PostgresUrlError::Unescaped);
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let mut parts = Parts::default();
    let place = match authority.split_once('@') {
        Some((user, place)) => {
            let (user, password) = user
                .split_once(':')
                .map_or((user, None), |(user, word)| (user, Some(word)));
            parts.user = filled(decoded(user)?);
            parts.password = password.map(decoded).transpose()?;
            place
        }
        None => authority,
    };
    place_of(place, &mut parts)?;
    let database = path.strip_prefix('/').unwrap_or_default();
    if !is_plain(database) {
        return Err(PostgresUrlError::Unescaped);
    }
    parts.database = filled(decoded(database)?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(PostgresUrlError::Parameter)?;
        // In a query a blank may be written so.
        parameter(&mut parts, key, decoded(&value.replace('+', "%20"))?)?;
    }
    if parts.tls.certificate.is_some() != parts.tls.key.is_some() {
        return Err(PostgresUrlError::HalfCertificate);
    }
    Ok(parts)
}

/// A host with its port, as it stands in the URL.
fn place_of(place: &str, parts: &mut Parts) -> Result<(), PostgresUrlError> {
    let (name, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        Some((_, port)) => (place.strip_suffix(port).unwrap_or(place), port.strip_prefix(':')),
        None => match place.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (place, None),
        },
    };
    if place.contains(',') {
        return Err(PostgresUrlError::Hosts);
    }
    parts.host = filled(host(&decoded(name)?)?);
    parts.port = port.map(port_of).transpose()?;
    Ok(())
}

fn parameter(parts: &mut Parts, key: &str, value: String) -> Result<(), PostgresUrlError> {
    match key {
        "host" | "hostaddr" if value.contains(',') => return Err(PostgresUrlError::Hosts),
        "host" | "hostaddr" => parts.host = filled(host(&value)?),
        "port" => parts.port = Some(port_of(&value)?),
        "user" => parts.user = filled(value),
        "password" => parts.password = Some(value),
        "dbname" => parts.database = filled(value),
        "options" => parts.options = filled(value),
        "sslmode" => parts.tls.mode = Some(value.parse().map_err(|_not_shown| PostgresUrlError::SslMode)?),
        // The authorities of the system; ours are built in.
        "sslrootcert" if value == "system" => {}
        "sslrootcert" => parts.tls.root_certificate = path(value),
        "sslcert" => parts.tls.certificate = path(value),
        "sslkey" => parts.tls.key = path(value),
        key => match UNUSED.iter().find(|known| **known == key) {
            Some(known) => parts.unused.push(known),
            None => return Err(PostgresUrlError::Parameter),
        },
    }
    Ok(())
}

/// A name, an address or the folder of a socket; an IPv6 address may stand in brackets. Empty when there is none.
pub(super) fn host(host: &str) -> Result<String, PostgresUrlError> {
    if host.starts_with('/') {
        return Ok(host.to_owned());
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let bare_host = bare.unwrap_or(host);
    // A link-local address is of use only with the interface that leads to it.
    let (address, zone) = bare_host.split_once('%').unwrap_or((bare_host, "lo"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_address = address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.bytes().all(is_name);
    if is_address || bare.is_none() && host.bytes().all(is_name) {
        return Ok(bare_host.to_owned());
    }
    Err(PostgresUrlError::Form)
}

fn port_of(port: &str) -> Result<u16, PostgresUrlError> {
    match port.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(PostgresUrlError::Form),
    }
}

/// Bytes that need no escape in the name of a database.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-' | b'_' | b'~' | b'$' | b'%' | b'+')
    })
}

fn decoded(text: &str) -> Result<String, PostgresUrlError> {
    let decoded = unescaped(text).ok_or(PostgresUrlError::Unescaped)?;
    if decoded.contains('\0') {
        return Err(PostgresUrlError::Form);
    }
    Ok(decoded)
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn path(text: String) -> Option<PathBuf> {
    filled(text).map(PathBuf::from)
}

impl Tls {
    /// The mode of this name.
    ///
    /// # Errors
    /// [`PostgresUrlError::SslMode`].
    pub fn set_mode(&mut self, mode: &str) -> Result<(), PostgresUrlError> {
        self.mode = Some(mode.parse().map_err(|_not_shown| PostgresUrlError::SslMode)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_with_an_unescaped_character_is_never_taken_for_something_else() {
        for url in [
            "postgres://lark:4711/secret@host/db",
            "postgres://lark:4711?secret@host/db",
            "postgres://lark:4711#secret@host/db",
            "postgres://lark:se@cret@host/db",
            "postgres://lark:se/cret@host/db?sslmode=require",
            "postgres://lark@host/db#secret",
            "postgres://lark:100%secret@host/db",
            "postgres://lark:secret%@host/db",
            "postgres://lark:secret%zz@host/db",
            "postgres://lark:x@host/db?options=%secret",
        ] {
            let error = parts(url).err();
            assert_eq!(error, Some(PostgresUrlError::Unescaped), "{url}");
        }
        for url in [
            "postgres://lark:x@ho st/db",
            "postgres://lark:x@host:secret/db",
            "postgres://x@host/db?secret=1",
        ] {
            let error = parts(url).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.is_empty() && !error.contains("secret"), "{url}: {error}");
        }
        let whole = parts("postgres://lark:%2F%40%3F%23@host:6543/d%40b").unwrap();
        assert_eq!(whole.password.as_deref(), Some("/@?#"));
        assert_eq!(
            (whole.host.as_deref(), whole.port, whole.database.as_deref()),
            (Some("host"), Some(6543), Some("d@b"))
        );
    }

    #[test]
    fn a_host_may_be_an_address_in_brackets_or_the_folder_of_a_socket() {
        for (url, host, port) in [
            ("postgres://u:p@[::1]:5433/db", Some("::1"), Some(5433)),
            ("postgres://u:p@[::1]/db", Some("::1"), None),
            ("postgres://u:p@/db?host=[::1]", Some("::1"), None),
            ("postgres://u:p@/db?host=/cloudsql/x:y:z", Some("/cloudsql/x:y:z"), None),
            ("postgres://u:p@/db?host=%2Fcloudsql%2Fx", Some("/cloudsql/x"), None),
            ("postgres://u:p@%2Fvar%2Frun:1/db", Some("/var/run"), Some(1)),
            ("postgresql:///db", None, None),
        ] {
            let parts = parts(url).unwrap();
            assert_eq!((parts.host.as_deref(), parts.port), (host, port), "{url}");
            assert_eq!(parts.database.as_deref(), Some("db"), "{url}");
        }
        for url in [
            "postgres://u:p@::1/db",
            "postgres://u:p@[x]/db",
            "postgres://u:p@[::1/db",
        ] {
            assert_eq!(parts(url).err(), Some(PostgresUrlError::Form), "{url}");
        }
        assert_eq!(parts("postgres://u:p@a,b/db").err(), Some(PostgresUrlError::Hosts));
    }

    #[test]
    fn parameters_of_libpq_are_taken_and_others_are_not() {
        let whole = parts("postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca.pem&channel_binding=require").unwrap();
        assert_eq!(whole.unused, ["channel_binding"]);
        assert_eq!(whole.tls.root_certificate, Some("/ca.pem".into()));
        assert_eq!(
            parts("postgres://u@h/d?sslmod=require").err(),
            Some(PostgresUrlError::Parameter)
        );
        assert_eq!(
            parts("postgres://u@h/d?sslmode=always").err(),
            Some(PostgresUrlError::SslMode)
        );
        assert_eq!(
            parts("postgres://u@h/d?sslcert=/c.pem").err(),
            Some(PostgresUrlError::HalfCertificate)
        );
    }
}
