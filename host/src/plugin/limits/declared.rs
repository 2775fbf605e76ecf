//! The declaration of every limit under `[limits]`: its default, its ceiling, its unit and its meaning.

use super::{Limit, Value};

/// No plugin may have more memory than this, whatever its settings say: a quarter of what its addresses could hold.
pub(in crate::plugin) const MEMORY_BYTES_CEILING: usize = 1 << 30;

const BYTES: [&str; 2] = ["bytes", "字节"];
const MS: [&str; 2] = ["ms", "毫秒"];
const NUMBER: [&str; 2] = ["", ""];

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $key:ident: $kind:ty = $default:expr, $unit:ident, up to $ceiling:expr;
        en $en:literal $(, unset $unset:literal)?;
        zh $zh:literal $(, unset $unset_zh:literal)?;)+) => {
        /// The limits of one plugin. The operator sets them under `[limits]` in the plugin's `.toml`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $doc])+ pub $key: $kind,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        pub(super) static ALL: &[Limit] = &[$(Limit {
            key: stringify!($key),
            unit: $unit,
            counts: [$en, $zh],
            unset: [concat!($($unset)?), concat!($($unset_zh)?)],
            ceiling: $ceiling,
            read: |limits| limits.$key.number(),
            write: |limits, number| limits.$key = <$kind as Value>::of(number),
        },)+];
    };
}

