//! Listening socket: bound to an address or a path by this process, or handed over by systemd.

use std::io;

use tokio::net::{TcpListener, UnixListener};

use super::{
    address::{Address, unix_path},
    closing::Closing,
    file::SocketFile,
    inherited::InheritedSocket,
    stream::{Peer, Stream},
};

/// Socket that connections are accepted from.
#[derive(Debug)]
pub struct Socket {
    listener: Listener,
    address: Address,
    /// Another process owns it too and keeps its queue when this one ends.
    is_inherited: bool,
    /// File of a Unix socket that this process has made.
    file: Option<SocketFile>,
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Socket {
    /// Binds a host name, an address or `unix:PATH`. `mode` is for the file of a Unix socket.
    ///
    /// # Errors
    /// From the operating system: among others when another program listens there.
    pub async fn bind(host: &str, port: u16, mode: u32) -> io::Result<Self> {
        if let Some(path) = unix_path(host) {
            let (listener, file) = SocketFile::bind(path, mode).await?;
            return Ok(Self {
                listener: Listener::Unix(UnixListener::from_std(listener)?),
                address: Address::Unix(path.to_owned()),
                is_inherited: false,
                file: Some(file),
            });
        }
        let listener = TcpListener::bind((host, port)).await?;
        Ok(Self {
            address: Address::Tcp(listener.local_addr()?),
            listener: Listener::Tcp(listener),
            is_inherited: false,
            file: None,
        })
    }

    /// Uses a socket that systemd has bound.
    ///
    /// # Errors
    /// When the operating system cannot use it.
    pub fn inherit(inherited: InheritedSocket) -> io::Result<Self> {
        let address = inherited.address().clone();
        let listener = match inherited {
            InheritedSocket::Tcp(listener, _) => {
                listener.set_nonblocking(true)?;
                Listener::Tcp(TcpListener::from_std(listener)?)
            }
            InheritedSocket::Unix(listener, _) => {
                listener.set_nonblocking(true)?;
                Listener::Unix(UnixListener::from_std(listener)?)
            }
        };
        Ok(Self {
            listener,
            address,
            is_inherited: true,
            file: None,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether connections wait in its queue although nobody accepts them, for the next process.
    pub(super) fn outlives_us(&self) -> bool {
        self.is_inherited
    }

    pub(super) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.listener {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are small and complete; Nagle's algorithm would only delay them. It fails when the peer has
                // gone already.
                stream
                    .set_nodelay(true)
                    .map_err(|_gone| io::ErrorKind::ConnectionAborted)?;
                Ok((Stream::Tcp(stream), Peer::Tcp(peer)))
            }
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Peer::Unix))
            }
        }
    }

    /// Takes no new connections from now on; those that wait to be accepted still can be.
    pub(super) fn close(self) -> io::Result<Closing> {
        // The name goes first, so that nobody else can find it.
        drop(self.file);
        match self.listener {
            Listener::Tcp(listener) => Closing::tcp(listener, self.address.is_loopback()),
            Listener::Unix(listener) => Closing::unix(listener),
        }
    }
}
