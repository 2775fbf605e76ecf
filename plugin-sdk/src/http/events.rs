//! Server-sent events, as language models stream their answers (HTML standard, "Server-sent events").

use std::collections::VecDeque;
use std::time::Duration;

use super::{HttpError, HttpResponse};

/// One event.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # use std::time::Duration;
/// # let stream = "event: delta\nid: 7\nretry: 500\ndata: a\ndata: b\n\n";
/// # fake.next_response("https://llm.example.com", FakeResponse::text(200, stream));
/// for event in host.http().get("https://llm.example.com/v1/events").send()?.success()?.events() {
///     let event = event?;
///     assert_eq!((event.event.as_str(), event.data.as_str()), ("delta", "a\nb"));
///     assert_eq!((event.id.as_str(), event.retry), ("7", Some(Duration::from_millis(500))));
/// }
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSentEvent {
    /// The type; `message` when the service names none.
    pub event: String,
    /// The data; several lines are joined with `\n`.
    pub data: String,
    /// The last id that the service has sent; empty when there was none.
    pub id: String,
    /// The delay that the service wants before a new connection.
    pub retry: Option<Duration>,
}

/// The events of a response. It ends with the body; what comes after an error is not read.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # fake.next_response("https://llm.example.com", FakeResponse::events(["a", "b", "[DONE]"]));
/// let events = host.http().get("https://llm.example.com/v1/events").send()?.success()?.events();
/// let words: Result<Vec<String>, _> = events.map(|event| event.map(|event| event.data)).collect();
/// assert_eq!(words?, ["a", "b", "[DONE]"]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug)]
pub struct EventStream {
    response: Option<HttpResponse>,
    parser: Parser,
    ready: VecDeque<ServerSentEvent>,
}

impl EventStream {
    pub(super) fn new(response: HttpResponse) -> Self {
        Self {
            response: Some(response),
            parser: Parser::default(),
            ready: VecDeque::new(),
        }
    }
}

impl Iterator for EventStream {
    type Item = Result<ServerSentEvent, HttpError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            match self.response.as_mut()?.read() {
                // An event without its empty line is not complete.
                Ok(part) if part.is_empty() => self.response = None,
                Ok(part) => self.parser.add(&part, &mut self.ready),
                Err(error) => {
                    self.response = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Part of an event that has come.
#[derive(Debug, Default)]
struct Parser {
    /// Of a line whose end is not there yet.
    line: Vec<u8>,
    /// The last byte was a carriage return, and a line feed after it belongs to it.
    after_return: bool,
    is_begun: bool,
    event: String,
    data: Option<String>,
    id: String,
    retry: Option<Duration>,
}

impl Parser {
    fn add(&mut self, bytes: &[u8], ready: &mut VecDeque<ServerSentEvent>) {
        for &byte in bytes {
            let is_second = std::mem::take(&mut self.after_return) && byte == b'\n';
            match byte {
                _ if is_second => {}
                b'\r' | b'\n' => {
                    self.after_return = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    ready.extend(self.take(&line));
                }
                byte => self.line.push(byte),
            }
        }
    }

    /// Takes one line; an empty one ends an event.
    fn take(&mut self, line: &[u8]) -> Option<ServerSentEvent> {
        let line = String::from_utf8_lossy(line);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let line = if is_first {
            line.strip_prefix('\u{feff}').unwrap_or(&line)
        } else {
            &line
        };
        if line.is_empty() {
            return self.end();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis);
            }
            // A comment, which keeps the connection open, or a field that nobody knows.
            _ => {}
        }
        None
    }

    fn end(&mut self) -> Option<ServerSentEvent> {
        let (event, retry) = (std::mem::take(&mut self.event), self.retry.take());
        let data = self.data.take()?;
        Some(ServerSentEvent {
            event: if event.is_empty() { "message".to_owned() } else { event },
            data,
            id: self.id.clone(),
            retry,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Parser, ServerSentEvent, VecDeque};

    fn parsed(text: &str) -> Vec<ServerSentEvent> {
        let mut whole = VecDeque::new();
        Parser::default().add(text.as_bytes(), &mut whole);
        let (mut parser, mut bytewise) = (Parser::default(), VecDeque::new());
        for byte in text.bytes() {
            parser.add(&[byte], &mut bytewise);
        }
        assert_eq!(whole, bytewise, "however it is cut");
        whole.into()
    }

    fn data(text: &str) -> Vec<String> {
        parsed(text).into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn events_end_with_an_empty_line_of_any_kind() {
        assert_eq!(
            data("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: not whole\n"),
            ["a", "b", "c"]
        );
        assert_eq!(data("\u{feff}data: a\n\n\n\ndata:b\n\n"), ["a", "b"]);
    }

    #[test]
    fn the_lines_of_an_event_are_joined() {
        assert_eq!(data("data: a\ndata\ndata:  b\n\n"), ["a\n\n b"]);
        assert_eq!(data("data: 汉\ndata: 字\n\n"), ["汉\n字"]);
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        let events = parsed(": comment\nevent: delta\nid: 7\nretry: 1500\nother: x\ndata: a\n\nretry: 1s\ndata: b\n\n");
        assert_eq!(
            events,
            [
                ServerSentEvent {
                    event: "delta".to_owned(),
                    data: "a".to_owned(),
                    id: "7".to_owned(),
                    retry: Some(Duration::from_millis(1500)),
                },
                ServerSentEvent {
                    event: "message".to_owned(),
                    data: "b".to_owned(),
                    id: "7".to_owned(),
                    retry: None,
                },
            ]
        );
    }

    #[test]
    fn an_event_without_data_is_none() {
        assert!(parsed("event: ping\n\n: keep-alive\n\n").is_empty());
        assert_eq!(data("data:\n\n"), [""]);
    }
}