limits! {
    /// Time on the clock for one click, preview or return from the authorize page. The server's budget holds beside it, and
    /// 15 s is the longest.
    callback_ms_max: Option<u64> = None, MS, up to 15_000;
        en "time of one call for a click or a preview", unset "what `CALLBACK_BUDGET_MS` leaves";
        zh "处理一次点击或链接预览的调用时间", unset "`CALLBACK_BUDGET_MS` 的剩余时间";
    /// Time on the clock for one attempt of an event or a task, and for a click that finishes late. The ceiling is what a
    /// language model takes for a long answer.
    attempt_ms_max: u64 = 30_000, MS, up to 600_000;
        en "time of one attempt of an event or a task";
        zh "一次尝试处理事件或任务的时间";
    /// CPU time in milliseconds. A handler needs one; 500 leaves room for an interpreter and still answers inside Lark's
    /// three seconds. Beyond a minute Lark has long given up, and an event has its own time limit.
    cpu_ms_max: u64 = 500, MS, up to 60_000;
        en "CPU time of one call";
        zh "一次调用的 CPU 时间";
    /// Bytes of all its memories together.
    memory_bytes_max: u64 = 64 << 20, BYTES, up to MEMORY_BYTES_CEILING as u64;
        en "memory of one call";
        zh "一次调用的内存";
    /// Elements of all its tables together; an interpreter has 12 000.
    table_elements_max: u64 = 30_000, NUMBER, up to 1 << 20;
        en "elements of the tables of one call";
        zh "一次调用的表元素数";
    /// Bytes in one crossing from the plugin to the host: a reply, a value, a log line.
    host_call_bytes_max: u64 = 2 << 20, BYTES, up to 256 << 20;
        en "what crosses to the host at once: a reply, a value, a log line";
        zh "一次传给宿主的数据：回复、值、日志行";
    /// Handles that are open at once: streams, timers.
    handles_max: u64 = 256, NUMBER, up to 1 << 20;
        en "handles that one call has open at once: streams, timers";
        zh "一次调用同时打开的句柄：流、定时器";
    /// Bytes of the payload of one event or task that the plugin is given. As long as the largest body that is accepted by
    /// default, so that only who lowers it sees it.
    payload_bytes_max: u64 = 4 << 20, BYTES, up to 64 << 20;
        en "payload of an event or task that the plugin is given";
        zh "交给插件的事件或任务内容";
    /// Bytes that one call may log; the rest is cut, with a line that says so.
    log_bytes_max: u64 = 64 << 10, BYTES, up to 64 << 20;
        en "what one call logs; the rest is cut, with a line that says so";
        zh "一次调用写的日志；其余截断，并有一行说明";
    /// Bytes of one kv value.
    kv_value_bytes_max: u64 = 256 << 10, BYTES, up to 64 << 20;
        en "one value";
        zh "一个值";
    /// Bytes of all kv keys and values of the plugin, and 64 for each row.
    kv_bytes_max: u64 = 16 << 20, BYTES, up to 1 << 40;
        en "all keys and values of the plugin together, and 64 for each key";
        zh "插件的全部键和值合计，每个键另计 64";
    /// HTTP requests of one call, those that follow a redirect included. Looking something up and acting on it takes a few.
    http_requests_max: u64 = 32, NUMBER, up to 10_000;
        en "HTTP requests of one call, with the redirects that are followed";
        zh "一次调用的 HTTP 请求数，包括跟随的跳转";
    /// Responses that one call may have open at once.
    http_open_max: u64 = 4, NUMBER, up to 256;
        en "responses that one call reads at once";
        zh "一次调用同时读取的应答数";
    /// Responses that all calls of the plugin together may have open at once on this server; a call waits for one. A service
    /// that hangs then holds so many sockets and no more. The ceiling is half of the files that a process usually may open.
    http_connections_max: u64 = 64, NUMBER, up to 512;
        en "the same for all calls of the plugin together";
        zh "同上，插件的全部调用合计";
    /// Bytes that one call may send: URLs, headers and bodies.
    http_sent_bytes_max: u64 = 4 << 20, BYTES, up to 1 << 30;
        en "what one call sends over HTTP: URLs, headers and bodies";
        zh "一次调用通过 HTTP 发送的数据：URL、请求头和内容";
    /// Bytes that one call may receive: headers and bodies. A long answer of a language model has some 100 KB.
    http_received_bytes_max: u64 = 8 << 20, BYTES, up to 1 << 30;
        en "what one call receives over HTTP: headers and bodies";
        zh "一次调用通过 HTTP 接收的数据：应答头和内容";
    /// The time of one request with its whole response, within the time of the call. The ceiling is that of an attempt.
    http_ms_max: u64 = 30_000, MS, up to 600_000;
        en "time of one HTTP request with its whole response, within the time of the call";
        zh "一个 HTTP 请求连同完整应答的时间，在调用的时限之内";
    /// Bytes of images and files that one call may upload to Lark. The largest file that Lark takes has 30 MB.
    media_sent_bytes_max: u64 = 32 << 20, BYTES, up to 1 << 30;
        en "images and files that one call uploads to Lark";
        zh "一次调用上传到飞书的图片和文件";
    /// Bytes of images and files that one call may download from Lark. Lark gives out resources of up to 100 MB, which few plugins
    /// want.
    media_received_bytes_max: u64 = 32 << 20, BYTES, up to 1 << 30;
        en "images and files that one call downloads from Lark";
        zh "一次调用从飞书下载的图片和文件";
    /// Uploads and downloads that one call may have open at once: one that is passed on while it is read takes two. Each has a
    /// connection of its own.
    media_open_max: u64 = 4, NUMBER, up to 64;
        en "uploads and downloads that one call has open at once";
        zh "一次调用同时进行的上传和下载";
    /// Calls at once; absent: as many as leave room for as many of others, so that no slow plugin ever stops the others.
    calls_max: Option<u64> = None, NUMBER, up to 1 << 20;
        en "calls at once", unset "as many as leave as many free of `CALLBACK_INSTANCES_MAX`";
        zh "同时进行的调用", unset "不超过 `CALLBACK_INSTANCES_MAX` 的空闲数";
    /// Crashes in a row after which calls are refused for a while. One click that hits a bug may be repeated by its user two or
    /// three times.
    crashes_max: u64 = 5, NUMBER, up to 1_000_000;
        en "crashes in a row after which calls are refused for a growing pause";
        zh "连续崩溃多少次后，在逐渐加长的时间内拒绝调用";
    /// The age in milliseconds at which a delivery to this plugin expires; the server's setting when absent. As long as
    /// metadata is kept.
    delivery_age_ms_max: Option<u64> = None, MS, up to 30 * 24 * 3_600_000;
        en "age at which an event or task expires", unset "86400000";
        zh "事件或任务过期的存活时间", unset "86400000";
    /// The age in milliseconds, by the time at which Lark created it, from which on an event is not delivered to this plugin;
    /// absent: any age.
    event_age_ms_max: Option<u64> = None, MS, up to 366 * 24 * 3_600_000;
        en "age, since Lark created it, from which on an event is not delivered", unset "any age";
        zh "飞书创建事件后超过多久便不再投递", unset "不限";
    /// Tasks that one outcome may ask for. A handler needs one or two; a commit takes the rows of 256 callers.
    tasks_max: u64 = 16, NUMBER, up to 256;
        en "tasks that one outcome asks for";
        zh "一次结果请求的任务数";
    /// Bytes of one task's payload.
    task_bytes_max: u64 = 256 << 10, BYTES, up to 64 << 20;
        en "payload of a task that it asks for";
        zh "所请求任务的内容";
    /// How far ahead a task may be due, in milliseconds: as long as metadata is kept.
    task_delay_ms_max: u64 = 30 * 24 * 3_600_000, MS, up to 366 * 24 * 3_600_000;
        en "how far ahead a task may be due";
        zh "任务最多延后多久";
    /// Tasks that may follow from one another, the first from an event: one that asks for itself again ends here.
    task_generations_max: u64 = 64, NUMBER, up to 1_000_000;
        en "tasks that follow from one another";
        zh "前后相继的任务代数";
    /// Tasks that may follow from one event, all generations together.
    chain_tasks_max: u64 = 256, NUMBER, up to 1_000_000;
        en "tasks that follow from one event, all generations together";
        zh "由一个事件引出的任务总数，各代合计";
    /// Tasks scheduled by this plugin that may wait at once.
    waiting_tasks_max: u64 = 10_000, NUMBER, up to 10_000_000;
        en "waiting tasks that the plugin asked for";
        zh "插件请求的等待中任务数";
    /// Bytes of their payloads together.
    waiting_bytes_max: u64 = 64 << 20, BYTES, up to 1 << 40;
        en "their payloads together";
        zh "上述任务的内容合计";
    /// Calls that one kept instance serves before another one takes its place; absent: each call has a fresh instance.
    reuse: Option<u64> = None, NUMBER, up to 1_000_000;
        en "calls that one kept instance serves (warm mode)", unset "each call has a fresh instance";
        zh "一个保留实例服务的调用数（预热模式）", unset "每次调用都用新实例";
    /// Instances that are kept at once. Two serve a person who clicks and the event that comes meanwhile; all plugins together
    /// keep 64.
    reuse_instances_max: u64 = 2, NUMBER, up to 16;
        en "instances that are kept at once";
        zh "同时保留的实例数";
    /// An instance with more memory than this after a call is not kept; absent: three quarters of `memory_bytes_max`, so that a
    /// leak ends between two calls and not within one.
    reuse_bytes_max: Option<u64> = None, BYTES, up to MEMORY_BYTES_CEILING as u64;
        en "memory of an instance that is kept", unset "three quarters of `memory_bytes_max`";
        zh "保留实例的内存", unset "`memory_bytes_max` 的四分之三";
    /// How long a kept instance may wait for its next call. A minute lasts for people who work; its memory is taken from all
    /// others meanwhile.
    reuse_idle_ms_max: u64 = 60_000, MS, up to 24 * 3_600_000;
        en "how long a kept instance waits for its next call";
        zh "保留实例等待下一次调用的时间";
}
