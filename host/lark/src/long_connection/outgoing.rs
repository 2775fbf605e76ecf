//! The other end of the long connection, for whoever plays Lark: pushes as frames, and what an answer says.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Frame, Header, frame::DATA};

/// A push as Lark sends it.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingPush<'a> {
    /// The same in all fragments.
    pub message_id: &'a str,
    /// For Lark's support.
    pub trace_id: &'a str,
    /// The `service_id` of the connection.
    pub service: i32,
    /// The JSON of an event or a callback.
    pub body: &'a [u8],
}

/// Code and reply of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// 200, or 500 for a push that was not taken.
    pub code: i64,
    /// The reply to a callback.
    pub reply: Option<Vec<u8>>,
}

impl OutgoingPush<'_> {
    /// Returns the frames, cut into so many fragments; never more than the body has bytes, and one at least.
    pub fn frames(&self, fragments: usize) -> Vec<Frame> {
        let fragments = fragments.clamp(1, self.body.len().max(1));
        let bytes = self.body.len().div_ceil(fragments).max(1);
        let mut parts: Vec<_> = self.body.chunks(bytes).collect();
        // Without a body there is one fragment, too.
        if parts.is_empty() {
            parts.push(&[]);
        }
        let sum = parts.len();
        let frames = parts.iter().enumerate();
        frames.map(|(seq, part)| self.frame(seq, sum, part)).collect()
    }

    fn frame(&self, seq: usize, sum: usize, part: &[u8]) -> Frame {
        let header = |key: &str, value: &str| Header {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        Frame {
            seq_id: 1,
            log_id: 1,
            service: self.service,
            method: DATA,
            headers: vec![
                header("type", "event"),
                header("message_id", self.message_id),
                header("sum", &sum.to_string()),
                header("seq", &seq.to_string()),
                header("trace_id", self.trace_id),
            ],
            payload: Some(part.to_vec()),
            ..Frame::default()
        }
    }
}

impl Frame {
    /// Makes the answer to a ping, with the intervals that hold from now on.
    pub fn pong(service: i32, config: &Value) -> Self {
        let mut frame = Self::ping(service);
        frame.headers = vec![Header {
            key: "type".to_owned(),
            value: "pong".to_owned(),
        }];
        frame.payload = Some(config.to_string().into_bytes());
        frame
    }
}

impl Answered {
    /// Reads the payload of an answer as Lark does: `code` is a number, and `data` is base64. None when it is neither.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(payload).ok()?;
        let reply = match json.get("data") {
            None | Some(Value::Null) => None,
            Some(data) => Some(STANDARD.decode(data.as_str()?).ok()?),
        };
        Some(Self {
            code: json.get("code")?.as_i64()?,
            reply,
        })
    }
}
