//! Listening sockets that systemd has bound and hands over (`LISTEN_FDS`), so that a restart loses no connection.

use std::{
    io,
    net::{TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::PathBuf,
};

use listenfd::ListenFd;

use super::address::Address;

/// Sockets handed over to this process.
#[derive(Debug, Default)]
pub struct Inherited {
    /// For the public listener.
    pub public: Option<InheritedSocket>,
    /// For the operator's listener: the one named `operator`.
    pub operator: Option<InheritedSocket>,
}

/// Socket that systemd has bound.
#[derive(Debug)]
pub enum InheritedSocket {
    /// TCP.
    Tcp(TcpListener, Address),
    /// Unix.
    Unix(UnixListener, Address),
}

impl InheritedSocket {
    /// Where it listens.
    pub fn address(&self) -> &Address {
        match self {
            Self::Tcp(_, address) | Self::Unix(_, address) => address,
        }
    }
}

/// Reason why the sockets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritedError {
    /// The descriptor is not a listening stream socket.
    #[error(
        "systemd handed over the descriptor {number} ({name}), which is not a listening TCP or Unix socket; the socket \
         unit needs ListenStream= and Accept=no"
    )]
    NoListener {
        /// Number of the descriptor, the first one being 3.
        number: usize,
        /// Its name.
        name: String,
        /// Error from the operating system.
        source: io::Error,
    },
    /// Two sockets for one listener.
    #[error(
        "systemd handed over two sockets for the {listener} listener; keep one ListenStream=, and name the \
         operator's with FileDescriptorName=operator in a socket unit of its own"
    )]
    Twice {
        /// `public` or `operator's`.
        listener: &'static str,
    },
    /// The name says for neither listener.
    #[error(
        "systemd handed over a socket named `{name}`; set FileDescriptorName=callback or FileDescriptorName=operator"
    )]
    Unknown {
        /// `FileDescriptorName=` of the socket unit.
        name: String,
    },
}

/// Listener that a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Public,
    Operator,
}

impl For {
    /// Judges by the name, which by default is that of the socket unit.
    fn named(name: &str) -> Option<Self> {
        let unit = name.strip_suffix(".socket");
        match (name, unit) {
            ("operator", _) => Some(Self::Operator),
            (_, Some(unit)) if unit.ends_with("operator") => Some(Self::Operator),
            ("" | "callback" | "unknown", _) | (_, Some(_)) => Some(Self::Public),
            _ => None,
        }
    }
}

impl Inherited {
    /// Takes the sockets over; `names` is `LISTEN_FDNAMES`. To be called before the process has threads, because it
    /// removes the variables for the processes that this one starts.
    ///
    /// # Errors
    /// When one of them cannot be used, because connections to it would be lost in silence.
    pub fn take(names: Option<&str>) -> Result<Self, InheritedError> {
        let mut handed = ListenFd::from_env();
        let mut names = names.unwrap_or_default().split(':');
        let mut inherited = Self::default();
        for index in 0..handed.len() {
            let name = names.next().unwrap_or_default();
            let unusable = |source| InheritedError::NoListener {
                number: index + 3,
                name: name.to_owned(),
                source,
            };
            let whose = For::named(name).ok_or_else(|| InheritedError::Unknown { name: name.to_owned() })?;
            let Some(socket) = socket(&mut handed, index).map_err(unusable)? else {
                continue;
            };
            let (place, listener) = match whose {
                For::Public => (&mut inherited.public, "public"),
                For::Operator => (&mut inherited.operator, "operator's"),
            };
            if place.replace(socket).is_some() {
                return Err(InheritedError::Twice { listener });
            }
        }
        Ok(inherited)
    }
}

fn socket(handed: &mut ListenFd, index: usize) -> io::Result<Option<InheritedSocket>> {
    let connected = || Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a connection"));
    // One that is not TCP stays there for the second attempt.
    if let Ok(Some(listener)) = handed.take_tcp_listener(index) {
        if TcpStream::from(OwnedFd::from(listener.try_clone()?))
            .peer_addr()
            .is_ok()
        {
            return connected();
        }
        let address = Address::Tcp(listener.local_addr()?);
        return Ok(Some(InheritedSocket::Tcp(listener, address)));
    }
    let Some(listener) = handed.take_unix_listener(index)? else {
        return Ok(None);
    };
    if UnixStream::from(OwnedFd::from(listener.try_clone()?))
        .peer_addr()
        .is_ok()
    {
        return connected();
    }
    let path = listener.local_addr()?.as_pathname().map(PathBuf::from);
    let address = Address::Unix(path.unwrap_or_else(|| "(unnamed)".into()));
    Ok(Some(InheritedSocket::Unix(listener, address)))
}

#[cfg(test)]
mod tests {
    use super::For;

    #[test]
    fn a_socket_is_known_by_its_name_or_by_that_of_its_unit() {
        for name in ["", "callback", "unknown", "lark-callback.socket"] {
            assert_eq!(For::named(name), Some(For::Public), "{name}");
        }
        for name in ["operator", "lark-callback-operator.socket"] {
            assert_eq!(For::named(name), Some(For::Operator), "{name}");
        }
        assert_eq!(For::named("metrics"), None);
    }
}
