//! A connection seen from Lark: it answers pings by itself, as Lark does, until a test wants it silent.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::Frame;
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::CloseFrame},
};

use super::{SERVICE, config};
use crate::support::wait::within;

/// What Lark's own pings of the WebSocket carry.
const ARE_YOU_THERE: &[u8] = b"are you there";

/// A connection of the server, seen from Lark. It ends with this value.
#[derive(Debug)]
pub(crate) struct Pushing {
    orders: UnboundedSender<Order>,
    heard: UnboundedReceiver<Message>,
    /// Frames that are not answered yet.
    pushed: Vec<Frame>,
}

/// Something that a test has Lark do.
#[derive(Debug)]
enum Order {
    Send(Message),
    /// Writes bytes past the WebSocket, and resets the connection.
    Break(Vec<u8>),
}

impl Pushing {
    /// Takes over an upgraded connection, and answers its pings.
    pub(super) fn lively(socket: WebSocketStream<TcpStream>) -> Self {
        Self::begin(socket, false)
    }

    /// Takes over an upgraded connection, and reads nothing.
    pub(super) fn silent(socket: WebSocketStream<TcpStream>) -> Self {
        Self::begin(socket, true)
    }

    fn begin(socket: WebSocketStream<TcpStream>, is_silent: bool) -> Self {
        let ((orders, ordered), (hears, heard)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(serve(socket, ordered, hears, is_silent));
        Self {
            orders,
            heard,
            pushed: Vec::new(),
        }
    }

    /// Waits until the other side has taken what was sent so far, which an answer to a ping proves.
    pub(super) async fn settled(&mut self) {
        self.send_message(Message::Ping(ARE_YOU_THERE.into())).await;
        loop {
            let message = self.next().await.expect("an answer to a ping of the WebSocket");
            if matches!(&message, Message::Pong(told) if **told == *ARE_YOU_THERE) {
                return;
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        self.try_send(frame).await.unwrap();
    }

    /// Sends a frame; an error when the connection has ended.
    pub(crate) async fn try_send(&mut self, frame: &Frame) -> Result<(), &'static str> {
        self.pushed.push(frame.clone());
        let sent = self.orders.send(Order::Send(Message::Binary(frame.encode().into())));
        // So that an end that was read already is seen.
        tokio::task::yield_now().await;
        sent.map_err(|_ended| "the connection has ended")
    }

    /// Sends a frame that asks for no answer.
    pub(crate) async fn send_control(&mut self, frame: &Frame) {
        self.send_message(Message::Binary(frame.encode().into())).await;
    }

    /// Sends any message, as far as the other side takes it.
    pub(crate) async fn send_message(&mut self, message: Message) {
        let _ = self.orders.send(Order::Send(message));
        tokio::task::yield_now().await;
    }

    /// Sends the first bytes of a frame, and resets the connection.
    pub(crate) fn send_beginning(self, frame: &Frame, bytes: usize) {
        let payload = frame.encode();
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let mut message = [&[0x82, 126][..], &length, &payload].concat();
        message.truncate(bytes);
        self.orders.send(Order::Break(message)).unwrap();
    }

    /// Closes with a code, and waits for the other side's.
    pub(crate) async fn close(mut self, code: u16, reason: &'static str) {
        let close = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.send_message(Message::Close(Some(close))).await;
        while self.next().await.is_some() {}
    }

    /// The `message_id` of the next answer.
    pub(crate) async fn answered_id(&mut self) -> String {
        let (frame, said) = self.answer().await;
        assert_eq!(said["code"], 200, "{said}");
        frame.header("message_id").unwrap().to_owned()
    }

    /// The same of all answers up to the end of the connection.
    pub(crate) async fn answered_ids_to_the_end(mut self) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some(message) = self.next().await {
            let Message::Binary(bytes) = message else { continue };
            let frame = self.expected(&bytes);
            ids.extend(frame.header("message_id").map(str::to_owned));
        }
        ids
    }

    /// The next message but for pings, which are answered; none when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        within("a message", self.heard.recv()).await
    }

    /// The JSON of the next answer, with the frame that carried it.
    pub(crate) async fn answer(&mut self) -> (Frame, Value) {
        loop {
            match self.next().await.expect("an answer") {
                Message::Binary(bytes) => {
                    let frame = self.expected(&bytes);
                    let json = serde_json::from_slice(frame.payload.as_deref().unwrap()).unwrap();
                    return (frame, json);
                }
                Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Ends as a process that is killed.
    pub(crate) fn drop_now(self) {
        drop(self);
    }

    /// A frame that must be the one answer to a frame that was pushed.
    pub(crate) fn expected(&mut self, bytes: &[u8]) -> Frame {
        let frame = Frame::decode(bytes).unwrap();
        let place = self.pushed.iter().rposition(|pushed| answers(&frame, pushed));
        let place = place.unwrap_or_else(|| panic!("it answers no frame that waits for an answer: {frame:?}"));
        self.pushed.remove(place);
        frame
    }
}

/// Whether a frame brings everything of another back, with the time that the handling took and a payload of its own.
fn answers(frame: &Frame, pushed: &Frame) -> bool {
    let Some((last, echoed)) = frame.headers.split_last() else {
        return false;
    };
    let expected = Frame {
        headers: [echoed, std::slice::from_ref(last)].concat(),
        payload: frame.payload.clone(),
        ..pushed.clone()
    };
    echoed == pushed.headers && last.key == "biz_rt" && last.value.parse::<u64>().is_ok() && *frame == expected
}

async fn serve(
    mut socket: WebSocketStream<TcpStream>,
    mut ordered: UnboundedReceiver<Order>,
    hears: UnboundedSender<Message>,
    is_silent: bool,
) {
    loop {
        tokio::select! {
            order = ordered.recv() => match order {
                // What cannot be sent is told by the end of the connection, which is read next.
                Some(Order::Send(message)) => drop(socket.send(message).await),
                Some(Order::Break(bytes)) => return reset(socket.into_inner(), &bytes).await,
                None => return,
            },
            message = socket.next(), if !is_silent => match message {
                Some(Ok(Message::Binary(bytes))) if is_ping(&bytes) => {
                    let pong = Frame::pong(SERVICE, &config()).encode();
                    let _ = socket.send(Message::Binary(pong.into())).await;
                }
                // The library answers it.
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(message)) => drop(hears.send(message)),
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// Whether a frame is a ping, which then has to be what Lark's own clients send.
fn is_ping(bytes: &[u8]) -> bool {
    let frame = Frame::decode(bytes).unwrap();
    let is_ping = frame.method == 0;
    assert!(!is_ping || frame == Frame::ping(SERVICE), "{frame:?}");
    is_ping
}

async fn reset(mut stream: TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
}
