//! Request latencies, in buckets around Lark's 3 s limit.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use lark_protocol::{Kind, Opened};
use tokio::time::Instant;

/// Upper bounds of the buckets.
///
/// Lark waits 3 s; a click should be answered within 2.4 s, which leaves 600 ms for the network. A redirect from the
/// authorize page may take longer, because a browser waits.
pub const LATENCY_BUCKETS_MS: [u64; 14] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 2_400, 2_700, 3_000, 5_000, 15_000,
];

/// Kind of a request, known once it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Click or link preview: Lark waits for the body.
    Callback,
    /// An event: Lark waits until it is stored.
    Event,
    /// Browser returning from the authorize page.
    Return,
    /// Address check by the console.
    Challenge,
    /// Refused, or the sender left before it was read.
    Refused,
}

impl RequestKind {
    const ALL: [Self; 5] = [
        Self::Callback,
        Self::Event,
        Self::Return,
        Self::Challenge,
        Self::Refused,
    ];

    /// The kind of what Lark sent, over whichever transport.
    pub fn of(opened: &Opened) -> Self {
        match opened {
            Opened::Challenge(_) => Self::Challenge,
            Opened::Event(event) if event.kind == Kind::Callback => Self::Callback,
            Opened::Event(_) | Opened::AppTicket { .. } => Self::Event,
        }
    }

    /// Stable word for the metric.
    pub fn word(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Event => "event",
            Self::Return => "return",
            Self::Challenge => "challenge",
            Self::Refused => "refused",
        }
    }
}

/// Way that a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// HTTP.
    Webhook,
    /// Lark's long connection.
    LongConnection,
}

impl Via {
    const ALL: [Self; 2] = [Self::Webhook, Self::LongConnection];

    /// Stable word for the metric.
    pub fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::LongConnection => "long_connection",
        }
    }
}

/// Latencies of one application, by transport and kind. A request costs one clock reading and two relaxed additions.
#[derive(Debug, Default)]
pub struct Latencies([[Histogram; RequestKind::ALL.len()]; Via::ALL.len()]);

#[derive(Debug, Default)]
struct Histogram {
    /// Count for each of [`LATENCY_BUCKETS_MS`] (not cumulative); the last one holds everything longer.
    buckets: [AtomicU64; LATENCY_BUCKETS_MS.len() + 1],
    sum_us: AtomicU64,
}

/// Snapshot of a histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// Cumulative count for each of [`LATENCY_BUCKETS_MS`].
    pub within: [u64; LATENCY_BUCKETS_MS.len()],
    /// Total count.
    pub count: u64,
    /// Total duration.
    pub took: Duration,
}

impl Latencies {
    /// Measures a request that arrived at `arrived`, until the returned guard is dropped.
    pub fn measure(&self, via: Via, arrived: Instant) -> Measuring<'_> {
        Measuring {
            latencies: self,
            via,
            arrived,
            kind: RequestKind::Refused,
        }
    }

    fn add(&self, via: Via, kind: RequestKind, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BUCKETS_MS.partition_point(|end_ms| end_ms * 1_000 < took_us);
        let Some(histogram) = self.0.get(via as usize).and_then(|kinds| kinds.get(kind as usize)) else {
            return;
        };
        if let Some(bucket) = histogram.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        histogram.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// Transports and kinds with at least one request.
    pub fn seen(&self) -> Vec<(Via, RequestKind, Latency)> {
        let all = Via::ALL.into_iter().zip(&self.0).flat_map(|(via, kinds)| {
            let kinds = RequestKind::ALL.into_iter().zip(kinds);
            kinds.map(move |(kind, histogram)| (via, kind, histogram.now()))
        });
        all.filter(|(.., latency)| latency.count > 0).collect()
    }
}

impl Histogram {
    fn now(&self) -> Latency {
        let mut count = 0;
        let mut within = [0; LATENCY_BUCKETS_MS.len()];
        for (index, bucket) in self.buckets.iter().enumerate() {
            count += bucket.load(Ordering::Relaxed);
            if let Some(within) = within.get_mut(index) {
                *within = count;
            }
        }
        Latency {
            within,
            count,
            took: Duration::from_micros(self.sum_us.load(Ordering::Relaxed)),
        }
    }
}

/// Measurement of a request in progress. If the sender hangs up it ends there: that is how long it waited in vain.
#[derive(Debug)]
pub struct Measuring<'a> {
    latencies: &'a Latencies,
    via: Via,
    arrived: Instant,
    kind: RequestKind,
}

impl Measuring<'_> {
    /// Sets the kind of the request; without this call it counts as refused.
    pub fn set_kind(&mut self, kind: RequestKind) {
        self.kind = kind;
    }
}

impl Drop for Measuring<'_> {
    fn drop(&mut self) {
        self.latencies.add(self.via, self.kind, self.arrived.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(latency: &Latency, end_ms: u64) -> u64 {
        latency.within[LATENCY_BUCKETS_MS.iter().position(|end| *end == end_ms).unwrap()]
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_in_every_bucket_from_its_own_on() {
        let latencies = Latencies::default();
        for took_ms in [3, 2_400, 2_401, 20_000] {
            let mut measuring = latencies.measure(Via::Webhook, Instant::now());
            measuring.set_kind(RequestKind::Callback);
            tokio::time::advance(Duration::from_millis(took_ms)).await;
        }
        let seen = latencies.seen();
        let [(Via::Webhook, RequestKind::Callback, latency)] = &seen[..] else {
            panic!("{seen:?}");
        };
        assert_eq!(within(latency, 5), 1);
        assert_eq!(within(latency, 2_000), 1);
        assert_eq!(within(latency, 2_400), 2, "the end belongs to the bucket");
        assert_eq!(within(latency, 2_700), 3);
        assert_eq!(within(latency, 15_000), 3);
        assert_eq!((latency.count, latency.took), (4, Duration::from_millis(24_804)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_never_named_was_refused_and_each_kind_has_its_own_place() {
        let latencies = Latencies::default();
        drop(latencies.measure(Via::Webhook, Instant::now()));
        for kind in RequestKind::ALL {
            latencies.measure(Via::Webhook, Instant::now()).set_kind(kind);
        }
        let push = Via::LongConnection;
        latencies.measure(push, Instant::now()).set_kind(RequestKind::Callback);
        let seen = latencies.seen();
        let seen: Vec<_> = seen.iter().map(|(via, kind, of)| (*via, *kind, of.count)).collect();
        let count = |kind| if kind == RequestKind::Refused { 2 } else { 1 };
        let over_http = RequestKind::ALL.map(|kind| (Via::Webhook, kind, count(kind)));
        assert_eq!(seen, [&over_http[..], &[(push, RequestKind::Callback, 1)]].concat());
    }
}
