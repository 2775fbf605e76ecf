//! A frame: what one binary WebSocket message carries, decoded, told apart and answered.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    FrameError, Pace,
    error::HEADERS_MAX,
    wire::{Fields, put_bytes, put_int32, put_varint},
};

const SEQ_ID: u8 = 1;
const LOG_ID: u8 = 2;
const SERVICE: u8 = 3;
const METHOD: u8 = 4;
const HEADERS: u8 = 5;
const PAYLOAD_ENCODING: u8 = 6;
const PAYLOAD_TYPE: u8 = 7;
const PAYLOAD: u8 = 8;
const LOG_ID_NEW: u8 = 9;

const CONTROL: i32 = 0;
pub(super) const DATA: i32 = 1;

/// Fragments of one message. Lark's largest callbacks are some 100 KiB.
const FRAGMENTS_MAX: u32 = 1024;

/// A frame (`pbbp2.Frame`). What was decoded is encoded again byte for byte, but for unknown fields and their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// `SeqID`.
    pub seq_id: u64,
    /// `LogID`, all 64 bits of it.
    pub log_id: u64,
    /// The `service_id` of the connection.
    pub service: i32,
    /// 0 for control, 1 for data.
    pub method: i32,
    /// Headers in their order; unknown ones too, because the answer has to bring them back.
    pub headers: Vec<Header>,
    /// Sent back as it came, like all optional fields: nobody reads them.
    pub payload_encoding: Option<Vec<u8>>,
    /// Sent back as it came.
    pub payload_type: Option<Vec<u8>>,
    /// JSON, or a part of it.
    pub payload: Option<Vec<u8>>,
    /// `LogIDNew`, sent back as it came.
    pub log_id_new: Option<Vec<u8>>,
}

/// A header of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Known ones are `type`, `message_id`, `sum`, `seq`, `trace_id`.
    pub key: String,
    /// UTF-8.
    pub value: String,
}

/// Meaning of a frame from Lark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound<'a> {
    /// An answer to a ping, with the configuration that holds from now on if it has one.
    Pong(Option<&'a [u8]>),
    /// A control frame that asks for nothing.
    Ignored,
    /// A push, or a fragment of one.
    Data {
        /// The same in all fragments; may be empty when there is one.
        message_id: &'a str,
        /// Fragments in all, 1 to 1024.
        sum: u32,
        /// The number of this one, from 0.
        seq: u32,
    },
}

/// An answer to a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgement<'a> {
    /// An event that is stored.
    Taken,
    /// A callback, with the JSON that would be the body over HTTP.
    Reply(&'a [u8]),
    /// An event that could not be stored: Lark pushes it again.
    Failed,
}

impl Frame {
    /// The ping of a client.
    pub fn ping(service: i32) -> Self {
        Self {
            service,
            method: CONTROL,
            headers: vec![Header {
                key: "type".into(),
                value: "ping".into(),
            }],
            ..Self::default()
        }
    }

