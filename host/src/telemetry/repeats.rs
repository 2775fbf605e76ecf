//! Repeated warnings and errors: the first few are written, the others are counted and summed up in one line.

mod sample;

use std::{
    collections::HashMap,
    fmt::{self, Debug, Write as _},
    hash::{BuildHasher, Hash as _, Hasher, RandomState},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::{
    Event,
    field::{Field, Visit},
};

use self::sample::Sample;

pub(super) use self::sample::TARGET as SUMMARIES;

/// Lines about the same thing that are written before the others are counted.
const WRITTEN_MAX: u32 = 5;

/// Time until the first summary. A line that was not repeated for so long is written again.
const INTERVAL: Duration = Duration::from_secs(10);

/// Longest time between two summaries; it doubles while the repeats go on.
const INTERVAL_MAX: Duration = Duration::from_mins(1);

/// Things that are kept count of. Lines about any more are written.
const THINGS_MAX: usize = 256;

/// Fields that are different for each line about the same thing.
const PASSING: [&str; 9] = [
    "event.id",
    "request.id",
    "lark.log_id",
    "delivery.id",
    "task.id",
    "attempt",
    "duration_ms",
    "retry_in_ms",
    "delay_ms",
];

/// Counts of lines, by what they are about.
pub(super) struct Repeats {
    is_off: AtomicBool,
    hashes: RandomState,
    things: Mutex<HashMap<u64, Thing>>,
}

/// Lines of one call site about one thing.
struct Thing {
    written: u32,
    last: Instant,
    interval: Duration,
    left_out: Option<LeftOut>,
}

/// Lines since the last summary.
struct LeftOut {
    count: u64,
    since: Instant,
    sample: Sample,
}

/// Decision about a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Written,
    /// The first since the last summary; the next one is due then.
    LeftOutUntil(Instant),
    LeftOut,
}

impl Default for Repeats {
    fn default() -> Self {
        Self {
            is_off: AtomicBool::new(false),
            hashes: RandomState::new(),
            things: Mutex::default(),
        }
    }
}

impl Repeats {
    /// Whether repeats are summed up; else every line is written.
    pub(super) fn set(&self, is_on: bool) {
        self.is_off.store(!is_on, Ordering::Relaxed);
    }

    /// Decides about a line.
    pub(super) fn count(&self, event: &Event<'_>, now: Instant) -> Line {
        if self.is_off.load(Ordering::Relaxed) || sample::is_summary(event) {
            return Line::Written;
        }
        let key = self.key(event);
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(thing) = things.get_mut(&key) else {
            if things.len() >= THINGS_MAX {
                things.retain(|_, thing| !thing.is_over(now));
            }
            if things.len() < THINGS_MAX {
                things.insert(key, Thing::new(now));
            }
            return Line::Written;
        };
        if thing.is_over(now) {
            *thing = Thing::new(now);
            return Line::Written;
        }
        thing.last = now;
        if thing.written < WRITTEN_MAX {
            thing.written += 1;
            return Line::Written;
        }
        if let Some(left_out) = &mut thing.left_out {
            left_out.count += 1;
            return Line::LeftOut;
        }
        thing.left_out = Some(LeftOut {
            count: 1,
            since: now,
            sample: Sample::of(event),
        });
        Line::LeftOutUntil(now + thing.interval)
    }

    /// Logs the summaries that are due, or all of them at the end. Returns how many there were, and when the next one
    /// is due.
    pub(super) fn sum_up(&self, now: Instant, is_end: bool) -> (usize, Option<Instant>) {
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        for thing in things.values_mut() {
            let Some(since) = thing.left_out.as_ref().map(|left_out| left_out.since) else {
                continue;
            };
            if is_end || now >= since + thing.interval {
                due.extend(thing.left_out.take());
                thing.interval = (thing.interval * 2).min(INTERVAL_MAX);
            } else {
                next = Some(next.map_or(since + thing.interval, |next| next.min(since + thing.interval)));
            }
        }
        // The summaries are lines themselves.
        drop(things);
        due.sort_by_key(|left_out| left_out.since);
        for left_out in &due {
            left_out.sample.log(left_out.count, now.duration_since(left_out.since));
        }
        (due.len(), next)
    }

    /// Hash of what a line is about: its call site, and the fields that say of which application, plugin and so on.
    /// The hash cannot be foreseen, so nobody can have the line of another left out.
    fn key(&self, event: &Event<'_>) -> u64 {
        let mut identity = Identity(self.hashes.build_hasher());
        event.metadata().callsite().hash(&mut identity.0);
        event.record(&mut identity);
        identity.0.finish()
    }
}

impl Thing {
    fn new(now: Instant) -> Self {
        Self {
            written: 1,
            last: now,
            interval: INTERVAL,
            left_out: None,
        }
    }

    /// Whether the repeats have ended and are summed up.
    fn is_over(&self, now: Instant) -> bool {
        self.left_out.is_none() && now.saturating_duration_since(self.last) >= self.interval
    }
}

/// Hasher of fields; formats values into the hash, without a buffer.
struct Identity<H>(H);

impl<H: Hasher> Visit for Identity<H> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !PASSING.contains(&field.name()) {
            field.name().hash(&mut self.0);
            // The hasher takes everything.
            let _ = write!(self, "{value:?}");
            self.0.write_u8(0xff);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut cause = Some(value);
        while let Some(error) = cause {
            self.record_debug(field, &format_args!("{error}"));
            cause = error.source();
        }
    }
}

