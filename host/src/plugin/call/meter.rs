//! The CPU time of a call: what its thread used for it, without the waits for the CPU or the host.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use crate::{plugin::engine::thread_cpu, telemetry::panic_text};

/// Up to here a call is counted by the clock on the wall, and at most so much of a stretch that takes longer. The clock of the
/// thread's CPU time costs a system call, which a call of 20 µs is spared. The server itself takes a few tens of microseconds
/// for a click; a call of so many more is the plugin's share of what the CPU does.
const SHORT: Duration = Duration::from_micros(100);

/// CPU time after which a call has to take turns with others. A handler in Rust takes tens of microseconds; this is more than
/// one stretch, so that a call that lost its CPU to another process does not count as heavy.
const LIGHT_MAX: Duration = Duration::from_millis(2);

/// The reason a call was stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Its deadline passed.
    Deadline,
    /// It exceeded its CPU time.
    Cpu,
    /// The host itself panicked while it served the call, or ended.
    Panic(String),
}

/// A call and the CPU time that it has taken.
pub(super) struct Metered<T> {
    call: Pin<Box<dyn Future<Output = T> + Send>>,
    cpu: Duration,
    cpu_max: Duration,
    /// The thread's own clock is asked: from the beginning, or since it is long.
    is_counted: bool,
}

impl<T> Metered<T> {
    /// `is_counted`: calls like it took long of late, so that it is worth a system call to know it exactly.
    pub(super) fn new(call: Pin<Box<dyn Future<Output = T> + Send>>, cpu_ms_max: u64, is_counted: bool) -> Self {
        Self {
            call,
            cpu: Duration::ZERO,
            cpu_max: Duration::from_millis(cpu_ms_max),
            is_counted,
        }
    }

    /// The CPU time that it has taken.
    pub(super) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Whether it has taken more than a call may that takes no turns.
    pub(super) fn is_heavy(&self) -> bool {
        self.cpu > LIGHT_MAX
    }

    /// Whether it has taken so long that its plugin's calls are counted.
    pub(super) fn is_long(&self) -> bool {
        self.cpu >= SHORT
    }

    /// Goes on with the call until it waits or its turn is over. It ends when it is done or its CPU time is spent.
    ///
    /// A panic in the host's side of a call ends here, and with it only this call: its store is dropped, and the thread that
    /// serves it goes on.
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<Result<T, Stopped>> {
        let cpu_before = self.is_counted.then(thread_cpu);
        let entered = Instant::now();
        let polled = catch_unwind(AssertUnwindSafe(|| self.call.as_mut().poll(task)));
        self.cpu += match cpu_before {
            Some(before) => thread_cpu().saturating_sub(before),
            None => entered.elapsed().min(SHORT),
        };
        self.is_counted |= self.is_long();
        match polled {
            Ok(Poll::Pending) if self.cpu > self.cpu_max => Poll::Ready(Err(Stopped::Cpu)),
            Ok(polled) => Poll::Ready(Ok(ready!(polled))),
            Err(panic) => Poll::Ready(Err(Stopped::Panic(panic_text(panic.as_ref()).to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Future, poll_fn, ready},
        hint::black_box,
        task::Poll,
        time::Duration,
    };

    use tokio::task::yield_now;

    use super::{Metered, Stopped, thread_cpu};

    async fn metered<T>(call: impl Future<Output = T> + Send + 'static, cpu_ms_max: u64) -> Result<T, Stopped> {
        let mut call = Metered::new(Box::pin(call), cpu_ms_max, false);
        poll_fn(|task| call.poll(task)).await
    }

    fn burn(time: Duration) {
        let end = thread_cpu() + time;
        while thread_cpu() < end {
            black_box(());
        }
    }

    /// Waits without giving its thread away, as a plugin does that lost the CPU to another process.
    #[expect(clippy::disallowed_methods, reason = "another process would have the CPU meanwhile")]
    fn lose_the_cpu() {
        std::thread::sleep(Duration::from_millis(30));
    }

    #[tokio::test]
    async fn what_is_done_in_time_is_returned() {
        assert_eq!(metered(ready(5), 500).await, Ok(5));
    }

    #[tokio::test]
    async fn work_ends_when_its_cpu_time_is_spent_however_often_it_yields() {
        let work = async {
            loop {
                burn(Duration::from_micros(10));
                yield_now().await;
            }
        };
        assert_eq!(metered::<()>(work, 3).await, Err(Stopped::Cpu));
        let work = async {
            loop {
                burn(Duration::from_millis(3));
                yield_now().await;
            }
        };
        assert_eq!(metered::<()>(work, 20).await, Err(Stopped::Cpu));
    }

    #[tokio::test]
    async fn the_time_that_others_have_the_cpu_is_not_counted() {
        let work = async {
            for _ in 0..10 {
                lose_the_cpu();
                yield_now().await;
            }
        };
        // 300 ms on the clock.
        let mut call = Metered::new(Box::pin(work), 50, false);
        assert_eq!(poll_fn(|task| call.poll(task)).await, Ok(()));
        assert!(call.cpu < Duration::from_millis(50), "{:?}", call.cpu);
    }

    #[tokio::test]
    async fn a_call_is_heavy_when_it_has_used_the_cpu_and_not_when_it_lost_it_once() {
        let mut call = Metered::new(
            Box::pin(async {
                lose_the_cpu();
                yield_now().await;
                burn(Duration::from_millis(3));
                yield_now().await;
            }),
            500,
            false,
        );
        let mut heavy = Vec::new();
        let done = poll_fn(|task| {
            let polled = call.poll(task);
            heavy.push(call.is_heavy());
            match polled {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        });
        done.await;
        assert_eq!(heavy, [false, true, true]);
    }

    #[tokio::test]
    async fn a_call_of_many_short_stretches_is_long_and_one_that_only_lost_the_cpu_is_not_when_it_is_counted() {
        let mut call = Metered::new(
            Box::pin(async {
                for _ in 0..10 {
                    burn(Duration::from_micros(50));
                    yield_now().await;
                }
            }),
            500,
            false,
        );
        poll_fn(|task| call.poll(task)).await.expect("it ends");
        assert!(call.is_long(), "{:?}", call.cpu);
        let mut lost = Metered::new(Box::pin(async { lose_the_cpu() }), 500, true);
        poll_fn(|task| lost.poll(task)).await.expect("it ends");
        assert!(!lost.is_long(), "{:?}", lost.cpu);
    }

    #[tokio::test]
    async fn a_call_of_one_stretch_is_heavy_when_it_is_counted_and_has_used_the_cpu() {
        let burns = || Box::pin(async { burn(Duration::from_millis(3)) });
        let loses = || Box::pin(async { lose_the_cpu() });
        let mut uncounted = Metered::new(burns(), 500, false);
        let mut counted = Metered::new(burns(), 500, true);
        let mut lost = Metered::new(loses(), 500, true);
        poll_fn(|task| uncounted.poll(task)).await.expect("it ends");
        poll_fn(|task| counted.poll(task)).await.expect("it ends");
        poll_fn(|task| lost.poll(task)).await.expect("it ends");
        assert_eq!(
            [uncounted.is_heavy(), counted.is_heavy(), lost.is_heavy()],
            [false, true, false]
        );
        assert!(uncounted.is_long(), "the next ones are counted");
    }

    #[tokio::test]
    async fn a_panic_ends_the_call_and_nothing_else() {
        assert_eq!(
            metered(async { panic!("host") }, 500).await,
            Err::<(), _>(Stopped::Panic("host".into()))
        );
    }
}
