//! The moment between the last connection that is accepted and the close: nobody gets a connection that nobody serves.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
    time::Duration,
};

use tokio::io::AsyncReadExt as _;

use super::{super::socket::Socket, Closing};

/// A connection to this machine is complete at once, if it can be made at all.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Takes the one connection that waits, and reads what was sent on it.
async fn only(closing: &Closing) -> String {
    let (mut stream, _) = closing.next().unwrap();
    let error = closing.next().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
    let mut sent = String::new();
    stream.read_to_string(&mut sent).await.unwrap();
    sent
}

#[tokio::test]
async fn over_tcp_a_connection_is_served_or_was_never_made() {
    let socket = Socket::bind("127.0.0.1", 0, 0).await.unwrap();
    let address = socket.address().tcp().unwrap();
    let mut early = TcpStream::connect(address).unwrap();
    early.write_all(b"early").unwrap();
    drop(early);
    let closing = socket.close().unwrap();
    assert_eq!(only(&closing).await, "early");
    let late = TcpStream::connect_timeout(&address, AT_ONCE).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut, "{late}");
    assert!(closing.next().is_err());
    drop(closing);
    let gone = TcpStream::connect(address).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConnectionRefused, "{gone}");
}

#[tokio::test]
async fn who_tries_to_connect_during_the_close_reaches_the_next_server() {
    let socket = Socket::bind("127.0.0.1", 0, 0).await.unwrap();
    let address = socket.address().tcp().unwrap();
    let closing = socket.close().unwrap();
    let late = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    late.set_nonblocking(true).unwrap();
    // Its first packet is sent now and dropped; the system repeats it after a second.
    late.connect(&address.into()).unwrap_err();
    drop(closing);
    let next = std::net::TcpListener::bind(address).unwrap();
    let late = tokio::net::TcpStream::from_std(late.into()).unwrap();
    late.writable().await.unwrap();
    assert!(late.take_error().unwrap().is_none());
    next.accept().unwrap();
}

#[tokio::test]
async fn over_a_unix_socket_too_even_for_those_who_have_found_it_already() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callback.sock");
    let host = format!("unix:{}", path.display());
    let socket = Socket::bind(&host, 0, 0o600).await.unwrap();
    // A second name stands for whoever has looked the first one up and not connected yet.
    let found = folder.path().join("found");
    std::fs::hard_link(&path, &found).unwrap();
    let mut early = UnixStream::connect(&path).unwrap();
    early.write_all(b"early").unwrap();
    early.shutdown(std::net::Shutdown::Write).unwrap();
    let closing = socket.close().unwrap();
    assert!(!path.exists());
    let late = UnixStream::connect(&found).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ConnectionRefused, "{late}");
    assert_eq!(only(&closing).await, "early");
    drop(closing);
    assert_eq!(early.read(&mut [0]).unwrap(), 0, "closed, not reset");
}
