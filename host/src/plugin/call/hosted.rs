//! The place where a call runs: the caller's thread while it is short, then in turns with other plugins.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tracing::instrument::WithSubscriber as _;

use super::{
    last_place::{self, LastPlace},
    meter::{Metered, Stopped},
};
use crate::plugin::engine::{CpuUsage, Turn, Turns};

/// A running call. Dropping it cancels the call.
pub(super) struct Hosted<T> {
    stage: Stage<T>,
    /// Where it is, once it takes turns: before, it has not taken long enough to be stopped.
    place: Option<LastPlace>,
    turns: Arc<Turns>,
    usage: Arc<CpuUsage>,
}

/// Records how heavy a call was, also when it is cancelled.
struct Noted {
    usage: Arc<CpuUsage>,
    is_heavy: bool,
    is_long: bool,
    cpu: Duration,
}

impl Noted {
    fn of<T>(call: &Metered<T>, usage: &Arc<CpuUsage>) -> Self {
        let mut noted = Self {
            usage: Arc::clone(usage),
            is_heavy: false,
            is_long: false,
            cpu: Duration::ZERO,
        };
        noted.update(call);
        noted
    }

    fn update<T>(&mut self, call: &Metered<T>) {
        (self.is_heavy, self.is_long, self.cpu) = (call.is_heavy(), call.is_long(), call.cpu());
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.usage.note(self.is_heavy, self.is_long);
        self.usage.note_cpu(self.cpu);
    }
}

enum Stage<T> {
    /// With its caller: no thread is woken, and nothing waits for anybody.
    Here(Metered<T>),
    /// On the threads for plugins that take long.
    InTurns(Turn<Result<T, Stopped>>),
    /// On its way from one to the other, and at its end.
    Nowhere,
}

impl<T: Send + 'static> Hosted<T> {
    pub(super) fn new(call: Metered<T>, turns: &Arc<Turns>, usage: &Arc<CpuUsage>) -> Self {
        let mut hosted = Self {
            stage: Stage::Here(call),
            place: None,
            turns: Arc::clone(turns),
            usage: Arc::clone(usage),
        };
        if turns.are_for(usage) {
            hosted.take_turns();
        }
        hosted
    }

    /// The functions in which it is, unless it waits or has not taken long.
    pub(super) fn busy_in(&self) -> Option<String> {
        self.place.as_ref()?.functions()
    }

    fn take_turns(&mut self) {
        let Some(mut call) = self.leave() else { return };
        let mut noted = Noted::of(&call, &self.usage);
        let place = LastPlace::default();
        // Of the slice that it has had here.
        place.note();
        self.place = Some(place.clone());
        let work = async move {
            poll_fn(|task| {
                let polled = call.poll(task);
                place.note();
                noted.update(&call);
                polled
            })
            .await
        };
        // Its log lines go where those of its caller go.
        let work = work.with_current_subscriber();
        self.stage = Stage::InTurns(self.turns.take(&self.usage, Box::pin(work)));
    }
}

impl<T> Hosted<T> {
    /// Takes the call from its caller's thread, and counts what it has used there.
    fn leave(&mut self) -> Option<Metered<T>> {
        let Stage::Here(call) = std::mem::replace(&mut self.stage, Stage::Nowhere) else {
            return None;
        };
        if call.is_long() {
            self.turns.count(&self.usage, call.cpu());
        }
        Some(call)
    }

    /// Records a call that has taken no turns.
    fn end(&mut self) {
        if let Some(call) = self.leave() {
            self.usage.note(call.is_heavy(), call.is_long());
            self.usage.note_cpu(call.cpu());
        }
    }
}

impl<T> Drop for Hosted<T> {
    /// A call that is given up has used the CPU as well.
    fn drop(&mut self) {
        self.end();
    }
}

impl<T: Send + 'static> Future for Hosted<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if let Stage::Here(call) = &mut self.stage {
            let polled = call.poll(task);
            let is_heavy = call.is_heavy();
            match polled {
                Poll::Ready(done) => {
                    self.end();
                    return Poll::Ready(done);
                }
                Poll::Pending if !is_heavy => {
                    last_place::forget();
                    return Poll::Pending;
                }
                Poll::Pending => self.take_turns(),
            }
        }
        let Stage::InTurns(turn) = &mut self.stage else {
            return Poll::Pending;
        };
        Pin::new(turn).poll(task).map(|done| {
            done.unwrap_or_else(|| Err(Stopped::Panic("the thread that made the call has ended".to_owned())))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        hint::black_box,
        pin::pin,
        task::{Context, Waker},
        time::Duration,
    };

    use super::{Future, Hosted, Metered};
    use crate::plugin::{engine::thread_cpu, fixture::Host};

    #[tokio::test]
    async fn a_call_that_is_given_up_has_used_the_cpu_as_well() {
        let host = Host::start().await;
        let usage = host.engine.cpu_usage();
        let work = async {
            let end = thread_cpu() + Duration::from_micros(1_500);
            while thread_cpu() < end {
                black_box(());
            }
            pending::<()>().await;
        };
        let call = Metered::new(Box::pin(work), 500, usage.is_counted());
        {
            let mut hosted = pin!(Hosted::new(call, host.engine.turns(), &usage));
            let polled = hosted.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending(), "it waits");
            assert!(!usage.is_counted(), "nothing is known before its end");
        }
        assert!(usage.is_counted());
    }
}
