//! The part of protocol buffers (proto2) that a frame needs: fields one after another, read and written.

use super::FrameError;

/// A field as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes; no field of a frame has them.
    Fixed(u8),
}

/// The fields of a message, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the next field's number and value; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, FrameError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let (field, wire_type) = (tag >> 3, (tag & 7) as u8);
        let value = match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed(wire_type))?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_too_long| FrameError::Truncated)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed(wire_type))?,
            // Groups were given up long ago; skipping one would need recursion without a bound.
            _ => return Err(FrameError::WireType { field, wire_type }),
        };
        if field == 0 {
            return Err(FrameError::WireType { field, wire_type });
        }
        Ok(Some((field, value)))
    }

    fn varint(&mut self) -> Result<u64, FrameError> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(FrameError::Truncated)?;
            self.rest = rest;
            // What does not fit into 64 bits is dropped, as every decoder does.
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(FrameError::VarintTooLong)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(FrameError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Value<'a> {
    pub(super) fn varint(self, field: u64) -> Result<u64, FrameError> {
        match self {
            Self::Varint(number) => Ok(number),
            Self::Bytes(_) => Err(FrameError::WireType { field, wire_type: 2 }),
            Self::Fixed(wire_type) => Err(FrameError::WireType { field, wire_type }),
        }
    }

    pub(super) fn bytes(self, field: u64) -> Result<&'a [u8], FrameError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) => Err(FrameError::WireType { field, wire_type: 0 }),
            Self::Fixed(wire_type) => Err(FrameError::WireType { field, wire_type }),
        }
    }

    /// An `int32`, of which a negative one is written with 64 bits.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper half of an int32 repeats its sign"
    )]
    pub(super) fn int32(self, field: u64) -> Result<i32, FrameError> {
        self.varint(field).map(|number| number as i32)
    }
}

pub(super) fn put_varint(bytes: &mut Vec<u8>, field: u8, mut number: u64) {
    bytes.push(field << 3);
    put_number(bytes, &mut number);
}

pub(super) fn put_int32(bytes: &mut Vec<u8>, field: u8, number: i32) {
    put_varint(bytes, field, i64::from(number).cast_unsigned());
}

pub(super) fn put_bytes(bytes: &mut Vec<u8>, field: u8, value: &[u8]) {
    bytes.push(field << 3 | 2);
    put_number(bytes, &mut (value.len() as u64));
    bytes.extend_from_slice(value);
}

fn put_number(bytes: &mut Vec<u8>, number: &mut u64) {
    while *number >= 0x80 {
        bytes.push((*number & 0x7f) as u8 | 0x80);
        *number >>= 7;
    }
    bytes.push(*number as u8);
}
