//! Standard output and standard error as lines of the log, a panic's message among them.
//!
//! The standard library reaches both through the C library's `write`, and the environment, which is empty here, through
//! `getenv`. Defining both here avoids the nineteen WASI imports that the C library needs for them. The host links imports
//! in every call, and these were a third of its instructions.
#![allow(
    unsafe_code,
    reason = "two functions take the place of the C library's, with its names and its pointers"
)]

use std::{
    ffi::{c_char, c_int, c_void},
    ptr, slice,
    sync::Mutex,
};

use crate::bindings::lark_callback::plugin::log::{self, Level};

/// A stream without a line end is logged in pieces of this size.
const PIECE_BYTES: usize = 4 << 10;

/// The text after the last line end.
static STDOUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static STDERR: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// POSIX `write`, for standard output and standard error.
///
/// # Safety
/// `bytes` must point to `count` readable bytes, as for POSIX `write`.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, bytes: *const c_void, count: usize) -> isize {
    // SAFETY: guaranteed by the caller. When `count` is 0 the pointer may be invalid, so it is not used.
    let bytes = match count {
        0 => &[],
        _ => unsafe { slice::from_raw_parts(bytes.cast::<u8>(), count) },
    };
    match file {
        1 => capture(&STDOUT, Level::Info, bytes),
        2 => capture(&STDERR, Level::Warn, bytes),
        _ => return -1,
    }
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// POSIX `getenv`: no variable is set.
#[unsafe(no_mangle)]
extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
    ptr::null_mut()
}

/// Logs the unfinished lines at the end of the call.
pub(crate) fn finish() {
    for (pending, level) in [(&STDOUT, Level::Info), (&STDERR, Level::Warn)] {
        if let Ok(mut pending) = pending.try_lock()
            && !pending.is_empty()
        {
            write_line(level, &mut pending);
        }
    }
}

fn capture(pending: &Mutex<Vec<u8>>, level: Level, bytes: &[u8]) {
    // There is one thread, and nothing in here writes to a stream, so the lock is always free.
    let Ok(mut pending) = pending.try_lock() else { return };
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        pending.extend_from_slice(piece);
        if pending.last() == Some(&b'\n') || pending.len() >= PIECE_BYTES {
            write_line(level, &mut pending);
        }
    }
}

fn write_line(level: Level, pending: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(pending);
    // A panic's message ends with empty lines.
    let text = text.trim_end_matches(['\r', '\n']);
    if !text.is_empty() {
        log::write(level, text);
    }
    pending.clear();
}
