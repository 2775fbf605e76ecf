//! Work that its caller drives, and that continues as its own task when the caller is dropped.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// The payload of a panic.
pub(super) type Panic = Box<dyn Any + Send>;

/// Runs the work as part of the caller's task. When the caller is dropped early, the rest continues as its own task; senders
/// rarely hang up, so hardly any call pays for spawning a task.
pub(super) async fn detach_on_drop<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Panic> {
    let mut work = Detachable(Some(Box::pin(work)));
    poll_fn(|task| work.poll(task)).await
}

/// The work, until it is done or detached.
struct Detachable<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send + 'static> Detachable<F> {
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        let Some(work) = &mut self.0 else {
            return Poll::Pending;
        };
        let done = match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(task))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(panic) => Err(panic),
        };
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Detachable<F> {
    fn drop(&mut self) {
        // Without a runtime the process is shutting down.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::{
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::detach_on_drop;

    #[tokio::test]
    async fn the_caller_gets_what_came_of_it() {
        assert_eq!(detach_on_drop(async { 5 }).await.ok(), Some(5));
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_when_the_caller_leaves() {
        let (done, told) = oneshot::channel();
        let work = detach_on_drop(async {
            sleep(Duration::from_secs(2)).await;
            done.send(()).ok()
        });
        timeout(Duration::from_secs(1), work)
            .await
            .expect_err("the caller leaves");
        told.await.expect("it was done");
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_it_was_not_begun() {
        let (done, told) = oneshot::channel::<()>();
        drop(detach_on_drop(async move {
            let _done = done;
            pending::<()>().await;
        }));
        told.await.expect_err("nobody does it");
    }

    #[tokio::test]
    async fn a_panic_stays_inside() {
        let panic = detach_on_drop(async { panic!("inside") }).await;
        assert!(panic.is_err_and(|panic| panic.is::<&str>()));
    }
}
