//! The two clocks of a call: the wall clock until its deadline, and the CPU time that it takes on the way.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::{Duration, Instant as CpuInstant},
};

use tokio::time::{Instant, timeout_at};

/// Why a call was stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Its time was over.
    Deadline,
    /// It took too much CPU time.
    Cpu,
    /// The host itself panicked while it served the call.
    Panic(String),
}

/// Runs a call until it is done, its deadline has come, or it has taken too much CPU time: the time inside `poll`, so that
/// waiting for the database is not counted as work. A busy plugin returns from `poll` at each tick of the engine.
///
/// A panic in the host's side of a call ends here, and with it only this call: its store is dropped, and the task that
/// serves the request goes on.
pub(super) async fn metered<T>(
    call: impl Future<Output = T>,
    deadline: Instant,
    cpu_ms_max: u64,
) -> Result<T, Stopped> {
    let cpu_max = Duration::from_millis(cpu_ms_max);
    let mut cpu = Duration::ZERO;
    let mut call = pin!(call);
    let counted = poll_fn(|task| {
        let entered = CpuInstant::now();
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(task)));
        cpu += entered.elapsed();
        match polled {
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Ok(Poll::Pending) if cpu > cpu_max => Poll::Ready(Err(Stopped::Cpu)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(Stopped::Panic(message(panic.as_ref())))),
        }
    });
    timeout_at(deadline, counted).await.unwrap_or(Err(Stopped::Deadline))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        time::Duration,
    };

    use tokio::time::{Instant, sleep};

    use super::{Stopped, metered};

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(100)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_in_time_is_returned() {
        assert_eq!(metered(ready(5), soon(), 500).await, Ok(5));
        assert_eq!(
            metered(async { sleep(Duration::from_millis(99)).await }, soon(), 500).await,
            Ok(())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_at_the_deadline() {
        assert_eq!(metered(pending::<()>(), soon(), 500).await, Err(Stopped::Deadline));
    }

    #[tokio::test]
    async fn work_ends_when_its_cpu_time_is_spent_however_often_it_yields() {
        let work = async {
            loop {
                tokio::task::yield_now().await;
            }
        };
        let deadline = Instant::now() + Duration::from_secs(3600);
        assert_eq!(metered::<()>(work, deadline, 1).await, Err(Stopped::Cpu));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_is_not_work() {
        let wait = async { sleep(Duration::from_secs(3600)).await };
        assert_eq!(
            metered(wait, Instant::now() + Duration::from_secs(3601), 1).await,
            Ok(())
        );
    }

    #[tokio::test]
    async fn a_panic_ends_the_call_and_nothing_else() {
        assert_eq!(
            metered(async { panic!("host") }, soon(), 500).await,
            Err::<(), _>(Stopped::Panic("host".into()))
        );
    }
}
