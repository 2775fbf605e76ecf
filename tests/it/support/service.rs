//! A service that plugins call over HTTP: it keeps what it was sent, and answers as the path says.
//!
//! `/echo` answers with the request; `/toast` with a reply to a click; `/status/404` with that status; `/redirect/302?URL` with that location; `/bytes/1000` with
//! so many bytes; `/events` with server-sent events, the second one after [`Service::go_on`]; `/broken` ends in the middle of
//! its body; `/never` does not answer. Any other path is answered with `ok`.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

/// The service; its connections end with it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    requests: Mutex<Vec<String>>,
    connections: Mutex<u32>,
    going_on: Semaphore,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            requests: Mutex::default(),
            connections: Mutex::default(),
            going_on: Semaphore::new(0),
        });
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *shared.connections.lock().unwrap() += 1;
                let state = Arc::clone(&shared);
                // An error is a connection that the client has closed.
                tokio::spawn(async move { state.serve(stream).await });
            }
        });
        Self {
            address,
            state,
            serving,
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far, with their bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> u32 {
        *self.state.connections.lock().unwrap()
    }

    /// Lets a stream of events go on.
    pub(crate) fn go_on(&self) {
        self.state.going_on.add_permits(1);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl State {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).await? == 0 {
                    return Ok(());
                }
            }
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().unwrap())
            });
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).await?;
            let request = format!("{head}{}", String::from_utf8_lossy(&body));
            self.requests.lock().unwrap().push(request.clone());
            self.answer(&mut stream, &request).await?;
        }
    }

    async fn answer(&self, stream: &mut BufReader<TcpStream>, request: &str) -> io::Result<()> {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<_> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["echo", ..] => answer_with(stream, 200, "x-echo: yes\r\n", request).await,
            ["secret-in-header", ..] => {
                let credential = request
                    .lines()
                    .find(|line| line.to_lowercase().starts_with("authorization"));
                let header = format!("x-said-{}\r\n", credential.unwrap_or("nothing: "));
                answer_with(stream, 200, &header, "").await
            }
            ["toast"] => {
                let toast = r#"{"toast":{"type":"success","content":"said by the service"}}"#;
                answer_with(stream, 200, "content-type: application/json\r\n", toast).await
            }
            ["status", status] => answer_with(stream, status.parse().unwrap(), "", "said").await,
            ["redirect", status] => {
                let header = format!("location: {query}\r\n");
                answer_with(stream, status.parse().unwrap(), &header, "").await
            }
            ["bytes", bytes] => answer_with(stream, 200, "", &"x".repeat(bytes.parse().unwrap())).await,
            ["events"] => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(head).await?;
                stream.write_all(b"b\r\ndata: one\n\n\r\n").await?;
                self.going_on.acquire().await.unwrap().forget();
                stream.write_all(b"b\r\ndata: two\n\n\r\n0\r\n\r\n").await
            }
            ["broken"] => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
                    .await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            ["never"] => std::future::pending().await,
            _ => answer_with(stream, 200, "", "ok").await,
        }
    }
}

async fn answer_with(stream: &mut BufReader<TcpStream>, status: u16, headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let body = if status == 204 || status == 304 { "" } else { body };
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(answer.as_bytes()).await
}