impl<H: Hasher> fmt::Write for Identity<H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fmt::Debug,
        sync::{Arc, Mutex},
        time::{Duration, Instant},
    };

    use tracing::{
        Event, Subscriber,
        field::{Field, Visit},
    };
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt as _},
    };

    use super::{Line, Repeats, THINGS_MAX};

    /// Counts lines at a time that the test sets.
    #[derive(Clone)]
    struct Counting {
        repeats: Arc<Repeats>,
        now: Arc<Mutex<Instant>>,
        lines: Arc<Mutex<Vec<Line>>>,
        summaries: Arc<Mutex<Vec<String>>>,
    }

    impl<S: Subscriber> Layer<S> for Counting {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            if super::sample::is_summary(event) {
                event.record(&mut Message(&mut self.summaries.lock().unwrap()));
                return;
            }
            let line = self.repeats.count(event, *self.now.lock().unwrap());
            self.lines.lock().unwrap().push(line);
        }
    }

    /// Keeps the message of a line.
    struct Message<'a>(&'a mut Vec<String>);

    impl Visit for Message<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if field.name() == "message" {
                self.0.push(format!("{value:?}"));
            }
        }
    }

    impl Counting {
        fn start() -> (Self, tracing::subscriber::DefaultGuard) {
            let counting = Self {
                repeats: Arc::default(),
                now: Arc::new(Mutex::new(Instant::now())),
                lines: Arc::default(),
                summaries: Arc::default(),
            };
            let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(counting.clone()));
            (counting, guard)
        }

        fn pass(&self, seconds: u64) {
            *self.now.lock().unwrap() += Duration::from_secs(seconds);
        }

        /// How many of the lines since the last call were written.
        fn written(&self) -> usize {
            let lines = std::mem::take(&mut *self.lines.lock().unwrap());
            lines.iter().filter(|line| **line == Line::Written).count()
        }

        fn summaries(&self, is_end: bool) -> Vec<String> {
            self.repeats.sum_up(*self.now.lock().unwrap(), is_end);
            std::mem::take(&mut *self.summaries.lock().unwrap())
        }
    }

    fn fail(plugin: &str, event: u32) {
        tracing::warn!(plugin.name = plugin, event.id = event, error = "trap", "Event failed");
    }

    #[test]
    fn after_five_lines_about_the_same_the_others_are_summed_up() {
        let (counting, _guard) = Counting::start();
        for event in 0..100 {
            fail("quiz", event);
        }
        assert_eq!(counting.written(), 5);
        assert!(counting.summaries(false).is_empty(), "it is not yet time");
        counting.pass(10);
        assert_eq!(counting.summaries(false), ["Event failed (repeated 95 times in 10 s)"]);
        fail("quiz", 100);
        assert_eq!(counting.written(), 0, "it goes on");
        assert_eq!(counting.summaries(true), ["Event failed (repeated 1 time in 0 s)"]);
    }

    #[test]
    fn the_first_line_about_anything_is_written_at_once() {
        let (counting, _guard) = Counting::start();
        for event in 0..10 {
            fail("quiz", event);
            fail("votes", event);
        }
        assert_eq!(counting.written(), 10);
        tracing::warn!(plugin.name = "quiz", error = "no_memory", "Event failed");
        tracing::error!(plugin.name = "quiz", error = "trap", "Event failed");
        assert_eq!(counting.written(), 2);
    }

    #[test]
    fn a_line_that_comes_back_after_a_silence_is_written() {
        let (counting, _guard) = Counting::start();
        for event in 0..7 {
            fail("quiz", event);
        }
        counting.pass(10);
        assert_eq!((counting.written(), counting.summaries(false).len()), (5, 1));
        counting.pass(20);
        fail("quiz", 7);
        assert_eq!(counting.written(), 1);
    }

    #[test]
    fn a_line_every_few_seconds_is_summed_up_ever_less_often() {
        let (counting, _guard) = Counting::start();
        let mut summaries = Vec::new();
        for event in 0..300 {
            fail("quiz", event);
            counting.pass(1);
            summaries.extend(counting.summaries(false));
        }
        assert_eq!(counting.written(), 5);
        let first = summaries.first().map(String::as_str);
        assert_eq!(first, Some("Event failed (repeated 10 times in 10 s)"));
        let last = summaries.last().map(String::as_str);
        assert_eq!(last, Some("Event failed (repeated 60 times in 60 s)"));
    }

    #[test]
    fn more_things_than_are_counted_are_written_and_take_no_memory() {
        let (counting, _guard) = Counting::start();
        for round in 0..10 {
            for thing in 0..2 * THINGS_MAX {
                fail(&thing.to_string(), round);
            }
        }
        assert_eq!(counting.repeats.things.lock().unwrap().len(), THINGS_MAX);
        assert_eq!(counting.written(), 10 * THINGS_MAX + 5 * THINGS_MAX);
        counting.summaries(true);
        counting.pass(60);
        fail("another", 1);
        assert_eq!(counting.repeats.things.lock().unwrap().len(), 1);
    }

    #[test]
    fn every_line_is_written_when_repeats_are_wanted() {
        let (counting, _guard) = Counting::start();
        counting.repeats.set(false);
        for event in 0..10 {
            fail("quiz", event);
        }
        assert_eq!(counting.written(), 10);
    }
}
