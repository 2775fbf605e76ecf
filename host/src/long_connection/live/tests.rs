//! A connection against a Lark of a few lines, in paused time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::{Acknowledgement, Endpoint, Frame, Header, Pace};
use tokio::{
    io::{DuplexStream, duplex},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role},
    },
};
use tokio_util::sync::CancellationToken;

use super::{End, Handled, Live, Lost};
use crate::{
    long_connection::connect::limits,
    telemetry::{Connection, Connections},
};

const PING: u64 = 90;

/// Lark's end, and the connection that is tried.
struct Scene {
    lark: WebSocketStream<DuplexStream>,
    state: Connection,
    stop: CancellationToken,
    ended: JoinHandle<End>,
    proofs: Arc<AtomicU32>,
}

fn endpoint() -> Endpoint {
    Endpoint {
        url: "wss://lark.test/ws".into(),
        host: "lark.test".into(),
        device_id: "7600000000000000001".into(),
        service_id: 33_554_678,
        pace: Pace {
            ping: Duration::from_secs(PING),
            ..Pace::default()
        },
    }
}

/// A connection whose pushes take so long.
async fn scene(handling: Duration) -> Scene {
    let (ours, theirs) = duplex(1 << 20);
    let lark = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    let socket = WebSocketStream::from_raw_socket(ours, Role::Client, Some(limits())).await;
    let (state, stop) = (
        Connections::default().begin(&Arc::from("cli_a1"), 1, true, 0),
        CancellationToken::new(),
    );
    let proofs = Arc::<AtomicU32>::default();
    let ended = tokio::spawn({
        let (state, stop, proofs) = (state.clone(), stop.clone(), Arc::clone(&proofs));
        async move {
            let handle = move |push: lark_protocol::long_connection::Push, _| async move {
                sleep(handling).await;
                Some(Handled {
                    answer: push.frame.answer(Acknowledgement::Taken, 0),
                    written: None,
                })
            };
            let proved = Box::new(move || _ = proofs.fetch_add(1, Ordering::Relaxed));
            Live::run(socket, &endpoint(), &state, handle, proved, || 1_000, &stop).await
        }
    });
    Scene {
        lark,
        state,
        stop,
        ended,
        proofs,
    }
}

fn push(message_id: &str, kind: &str) -> Message {
    let header = |key: &str, value: &str| Header {
        key: key.into(),
        value: value.into(),
    };
    let frame = Frame {
        method: 1,
        log_id: u64::MAX,
        headers: vec![
            header("type", kind),
            header("message_id", message_id),
            header("instance_id", "x"),
        ],
        payload: Some(b"{}".to_vec()),
        ..Frame::default()
    };
    Message::Binary(frame.encode().into())
}

fn pong(config: Option<&str>) -> Message {
    let mut frame = Frame::ping(33_554_678);
    frame.headers[0].value = "pong".into();
    frame.payload = config.map(|config| config.as_bytes().to_vec());
    Message::Binary(frame.encode().into())
}

impl Scene {
    /// The next frame that comes; pings of the WebSocket are answered by the library.
    async fn frame(&mut self) -> Frame {
        loop {
            if let Message::Binary(bytes) = self.lark.next().await.unwrap().unwrap() {
                return Frame::decode(&bytes).unwrap();
            }
        }
    }

