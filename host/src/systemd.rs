//! Service manager: states sent to systemd (`sd_notify`), and the interval of its watchdog.
//!
//! The protocol is one datagram for each message, to a socket that the process finds in its environment. Without one,
//! nothing is sent.

use std::{
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use crate::telemetry::{chain, cut, escaped};

/// Longest status text; `systemctl status` shows one line.
const STATUS_BYTES_MAX: usize = 512;

/// Time for handing over one message; systemd reads them at once.
const SEND_MAX: Duration = Duration::from_secs(1);

/// How much longer a start or a stop may take with each message about it, and how often one is sent.
const EXTENSION: Duration = Duration::from_secs(30);

/// Interval of messages that extend a start: a third of what each of them adds.
pub const EXTEND_EVERY: Duration = Duration::from_secs(10);

/// Connection to the service manager.
#[derive(Debug, Default)]
pub struct Systemd {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// Connects to the socket in `NOTIFY_SOCKET`: a path, or an abstract name after `@`. One that cannot be used is
    /// logged, because systemd would end the process for its silence.
    pub fn new(notify_socket: Option<&OsStr>, watchdog: Option<Duration>) -> Self {
        let to = notify_socket.and_then(|name| match connect(name) {
            Ok(to) => Some(to),
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "NOTIFY_SOCKET cannot be used, so the service manager will not learn when this server is ready"
                );
                None
            }
        });
        Self {
            watchdog: watchdog.filter(|_| to.is_some()),
            to,
        }
    }

    /// Longest time between two calls of [`Self::feed_watchdog`]; absent when nobody watches.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Whether anybody listens.
    pub fn is_connected(&self) -> bool {
        self.to.is_some()
    }

    /// The start goes on and may take longer.
    pub fn report_starting(&self, status: &str) {
        self.send(&format!("{}\n{}", extension(EXTENSION), status_line(status)));
    }

    /// Requests are answered from now on, or again after a reload.
    pub fn report_ready(&self, status: &str) {
        self.send(&format!("READY=1\n{}", status_line(status)));
    }

    /// Settings are being reloaded; [`Self::report_ready`] ends it.
    pub fn report_reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let usec = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.send(&format!(
            "RELOADING=1\nMONOTONIC_USEC={usec}\n{}",
            status_line("Reloading the settings")
        ));
    }

    /// The server stops, which takes at most this long.
    pub fn report_stopping(&self, at_most: Duration) {
        self.send(&format!(
            "STOPPING=1\n{}\n{}",
            extension(at_most + EXTENSION),
            status_line("Stopping: draining open requests")
        ));
    }

    /// Changes the text in `systemctl status`.
    pub fn report_status(&self, status: &str) {
        self.send(&status_line(status));
    }

    /// Feeds the watchdog.
    pub fn feed_watchdog(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, message: &str) {
        let Some((socket, address)) = &self.to else { return };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            tracing::debug!(error = chain(&error), "The service manager did not take a message");
        }
    }
}

fn connect(name: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(name)?,
        _ => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is neither a path nor an abstract name",
            ));
        }
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(SEND_MAX))?;
    Ok((socket, address))
}

fn extension(time: Duration) -> String {
    format!("EXTEND_TIMEOUT_USEC={}", time.as_micros())
}

/// A line end in it would begin another variable.
fn status_line(status: &str) -> String {
    format!("STATUS={}", cut(&escaped(status), STATUS_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use std::{
        os::{
            linux::net::SocketAddrExt as _,
            unix::net::{SocketAddr, UnixDatagram},
        },
        time::Duration,
    };

    use super::Systemd;

    fn next(manager: &UnixDatagram) -> String {
        let mut bytes = [0; 1024];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn messages_reach_a_path_and_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let by_path = UnixDatagram::bind(&path).unwrap();
        let name = format!("lark-callback-test-{}", std::process::id());
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        for (socket, manager) in [
            (path.to_str().unwrap().to_owned(), by_path),
            (format!("@{name}"), by_name),
        ] {
            let systemd = Systemd::new(Some(socket.as_ref()), Some(Duration::from_secs(3)));
            systemd.report_ready("one\nREADY=0");
            assert_eq!(next(&manager), "READY=1\nSTATUS=one\\nREADY=0");
            systemd.feed_watchdog();
            assert_eq!(next(&manager), "WATCHDOG=1");
            assert_eq!(systemd.watchdog(), Some(Duration::from_secs(3)));
        }
    }

    #[test]
    fn nobody_is_told_anything_where_there_is_no_service_manager() {
        for socket in [None, Some("relative"), Some("vsock:2:1")] {
            let systemd = Systemd::new(socket.map(AsRef::as_ref), Some(Duration::from_secs(3)));
            assert!(!systemd.is_connected() && systemd.watchdog().is_none(), "{socket:?}");
            systemd.report_ready("nobody hears it");
        }
    }
}
