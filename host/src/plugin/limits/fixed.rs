//! Limits that are the same for every plugin and that no setting changes.

/// The most bytes of a component. An interpreter with its library has 40 MiB; beyond 64 it is a mistake, and the bytes, the
/// compiler's copy and the machine code would all be in memory at once.
pub const WASM_BYTES_MAX: usize = 64 << 20;

/// The stack of a plugin. Compiled Rust and C need a few KiB, interpreters some hundred. It is part of the compiled code's
/// engine, so one plugin cannot have another than its neighbours.
pub(in crate::plugin) const WASM_STACK_BYTES: usize = 512 << 10;

/// The size limit of a log line. A stack trace of forty functions has half of it; log collectors commonly stop at 16 KiB.
pub(in crate::plugin) const LOG_LINE_BYTES_MAX: usize = 8 << 10;

/// The size limit of the log stored with an attempt.
pub(in crate::plugin) const RECORD_BYTES_MAX: usize = 8 << 10;

/// Bytes that a plugin may log each second in the long run, all its calls together: a thousand clicks with a line or two each.
pub(in crate::plugin) const LOG_BYTES_PER_SECOND: u64 = 256 << 10;

/// Keys are names, not values; this is four times what a session or message id needs.
pub(in crate::plugin) const KV_KEY_BYTES_MAX: usize = 512;

/// Bytes in one request for random ones; a key has 32.
pub(in crate::plugin) const RANDOM_BYTES_MAX: u64 = 64 << 10;

/// One of them.
pub(super) struct Fixed {
    pub(super) value: u64,
    pub(super) unit: [&'static str; 2],
    pub(super) counts: [&'static str; 2],
}

const BYTES: [&str; 2] = ["bytes", "字节"];

pub(super) static ALL: &[Fixed] = &[
    Fixed {
        value: WASM_BYTES_MAX as u64,
        unit: BYTES,
        counts: ["the component file", "组件文件"],
    },
    Fixed {
        value: WASM_STACK_BYTES as u64,
        unit: BYTES,
        counts: [
            "the call stack; `trap` with \"its call stack is full\"",
            "调用栈；超出时为 `trap`，说明 \"its call stack is full\"",
        ],
    },
    Fixed {
        value: LOG_LINE_BYTES_MAX as u64,
        unit: BYTES,
        counts: ["one log line", "一行日志"],
    },
    Fixed {
        value: RECORD_BYTES_MAX as u64,
        unit: BYTES,
        counts: ["the log that is stored with an attempt", "随一次尝试保存的日志"],
    },
    Fixed {
        value: LOG_BYTES_PER_SECOND,
        unit: ["bytes a second", "字节/秒"],
        counts: ["log of all calls of one plugin", "一个插件全部调用的日志"],
    },
    Fixed {
        value: KV_KEY_BYTES_MAX as u64,
        unit: BYTES,
        counts: ["one key", "一个键"],
    },
    Fixed {
        value: RANDOM_BYTES_MAX,
        unit: BYTES,
        counts: ["random bytes at once", "一次获取的随机字节"],
    },
];
