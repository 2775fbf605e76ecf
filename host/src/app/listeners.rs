//! The two listening sockets: handed over by systemd, or bound to the addresses of the settings.

use std::io;

use crate::{
    config::Config,
    listen::{Address, Socket, authority, unix_path},
    telemetry::chain,
};

/// Reason why a listener could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The operator's address is in use or not available on this machine.
    #[error(
        "cannot listen on {place} for the operator; {}",
        advice(source, place, "CALLBACK_ADMIN")
    )]
    Operator {
        /// Address as set.
        place: String,
        /// Error from the operating system.
        source: io::Error,
    },
    /// The public address is in use or not available on this machine.
    #[error("cannot listen on {place}; {}", advice(source, place, "CALLBACK_SERVER"))]
    Public {
        /// Address as set.
        place: String,
        /// Error from the operating system.
        source: io::Error,
    },
    /// systemd bound the operator's socket where others reach it.
    #[error(
        "systemd listens on {address} for the operator, which others can reach, so whoever does could command the \
         server: set CALLBACK_ADMIN_TOKEN, or use 127.0.0.1 in the socket unit"
    )]
    Open {
        /// Address of the socket unit.
        address: Address,
    },
    /// systemd bound the public socket where others reach it, and callbacks are accepted without a key.
    #[error(
        "systemd listens on {address}, which others can reach, and LARK_ENCRYPT_KEY is missing: set it to the Encrypt \
         Key of the console, or, if the application really has none, set LARK_ENCRYPT_KEY_REQUIRED=off"
    )]
    Unsigned {
        /// Address of the socket unit.
        address: Address,
    },
}

/// Advice for an address that is not available; `name` is the prefix of its settings.
fn advice(error: &io::Error, place: &str, name: &str) -> String {
    let is_unix = unix_path(place).is_some();
    match error.kind() {
        io::ErrorKind::AddrInUse if is_unix => {
            format!("another server is listening there; stop it, or set {name}_HOST to another path")
        }
        io::ErrorKind::AlreadyExists => "a file that is not a socket is there; move it away".to_owned(),
        io::ErrorKind::PermissionDenied if is_unix => {
            "this user may not create files in the folder; have systemd create it (RuntimeDirectory=)".to_owned()
        }
        _ if is_unix => "its folder must exist or be creatable".to_owned(),
        io::ErrorKind::AddrInUse => format!("another program may be using it; set {name}_PORT to a free port"),
        io::ErrorKind::PermissionDenied => format!("this user lacks the permission; set {name}_PORT to 1024 or higher"),
        _ => format!("set {name}_HOST to an address of this machine"),
    }
}

/// Host and port as set, for a person.
fn place(host: &str, port: u16) -> String {
    if unix_path(host).is_some() {
        host.to_owned()
    } else {
        authority(host, port)
    }
}

/// Opens the public listener.
pub(super) async fn public(config: &mut Config) -> Result<Socket, ListenError> {
    if let Some(inherited) = config.inherited.public.take() {
        let address = inherited.address().clone();
        if config.is_unsigned_for_loopback && !address.is_loopback() {
            return Err(ListenError::Unsigned { address });
        }
        let place = address.to_string();
        let socket = Socket::inherit(inherited).map_err(|source| ListenError::Public { place, source })?;
        tracing::info!(%address, "Listening on the socket that systemd handed over; CALLBACK_SERVER_HOST and CALLBACK_SERVER_PORT are not used");
        return Ok(socket);
    }
    let bound = Socket::bind(&config.host, config.port, config.socket_mode).await;
    bound.map_err(|source| ListenError::Public {
        place: place(&config.host, config.port),
        source,
    })
}

/// Opens the operator's listener. The default port may belong to another server on this machine; an explicitly set one
/// must be free.
pub(super) async fn operator(config: &mut Config) -> Result<Option<Socket>, ListenError> {
    let inherited = config.inherited.operator.take();
    let settings = &mut config.admin;
    if !settings.is_on {
        return Ok(None);
    }
    if let Some(inherited) = inherited {
        let address = inherited.address().clone();
        if settings.token.is_none() && !address.is_loopback() {
            return Err(ListenError::Open { address });
        }
        // What requests without a token must name as their host.
        settings.host = address
            .tcp()
            .map_or("localhost".to_owned(), |address| address.ip().to_string());
        let place = address.to_string();
        return match Socket::inherit(inherited) {
            Ok(socket) => Ok(Some(socket)),
            Err(source) => Err(ListenError::Operator { place, source }),
        };
    }
    match Socket::bind(&settings.host, settings.port, settings.socket_mode).await {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if settings.is_usual_port => {
            tracing::warn!(
                error = chain(&error),
                "{}:{} is in use, so this server runs without the operator's listener; set CALLBACK_ADMIN_PORT to a \
                 free port, or \
                 CALLBACK_ADMIN=off",
                settings.host,
                settings.port
            );
            Ok(None)
        }
        Err(source) => Err(ListenError::Operator {
            place: place(&settings.host, settings.port),
            source,
        }),
    }
}
