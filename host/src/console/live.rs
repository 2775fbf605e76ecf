//! Live parts of pages by server-sent events. The browser sets the pace: the next state is made when it has taken the last.

use std::{
    convert::Infallible,
    future::Future,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use maud::Markup;
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::{Instant, Interval, MissedTickBehavior, interval, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::codes::both;

/// Streams at the same time. Each takes a connection of the listener.
const STREAMS_MAX: usize = 64;

/// Time after which a stream ends and the browser asks again: with a session that may have ended.
const LIFETIME_MAX: Duration = Duration::from_secs(600);

/// Time after which a quiet stream says that it is alive; proxies close silent ones after a minute.
const QUIET_MAX: Duration = Duration::from_secs(15);

const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// Event of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// Name by which a script listens.
    pub(crate) event: &'static str,
    /// Text: a fragment of a page, or JSON.
    pub(crate) data: Arc<str>,
}

/// A part that took so long to make is made again after this many times as long: watching takes a twentieth of what it costs at
/// most.
pub(super) const REST: u32 = 20;

impl Update {
    /// The event as it is sent.
    fn frame(&self) -> Bytes {
        let mut frame = format!("event: {}\n", self.event);
        for line in self.data.split(['\n', '\r']) {
            frame.push_str("data: ");
            frame.push_str(line);
            frame.push('\n');
        }
        frame.push('\n');
        frame.into()
    }
}

/// Live streams of this server.
#[derive(Debug)]
pub(crate) struct Live {
    places: Arc<Semaphore>,
    leaving: CancellationToken,
}

struct Stream<M> {
    make: M,
    ticks: Interval,
    ends: Instant,
    leaving: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Live {
    pub(super) fn new(leaving: CancellationToken) -> Self {
        Self {
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
            leaving,
        }
    }

    /// Whether an answer is such a stream.
    pub(super) fn is_stream(response: &Response) -> bool {
        response.headers().get(header::CONTENT_TYPE) == Some(&STREAM)
    }

    /// Answers with a stream that makes an update at most this often, and none while the browser does not read: a slow one
    /// gets fewer, and always the latest. Nothing is sent for `None`.
    pub(crate) fn follow<M, F>(&self, every: Duration, make: M) -> Response
    where
        M: FnMut() -> F + Send + 'static,
        F: Future<Output = Option<Update>> + Send,
    {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let text = both(
                "64 live pages are open already, so this one does not follow. Load it again to see the latest.",
                "已有 64 个页面在实时更新；本页不再跟随。重新加载可查看最新内容。",
            );
            return Failure::new(StatusCode::SERVICE_UNAVAILABLE, text).into_response();
        };
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stream = Stream {
            make,
            ticks,
            ends: Instant::now() + LIFETIME_MAX,
            leaving: self.leaving.clone(),
            _place: place,
        };
        let frames = stream::unfold(stream, async |mut stream| {
            let frame = stream.next().await?;
            Some((Ok::<_, Infallible>(frame), stream))
        });
        let mut response = Body::from_stream(frames).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, STREAM);
        // For nginx, which would hold the stream back.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }

    /// The same with one part of a page, sent when it is another than before. Nothing is sent for `None`.
    pub(crate) fn follow_part<M, F>(&self, every: Duration, mut make: M) -> Response
    where
        M: FnMut() -> F + Send + 'static,
        F: Future<Output = Option<Markup>> + Send + 'static,
    {
        let shown = Arc::new(std::sync::Mutex::new(String::new()));
        let rest_until = Arc::new(std::sync::Mutex::new(None));
        self.follow(every, move || {
            let (made, shown, rest_until) = (make(), Arc::clone(&shown), Arc::clone(&rest_until));
            async move {
                let begun = Instant::now();
                let resting = rest_until
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .is_some_and(|until| begun < until);
                if resting {
                    return None;
                }
                let html = made.await?.into_string();
                let rest = begun + begun.elapsed() * REST;
                *rest_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                if *shown == html {
                    return None;
                }
                shown.clone_from(&html);
                Some(Update {
                    event: "part",
                    data: html.into(),
                })
            }
        })
    }
}

impl<M, F> Stream<M>
where
    M: FnMut() -> F + Send,
    F: Future<Output = Option<Update>> + Send,
{
    /// Next bytes; absent at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let quiet = Instant::now() + QUIET_MAX;
        loop {
            let made = async {
                self.ticks.tick().await;
                (self.make)().await
            };
            let made = tokio::select! {
                made = timeout_at(quiet.min(self.ends), made) => made,
                () = self.leaving.cancelled() => return None,
            };
            match made {
                Ok(Some(update)) => return Some(update.frame()),
                Ok(None) if Instant::now() < quiet => {}
                Ok(None) | Err(_) if Instant::now() < self.ends => return Some(Bytes::from_static(b": alive\n\n")),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

/// Value that many watchers share: made again at most this often, however many ask.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    every: Duration,
    made: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Recent<T> {
    /// A value that is made when somebody asks.
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            made: Mutex::new(None),
        }
    }

    /// Returns the value; makes it if it is too old.
    pub(crate) async fn get<F: Future<Output = T>>(&self, make: impl FnOnce() -> F) -> T {
        let mut made = self.made.lock().await;
        if let Some((at, value)) = &*made
            && at.elapsed() < self.every
        {
            return value.clone();
        }
        let value = make().await;
        *made = Some((Instant::now(), value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::StreamExt as _;

    use super::*;

    fn update(data: &str) -> Update {
        Update {
            event: "state",
            data: data.into(),
        }
    }

    #[test]
    fn no_text_can_begin_an_event_of_its_own() {
        let frame = update("a\n\nevent: other\rdata: x\r\n").frame();
        let frame = std::str::from_utf8(&frame).unwrap();
        let lines: Vec<_> = frame.lines().collect();
        assert_eq!(lines[0], "event: state");
        assert!(
            lines[1..lines.len() - 1].iter().all(|line| line.starts_with("data: ")),
            "{frame}"
        );
        assert_eq!((frame.matches("\n\n").count(), frame.contains('\r')), (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_made_while_nobody_reads_and_then_the_latest() {
        let live = Live::new(CancellationToken::new());
        let made = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&made);
        let response = live.follow(Duration::from_secs(1), move || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            async move { Some(update(&number.to_string())) }
        });
        let mut frames = response.into_body().into_data_stream();
        frames.next().await.unwrap().unwrap();
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert_eq!(frames.next().await.unwrap().unwrap(), update("1").frame());
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_says_that_it_is_alive_and_ends_one_day() {
        let live = Live::new(CancellationToken::new());
        let begun = Instant::now();
        let response = live.follow(Duration::from_secs(1), || async { None });
        let frames: Vec<_> = response.into_body().into_data_stream().collect().await;
        assert!(frames.iter().all(|frame| frame.as_ref().unwrap().starts_with(b":")));
        assert!(frames.len() > 30, "{}", frames.len());
        assert!(begun.elapsed() < LIFETIME_MAX + QUIET_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn streams_end_when_the_server_stops_and_are_limited() {
        let leaving = CancellationToken::new();
        let live = Live::new(leaving.clone());
        let follow = || live.follow(Duration::from_secs(1), || async { None });
        let open: Vec<_> = (0..STREAMS_MAX).map(|_| follow()).collect();
        assert_eq!(follow().status(), StatusCode::SERVICE_UNAVAILABLE);
        leaving.cancel();
        for response in open {
            assert_eq!(response.into_body().into_data_stream().count().await, 0);
        }
        assert_eq!(follow().status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_made_once_for_many() {
        let recent = Recent::new(Duration::from_secs(1));
        let made = AtomicU32::new(0);
        let get = async || recent.get(|| async { made.fetch_add(1, Ordering::Relaxed) }).await;
        assert_eq!([get().await, get().await, get().await], [0; 3]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(get().await, 1);
    }
}
