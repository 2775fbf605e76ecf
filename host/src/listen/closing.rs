//! Listening socket that is being closed: completes no new connection, and hands over those that are complete.
//!
//! Closing a listening socket resets the connections in its accept queue, with requests that their senders take for
//! delivered. Accepting until the queue is empty is not enough, because one more can become complete before the close. The
//! system is therefore told first to begin no more; whoever tries is refused once the socket is closed, before a byte of a
//! request was sent.

use std::{io, net::Shutdown, time::Duration};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::stream::{Peer, Stream};

/// Time for handshakes that had begun before: a round trip to a proxy or to Lark.
const HANDSHAKES: Duration = Duration::from_millis(100);

/// The same on this machine, where the system completes them without us.
const HANDSHAKES_LOCAL: Duration = Duration::from_millis(10);

/// Queue of a socket that is being closed.
#[derive(Debug)]
pub(super) struct Closing {
    queue: Queue,
    handshakes: Duration,
}

#[derive(Debug)]
enum Queue {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl Closing {
    /// Begins to close a listener. Bypasses the runtime, which learns about connections slightly later than the system.
    pub(super) fn tcp(listener: TcpListener, is_local: bool) -> io::Result<Self> {
        let listener = listener.into_std()?;
        let handshakes = match begin_no_more(&listener) {
            Ok(()) if is_local => HANDSHAKES_LOCAL,
            Ok(()) => HANDSHAKES,
            // Waiting would only let more begin.
            Err(_) => Duration::ZERO,
        };
        Ok(Self {
            queue: Queue::Tcp(listener),
            handshakes,
        })
    }

    /// The same for a Unix socket, whose connections are complete at once.
    pub(super) fn unix(listener: UnixListener) -> io::Result<Self> {
        let listener = listener.into_std()?;
        // Refuses whoever connects from now on, and keeps the queue.
        SockRef::from(&listener).shutdown(Shutdown::Read)?;
        Ok(Self {
            queue: Queue::Unix(listener),
            handshakes: Duration::ZERO,
        })
    }

    /// For how long connections may still become complete.
    pub(super) fn handshakes(&self) -> Duration {
        self.handshakes
    }

    /// Next connection; `WouldBlock` when there is none.
    pub(super) fn next(&self) -> io::Result<(Stream, Peer)> {
        match &self.queue {
            Queue::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                stream.set_nonblocking(true)?;
                // Fails when the peer has gone already.
                stream
                    .set_nodelay(true)
                    .map_err(|_gone| io::ErrorKind::ConnectionAborted)?;
                Ok((Stream::Tcp(TcpStream::from_std(stream)?), Peer::Tcp(peer)))
            }
            Queue::Unix(listener) => match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    Ok((Stream::Unix(UnixStream::from_std(stream)?), Peer::Unix))
                }
                // What Linux says of an empty queue that nothing can be added to.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(io::ErrorKind::WouldBlock.into()),
                Err(error) => Err(error),
            },
        }
    }
}

/// Has the system drop each packet that would begin a connection. Its sender repeats it after a second, and finds the port
/// closed, or the next server there.
#[cfg(target_os = "linux")]
fn begin_no_more(listener: &std::net::TcpListener) -> io::Result<()> {
    use socket2::SockFilter;

    /// Loads the byte of the TCP header that has the flags (`BPF_LD | BPF_B | BPF_ABS`).
    const FLAGS: SockFilter = SockFilter::new(0x30, 0, 0, 13);
    /// Goes on with the next instruction if SYN is set, else with the one after it (`BPF_JMP | BPF_JSET | BPF_K`).
    const IF_SYN: SockFilter = SockFilter::new(0x45, 0, 1, 0x02);
    /// Drops the packet (`BPF_RET | BPF_K`).
    const DROP: SockFilter = SockFilter::new(0x06, 0, 0, 0);
    /// Keeps the packet, whatever its length.
    const KEEP: SockFilter = SockFilter::new(0x06, 0, 0, u32::MAX);

    SockRef::from(listener).attach_filter(&[FLAGS, IF_SYN, DROP, KEEP])
}

/// Other systems have no such filter.
#[cfg(not(target_os = "linux"))]
fn begin_no_more(_listener: &std::net::TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests;