    /// The next message of any other kind than those pings.
    async fn message(&mut self) -> Message {
        loop {
            let message = self.lark.next().await.unwrap().unwrap();
            if !message.is_ping() {
                return message;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_comes_at_once_and_then_at_the_interval_that_lark_sets() {
    let mut scene = scene(Duration::ZERO).await;
    let began = Instant::now();
    assert_eq!(scene.frame().await, Frame::ping(33_554_678));
    assert_eq!(began.elapsed(), Duration::ZERO);
    scene.frame().await;
    assert_eq!(began.elapsed(), Duration::from_secs(PING));
    scene.lark.send(pong(Some(r#"{"PingInterval":20}"#))).await.unwrap();
    scene.frame().await;
    assert_eq!(began.elapsed(), Duration::from_secs(PING + 20));
    // What is out of range changes nothing.
    scene.lark.send(pong(Some(r#"{"PingInterval":0}"#))).await.unwrap();
    scene.frame().await;
    assert_eq!(began.elapsed(), Duration::from_secs(PING + 40));
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_idle_minutes_pass_on_one_connection() {
    let mut scene = scene(Duration::ZERO).await;
    let end = Instant::now() + Duration::from_mins(10_000);
    while Instant::now() < end {
        assert_eq!(scene.frame().await.method, 0);
        scene.lark.send(pong(None)).await.unwrap();
    }
    assert!(!scene.ended.is_finished());
    assert_eq!(scene.state.now().unfinished, 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_comes_is_lost_after_45_seconds() {
    let scene = scene(Duration::ZERO).await;
    let began = Instant::now();
    // Lark's end is open and reads nothing.
    let End { lost, lived, .. } = scene.ended.await.unwrap();
    assert!(matches!(lost, Lost::Silent(_)), "{lost}");
    assert_eq!(began.elapsed(), Duration::from_secs(45));
    assert_eq!((lived, scene.proofs.load(Ordering::Relaxed)), (None, 0));
    drop(scene.lark);
}

#[tokio::test(start_paused = true)]
async fn a_connection_lived_from_its_first_to_its_last_sign_of_life() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(scene.proofs.load(Ordering::Relaxed), 0);
    for _ in 0..3 {
        scene.lark.send(pong(None)).await.unwrap();
        sleep(Duration::from_secs(10)).await;
    }
    // From here on Lark's end is open and reads nothing.
    let End { lost, lived, .. } = scene.ended.await.unwrap();
    assert!(matches!(lost, Lost::Silent(_)), "{lost}");
    assert_eq!(lived, Some(Duration::from_secs(20)));
    assert_eq!(scene.proofs.load(Ordering::Relaxed), 1);
    drop(scene.lark);
}

#[tokio::test(start_paused = true)]
async fn whichever_ping_is_answered_first_proves_the_connection() {
    let mut scene = scene(Duration::ZERO).await;
    // The library answers the WebSocket's ping; nobody answers Lark's.
    let _ = tokio::time::timeout(Duration::from_millis(1), async {
        while scene.lark.next().await.is_some() {}
    })
    .await;
    assert_eq!(scene.proofs.load(Ordering::Relaxed), 1);
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_closed_before_anything_else_was_none() {
    let mut scene = scene(Duration::ZERO).await;
    scene.lark.send(closing(1013, "later")).await.unwrap();
    let End { lost, lived, .. } = scene.ended.await.unwrap();
    assert_eq!(lost.to_string(), "Lark closed it with 1013 later");
    assert_eq!((lived, scene.proofs.load(Ordering::Relaxed)), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_answered_with_its_headers_and_all_bits_of_its_log_id() {
    let mut scene = scene(Duration::from_millis(10)).await;
    scene.frame().await;
    scene.lark.send(push("m1", "event")).await.unwrap();
    let answer = scene.frame().await;
    assert_eq!(answer.log_id, u64::MAX);
    assert_eq!(answer.header("instance_id"), Some("x"));
    assert_eq!(answer.payload.as_deref(), Some(&br#"{"code":200}"#[..]));
    scene.lark.send(push("m2", "card")).await.unwrap();
    assert_eq!(scene.frame().await.header("message_id"), Some("m2"));
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_is_counted_and_ends_nothing() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    scene.lark.send(Message::Binary(vec![0xff; 9].into())).await.unwrap();
    scene.lark.send(Message::Text("{}".into())).await.unwrap();
    scene.lark.send(push("m0", "something")).await.unwrap();
    scene.lark.send(push("m1", "event")).await.unwrap();
    assert_eq!(scene.frame().await.header("message_id"), Some("m1"));
    let refused: Vec<_> = scene.state.now().refused_frames.into_iter().collect();
    assert_eq!(refused, [("malformed", 1), ("text", 1), ("unknown", 1)]);
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn slow_pushes_are_bounded_and_do_not_hold_up_the_pings() {
    let mut scene = scene(Duration::from_secs(3_600)).await;
    scene.frame().await;
    for number in 0..300 {
        scene.lark.send(push(&number.to_string(), "event")).await.unwrap();
    }
    scene.frame().await;
    assert_eq!(scene.state.now().refused_frames.get("overloaded"), Some(&44));
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_stop_answers_what_is_in_work_and_closes_in_order() {
    let mut scene = scene(Duration::from_secs(2)).await;
    scene.frame().await;
    scene.lark.send(push("m1", "event")).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    scene.stop.cancel();
    assert_eq!(scene.frame().await.header("message_id"), Some("m1"));
    let close = scene.message().await;
    assert!(matches!(close, Message::Close(Some(close)) if u16::from(close.code) == 1000));
    let _ = scene.lark.next().await;
    assert!(matches!(scene.ended.await.unwrap().lost, Lost::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_close_is_told_with_its_code() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    scene.lark.send(closing(1001, "bye")).await.unwrap();
    let echo = scene.message().await;
    assert!(echo.is_close(), "{echo:?}");
    let lost = scene.ended.await.unwrap().lost;
    assert_eq!(lost.to_string(), "Lark closed it with 1001 bye");
}

fn closing(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }))
}

#[tokio::test(start_paused = true)]
async fn too_many_connections_are_told_from_other_closes() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    scene.lark.send(closing(3001, "too many conns")).await.unwrap();
    let lost = scene.ended.await.unwrap().lost;
    assert!(matches!(lost, Lost::TooMany(_)), "{lost}");
    assert!(
        lost.to_string().contains("3001 too many conns; stop other clients"),
        "{lost}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_counted_and_ends_the_connection_with_its_code() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    assert!(scene.lark.next().await.unwrap().unwrap().is_ping());
    // No answer is left to be written when the close is read.
    scene.lark.flush().await.unwrap();
    let large = Message::Binary(vec![0; 3 << 20].into());
    // Nobody reads it to its end.
    let _ = tokio::time::timeout(Duration::from_millis(1), scene.lark.send(large)).await;
    let close = scene.message().await;
    assert!(
        matches!(&close, Message::Close(Some(close)) if u16::from(close.code) == 1009),
        "{close:?}"
    );
    assert!(matches!(scene.ended.await.unwrap().lost, Lost::TooLarge));
    assert_eq!(scene.state.now().refused_frames.get("too_large"), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_for_a_minute_asks_before_it_believes_in_silence() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    tokio::time::advance(Duration::from_mins(1)).await;
    // Lark's end answers the ping that is due.
    for _ in 0..3 {
        let _ = tokio::time::timeout(Duration::from_secs(1), scene.lark.next()).await;
    }
    scene.lark.send(push("m1", "event")).await.unwrap();
    assert_eq!(scene.frame().await.header("message_id"), Some("m1"));
    scene.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_click_that_comes_while_a_slow_push_holds_up_the_stop_is_answered() {
    let mut scene = scene(Duration::from_secs(2)).await;
    scene.frame().await;
    scene.lark.send(push("slow", "event")).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    scene.stop.cancel();
    sleep(Duration::from_secs(1)).await;
    scene.lark.send(push("late", "card")).await.unwrap();
    assert_eq!(scene.frame().await.header("message_id"), Some("slow"));
    assert_eq!(scene.frame().await.header("message_id"), Some("late"));
    assert!(scene.message().await.is_close());
    let _ = scene.lark.next().await;
    assert!(matches!(scene.ended.await.unwrap().lost, Lost::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_in_time_however_much_comes() {
    let mut scene = scene(Duration::from_millis(20)).await;
    scene.frame().await;
    scene.stop.cancel();
    let began = Instant::now();
    while !scene.ended.is_finished() && began.elapsed() < Duration::from_mins(1) {
        let _ = scene.lark.send(push("m", "event")).await;
        let _ = tokio::time::timeout(Duration::from_millis(1), scene.lark.next()).await;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(began.elapsed() <= Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_other_fragments_do_not_come_is_given_up_and_counted() {
    let mut scene = scene(Duration::ZERO).await;
    scene.frame().await;
    let Message::Binary(bytes) = push("m1", "event") else {
        unreachable!()
    };
    let mut part = Frame::decode(&bytes).unwrap();
    part.headers.push(Header {
        key: "sum".into(),
        value: "2".into(),
    });
    scene.lark.send(Message::Binary(part.encode().into())).await.unwrap();
    for _ in 0..3 {
        let _ = tokio::time::timeout(Duration::from_secs(15), scene.lark.next()).await;
    }
    let state = scene.state.now();
    assert_eq!(
        (state.unfinished, state.refused_frames.get("unfinished")),
        (0, Some(&1))
    );
    scene.stop.cancel();
}