    /// Decodes a WebSocket message.
    pub fn decode(message: &[u8]) -> Result<Self, FrameError> {
        let mut frame = Self::default();
        let (mut seq_id, mut log_id, mut service, mut method) = (None, None, None, None);
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match u8::try_from(number).unwrap_or(u8::MAX) {
                SEQ_ID => seq_id = Some(value.varint(number)?),
                LOG_ID => log_id = Some(value.varint(number)?),
                SERVICE => service = Some(value.int32(number)?),
                METHOD => method = Some(value.int32(number)?),
                HEADERS if frame.headers.len() == HEADERS_MAX => return Err(FrameError::TooManyHeaders),
                HEADERS => frame.headers.push(Header::decode(value.bytes(number)?)?),
                PAYLOAD_ENCODING => frame.payload_encoding = Some(value.bytes(number)?.to_vec()),
                PAYLOAD_TYPE => frame.payload_type = Some(value.bytes(number)?.to_vec()),
                PAYLOAD => frame.payload = Some(value.bytes(number)?.to_vec()),
                LOG_ID_NEW => frame.log_id_new = Some(value.bytes(number)?.to_vec()),
                _ => {}
            }
        }
        frame.seq_id = seq_id.ok_or(FrameError::Missing("SeqID"))?;
        frame.log_id = log_id.ok_or(FrameError::Missing("LogID"))?;
        frame.service = service.ok_or(FrameError::Missing("service"))?;
        frame.method = method.ok_or(FrameError::Missing("method"))?;
        Ok(frame)
    }

    /// Encodes it as the official SDKs do: required fields also when they are 0, optional ones when they are set.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.payload.as_ref().map_or(0, Vec::len));
        put_varint(&mut bytes, SEQ_ID, self.seq_id);
        put_varint(&mut bytes, LOG_ID, self.log_id);
        put_int32(&mut bytes, SERVICE, self.service);
        put_int32(&mut bytes, METHOD, self.method);
        for header in &self.headers {
            put_bytes(&mut bytes, HEADERS, &header.encode());
        }
        let optional = [
            (PAYLOAD_ENCODING, &self.payload_encoding),
            (PAYLOAD_TYPE, &self.payload_type),
            (PAYLOAD, &self.payload),
            (LOG_ID_NEW, &self.log_id_new),
        ];
        for (field, value) in optional {
            if let Some(value) = value {
                put_bytes(&mut bytes, field, value);
            }
        }
        bytes
    }

    /// Tells what the frame is.
    pub fn inbound(&self) -> Result<Inbound<'_>, FrameError> {
        match (self.method, self.header("type")) {
            (CONTROL, Some("pong")) => Ok(Inbound::Pong(self.payload.as_deref())),
            (CONTROL, _) => Ok(Inbound::Ignored),
            // Clicks were reported in frames of the type `card`, which hold the same JSON.
            (DATA, Some("event" | "card")) => self.data(),
            (DATA, _) => Err(FrameError::UnknownType),
            (method, _) => Err(FrameError::UnknownMethod(method)),
        }
    }

    /// The first value of a header.
    pub fn header(&self, key: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.key == key);
        header.map(|header| header.value.as_str())
    }

    /// Makes the answer of this frame: everything as it came, for the instance of Lark that waits for it finds it by headers
    /// that need not be known here.
    pub fn answer(mut self, answer: Acknowledgement<'_>, handled_in_ms: u64) -> Self {
        self.headers.push(Header {
            key: "biz_rt".into(),
            value: handled_in_ms.to_string(),
        });
        self.payload = Some(answer.payload());
        self
    }

    fn data(&self) -> Result<Inbound<'_>, FrameError> {
        let sum = self.number("sum")?.unwrap_or(1);
        let seq = self.number("seq")?.unwrap_or(0);
        let message_id = self.header("message_id").unwrap_or_default();
        if sum == 0 || sum > FRAGMENTS_MAX || seq >= sum {
            return Err(FrameError::BadFragment);
        }
        if sum > 1 && message_id.is_empty() {
            return Err(FrameError::NoMessageId);
        }
        Ok(Inbound::Data { message_id, sum, seq })
    }

    fn number(&self, key: &str) -> Result<Option<u32>, FrameError> {
        let value = self.header(key).map(str::parse).transpose();
        value.map_err(|_not_a_number| FrameError::BadFragment)
    }
}

impl Header {
    fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (mut key, mut value) = (None, None);
        let mut fields = Fields::of(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => key = Some(text(field.bytes(number)?)?),
                2 => value = Some(text(field.bytes(number)?)?),
                _ => {}
            }
        }
        Ok(Self {
            key: key.ok_or(FrameError::Missing("key of a header"))?,
            value: value.ok_or(FrameError::Missing("value of a header"))?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.key.len() + self.value.len());
        put_bytes(&mut bytes, 1, self.key.as_bytes());
        put_bytes(&mut bytes, 2, self.value.as_bytes());
        bytes
    }
}

impl Acknowledgement<'_> {
    /// The JSON of the answer. `data` is base64, and `code` is 200 or 500: everything else counts as a failure.
    fn payload(self) -> Vec<u8> {
        match self {
            Self::Taken => br#"{"code":200}"#.to_vec(),
            Self::Reply(json) => format!(r#"{{"code":200,"data":"{}"}}"#, STANDARD.encode(json)).into_bytes(),
            Self::Failed => br#"{"code":500}"#.to_vec(),
        }
    }
}

impl Inbound<'_> {
    /// Whether it proves that Lark answers pings.
    pub fn is_pong(&self) -> bool {
        matches!(self, Self::Pong(_))
    }

    /// Takes the configuration of a pong over; what is missing or out of range stays as it was.
    pub fn update(&self, pace: &mut Pace) {
        if let Self::Pong(Some(json)) = self {
            pace.update(json);
        }
    }
}

fn text(bytes: &[u8]) -> Result<String, FrameError> {
    str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|_not_utf8| FrameError::NotUtf8)
}
