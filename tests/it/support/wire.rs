//! An HTTP/1.1 client that sends exactly the bytes it is given, and reads what comes back.

use std::{fmt, io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::wait::within;

/// A request as it will stand on the wire; `Host` and `Content-Length` are added.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::new("POST", path)
        }
    }

    pub(crate) fn to(self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self
        }
    }

    /// Sets a header in the place of one of this name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// The bytes up to the end of the header.
    pub(crate) fn head(&self) -> String {
        let fields: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{} {} HTTP/1.1\r\nhost: localhost\r\n{fields}", self.method, self.path)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = self.body.len();
        let mut bytes = format!("{}content-length: {length}\r\n\r\n", self.head()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The same body in chunks, without a length in the header.
    pub(crate) fn chunked(&self, chunk_bytes: usize) -> Vec<u8> {
        let mut bytes = format!("{}transfer-encoding: chunked\r\n\r\n", self.head()).into_bytes();
        for chunk in self.body.chunks(chunk_bytes) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }
}

/// A response.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.body)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The toast that the user reads after a click that was answered with 200.
    #[track_caller]
    pub(crate) fn toast(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let text = self.json()["toast"]["content"].as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("no toast in {self:?}"))
    }

    /// Whether the user is told that it did not work.
    pub(crate) fn is_error_toast(&self) -> bool {
        self.status == 200 && self.json()["toast"]["type"] == "error"
    }

    /// Everything except the clock.
    pub(crate) fn without_date(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "date");
        self
    }
}

/// One connection to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await;
        Self {
            stream: stream.unwrap_or_else(|error| panic!("no connection to {address}: {error}")),
            read: Vec::new(),
        }
    }

    /// The same where a server may be gone at any moment.
    pub(crate) async fn try_open(address: SocketAddr) -> io::Result<Self> {
        let stream = within("a connection", TcpStream::connect(address)).await?;
        Ok(Self {
            stream,
            read: Vec::new(),
        })
    }

    /// One request to a server that may be gone at any moment.
    pub(crate) async fn try_send(&mut self, request: &Request) -> io::Result<Answer> {
        self.try_write(&request.bytes()).await?;
        within("an answer", self.read_answer(true)).await
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within("bytes to be taken", self.stream.write_all(bytes)).await.unwrap();
    }

    /// Writes while the other side may hang up at any moment.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within("bytes to be taken", self.stream.write_all(bytes)).await
    }

    /// Says that nothing more is to come.
    pub(crate) async fn finish_writing(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub(crate) async fn send(&mut self, request: &Request) -> Answer {
        self.write(&request.bytes()).await;
        let answer = self.read_answer(request.method != "HEAD");
        within("an answer", answer)
            .await
            .unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// The next answer, to a request that was not `HEAD`.
    pub(crate) async fn answer(&mut self) -> Answer {
        let answer = within("an answer", self.read_answer(true)).await;
        answer.unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Waits until the server hangs up; what it said before is returned.
    pub(crate) async fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.read);
        // A reset is an end, too: the server had not read everything.
        let _ = within("the server to hang up", self.stream.read_to_end(&mut rest)).await;
        rest
    }

    /// Waits until the server has said this.
    pub(crate) async fn until_said(&mut self, text: &str) {
        within(text, async {
            while !self.read.windows(text.len()).any(|part| part == text.as_bytes()) {
                self.read_more().await.unwrap();
            }
        })
        .await;
    }

    async fn read_answer(&mut self, has_body: bool) -> io::Result<Answer> {
        let head_bytes = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head: Vec<u8> = self.read.drain(..head_bytes).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let mut answer = Answer {
            status: status.parse().unwrap_or_else(|error| panic!("{error}: {head}")),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: String::new(),
        };
        let body_bytes = answer
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        if has_body {
            while self.read.len() < body_bytes {
                self.read_more().await?;
            }
            answer.body = String::from_utf8(self.read.drain(..body_bytes).collect()).unwrap();
        }
        Ok(answer)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
