//! Fragments of messages until they are whole.

use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

use super::{FragmentError, Frame, Inbound};
use crate::BODY_BYTES_MAX;

/// Unfinished messages at once. They are rare: Lark fragments only large pushes.
const UNFINISHED_MAX: usize = 64;

/// Bytes of all unfinished messages, each part counted with what the tables cost.
const UNFINISHED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Cost of a part beside its bytes.
const PART_BYTES: usize = 64;

/// How long a message may stay unfinished. Lark waits 3 s for the answer.
const UNFINISHED_FOR: Duration = Duration::from_secs(10);

/// The fragments that wait for others.
#[derive(Debug, Default)]
pub struct Fragments {
    unfinished: HashMap<String, Unfinished>,
    bytes: usize,
}

#[derive(Debug)]
struct Unfinished {
    since: Duration,
    sum: u32,
    /// Nothing is set aside for parts that have not come: the number of parts is the sender's word.
    parts: BTreeMap<u32, Vec<u8>>,
    bytes: usize,
    cost: usize,
}

/// A whole push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The frame that came last, which is sent back as the answer. Its payload was moved to `body`.
    pub frame: Frame,
    /// JSON, if Lark keeps to its protocol.
    pub body: Vec<u8>,
}

impl Fragments {
    /// Takes a data frame, and returns the push when it is whole. `at` is the time since some start, always the same one.
    pub fn add(&mut self, mut frame: Frame, at: Duration) -> Result<Option<Push>, FragmentError> {
        let Ok(Inbound::Data { message_id, sum, seq }) = frame.inbound() else {
            return Ok(None);
        };
        if sum == 1 {
            let body = frame.payload.take().unwrap_or_default();
            return Self::push(frame, body).map(Some);
        }
        let message_id = message_id.to_owned();
        let payload = frame.payload.take().unwrap_or_default();
        self.expire(at);
        self.keep(&message_id, sum, seq, payload, at)?;
        let is_whole = self.unfinished.get(&message_id).is_some_and(Unfinished::is_whole);
        // Forgotten at once: one more copy of a part must not make the message whole a second time.
        match is_whole.then(|| self.forget(&message_id)).flatten() {
            Some(whole) => Self::push(frame, whole.parts.into_values().flatten().collect()).map(Some),
            None => Ok(None),
        }
    }

    /// Forgets the messages that stayed unfinished for too long, and returns how many they were.
    pub fn expire(&mut self, at: Duration) -> usize {
        let before = self.unfinished.len();
        let bytes = &mut self.bytes;
        self.unfinished.retain(|_, message| {
            let is_fresh = at.saturating_sub(message.since) < UNFINISHED_FOR;
            if !is_fresh {
                *bytes -= message.cost;
            }
            is_fresh
        });
        before - self.unfinished.len()
    }

    /// Unfinished messages.
    pub fn len(&self) -> usize {
        self.unfinished.len()
    }

    /// Whether no message is unfinished.
    pub fn is_empty(&self) -> bool {
        self.unfinished.is_empty()
    }

    fn keep(&mut self, id: &str, sum: u32, seq: u32, payload: Vec<u8>, at: Duration) -> Result<(), FragmentError> {
        let (len, known) = (self.unfinished.len(), self.unfinished.get(id));
        let (joined, is_repeated) =
            known.map_or((0, false), |message| (message.bytes, message.parts.contains_key(&seq)));
        if known.is_some_and(|message| message.sum != sum) {
            return Err(FragmentError::SumChanged);
        }
        if is_repeated {
            return Ok(());
        }
        if joined + payload.len() > BODY_BYTES_MAX {
            self.forget(id);
            return Err(FragmentError::MessageTooLarge);
        }
        let cost = payload.len() + PART_BYTES + known.map_or(id.len(), |_| 0);
        if self.bytes + cost > UNFINISHED_BYTES_MAX || (known.is_none() && len == UNFINISHED_MAX) {
            return Err(FragmentError::TooManyUnfinished);
        }
        let message = self.unfinished.entry(id.to_owned()).or_insert_with(|| Unfinished {
            since: at,
            sum,
            parts: BTreeMap::new(),
            bytes: 0,
            cost: 0,
        });
        message.bytes += payload.len();
        message.cost += cost;
        self.bytes += cost;
        message.parts.insert(seq, payload);
        Ok(())
    }

    fn forget(&mut self, id: &str) -> Option<Unfinished> {
        let message = self.unfinished.remove(id)?;
        self.bytes -= message.cost;
        Some(message)
    }

    fn push(frame: Frame, body: Vec<u8>) -> Result<Push, FragmentError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(FragmentError::MessageTooLarge);
        }
        Ok(Push { frame, body })
    }
}

impl Unfinished {
    fn is_whole(&self) -> bool {
        u32::try_from(self.parts.len()).is_ok_and(|parts| parts == self.sum)
    }
}
