//! The load: connections that are kept open, each sending the next request as soon as it has an answer, or when one is due.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

/// The result of one load.
pub(crate) struct Load {
    pub(crate) elapsed: Duration,
    /// Of each request, sorted.
    latencies: Vec<Duration>,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency in milliseconds that this share of the requests did not exceed.
    pub(crate) fn latency_ms(&self, share: f64) -> f64 {
        let last = self.latencies.len() - 1;
        self.latencies[(last as f64 * share).round() as usize].as_secs_f64() * 1000.0
    }
}

/// The open connections to one server, or to several.
#[derive(Default)]
pub(crate) struct Connections(Vec<Connection>);

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// The state shared by all connections of a load.
struct Requests {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    began: Instant,
    /// Between two requests, over all connections; zero for no pause.
    pause: Duration,
}

impl Connections {
    pub(crate) async fn open(address: SocketAddr, count: usize) -> io::Result<Self> {
        Self::open_at(&[address], count).await
    }

    /// The same number of connections, to each address in turn.
    pub(crate) async fn open_at(addresses: &[SocketAddr], count: usize) -> io::Result<Self> {
        let mut connections = Vec::with_capacity(count);
        for &address in addresses.iter().cycle().take(count) {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            connections.push(Connection {
                stream,
                received: Vec::with_capacity(1024),
            });
        }
        Ok(Self(connections))
    }

    pub(crate) fn join(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Asks once.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        Ok(self.0[0].exchange(request).await?.to_vec())
    }

    /// Sends all requests, `rate` of them a second or as many as are answered. Each must be answered with `answer`.
    pub(crate) async fn send(
        &mut self,
        requests: Vec<Vec<u8>>,
        rate: Option<f64>,
        answer: &Arc<[u8]>,
    ) -> io::Result<Load> {
        let work = Arc::new(Requests {
            requests,
            next: AtomicUsize::new(0),
            began: Instant::now(),
            pause: rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate)),
        });
        let senders: Vec<_> = self
            .0
            .drain(..)
            .map(|connection| tokio::spawn(connection.send(Arc::clone(&work), Arc::clone(answer))))
            .collect();
        let mut latencies = Vec::with_capacity(work.requests.len());
        for sender in senders {
            let (connection, took) = sender.await??;
            self.0.push(connection);
            latencies.extend(took);
        }
        let elapsed = work.began.elapsed();
        latencies.sort_unstable();
        Ok(Load { elapsed, latencies })
    }
}

impl Connection {
    async fn send(mut self, work: Arc<Requests>, answer: Arc<[u8]>) -> io::Result<(Self, Vec<Duration>)> {
        let mut took = Vec::new();
        loop {
            let number = work.next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = work.requests.get(number) else {
                return Ok((self, took));
            };
            let due = work.began + work.pause * u32::try_from(number).unwrap_or(u32::MAX);
            let mut sent = Instant::now();
            if sent < due {
                tokio::time::sleep_until(due.into()).await;
                sent = Instant::now();
            } else if !work.pause.is_zero() {
                // No connection was free when it was due; a slow server must not hide that.
                sent = due;
            }
            let body = self.exchange(request).await?;
            took.push(sent.elapsed());
            if *body != *answer {
                let text = String::from_utf8_lossy(body).into_owned();
                return Err(io::Error::other(format!("another answer than the first: {text}")));
            }
        }
    }

    /// Sends one request and waits for the body of its answer.
    async fn exchange(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        self.received.clear();
        loop {
            self.stream.readable().await?;
            match self.stream.try_read_buf(&mut self.received) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            if let Some(body_at) = complete(&self.received)? {
                return Ok(&self.received[body_at..]);
            }
        }
    }
}

/// Where the body begins, once all of it is there.
fn complete(received: &[u8]) -> io::Result<Option<usize>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = received.windows(END.len()).position(|bytes| bytes == END) else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200 ") {
        return Err(io::Error::other(format!("the server answered {head}")));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    let body_at = end + END.len();
    Ok((received.len() >= body_at + length).then_some(body_at))
}
