//! The cost of a click over the long connection beside one over HTTP, on the same server in the same run.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::{Answered, Frame, OutgoingPush};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    load,
    measure::send,
    server::Server,
};

const SERVICE: i32 = 33_554_678;

/// One load: CPU time of the server for each click, and clicks a second.
struct Cost {
    cpu_us: f64,
    per_second: f64,
}

pub(crate) async fn run(effort: &Effort) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let url = format!("http://{address}");
    let variables = [
        ("LARK_TRANSPORT", "both"),
        ("LARK_API_BASE_URL", &*url),
        ("LARK_ACCOUNTS_BASE_URL", &*url),
    ];
    let server = Server::with_variables("bench_toast", &variables);
    let mut socket = accept(&listener, address).await;
    server.until_loaded();
    let mut lark = Lark::new();
    let mut rounds = Vec::new();
    for _ in 0..effort.rounds {
        // Next to each other, so that both see the same weather.
        let posted = posted(&server, effort, &mut lark).await;
        let pushed = pushed(&server, &mut socket, effort, &mut lark).await;
        rounds.push((pushed.cpu_us / posted.cpu_us, posted, pushed));
    }
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (rounds[0].0, rounds[rounds.len() - 1].0);
    let (ratio, posted, pushed) = &rounds[rounds.len() / 2];
    println!("| click, durable receipt and reply | over HTTP | over the long connection | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| CPU µs | {:.1} | {:.1} | **{ratio:.2}** ({least:.2} to {most:.2}) |",
        posted.cpu_us, pushed.cpu_us
    );
    println!("| a second | {:.0} | {:.0} | |", posted.per_second, pushed.per_second);
}

async fn posted(server: &Server, effort: &Effort, lark: &mut Lark) -> Cost {
    let opening = load::Connections::open(server.address, CONNECTIONS);
    let mut connections = opening.await.expect("it listens");
    let warm_up = lark.requests(Question::Click, effort.requests / 10);
    let requests = lark.requests(Question::Click, effort.requests);
    send(&mut connections, warm_up, None, Question::Click, lark).await;
    server.settle();
    let before = server.cpu();
    let load = send(&mut connections, requests, None, Question::Click, lark).await;
    server.settle();
    cost(server.cpu() - before, effort, load.elapsed)
}

async fn pushed(server: &Server, socket: &mut WebSocketStream<TcpStream>, effort: &Effort, lark: &mut Lark) -> Cost {
    let warm_up = frames(lark, effort.requests / 10);
    let frames = frames(lark, effort.requests);
    push(socket, warm_up).await;
    server.settle();
    let (before, began) = (server.cpu(), Instant::now());
    push(socket, frames).await;
    let elapsed = began.elapsed();
    server.settle();
    cost(server.cpu() - before, effort, elapsed)
}

fn cost(cpu: Duration, effort: &Effort, elapsed: Duration) -> Cost {
    Cost {
        cpu_us: cpu.as_secs_f64() * 1e6 / effort.requests as f64,
        per_second: effort.requests as f64 / elapsed.as_secs_f64(),
    }
}

fn frames(lark: &mut Lark, count: usize) -> Vec<Vec<u8>> {
    let one = |_| {
        let (id, body) = lark.click();
        let push = OutgoingPush {
            message_id: &id,
            trace_id: &id,
            service: SERVICE,
            body: body.as_bytes(),
        };
        push.frames(1).remove(0).encode()
    };
    (0..count).map(one).collect()
}

/// Keeps as many clicks on their way as there are connections over HTTP. Each answer must be the right one.
async fn push(socket: &mut WebSocketStream<TcpStream>, frames: Vec<Vec<u8>>) {
    let wanted = Question::Click.answer();
    let mut reply: Option<Arc<[u8]>> = None;
    let (mut waiting, mut frames) = (0_usize, frames.into_iter());
    loop {
        while waiting < CONNECTIONS
            && let Some(frame) = frames.next()
        {
            socket.feed(Message::Binary(frame.into())).await.expect("it is taken");
            waiting += 1;
        }
        socket.flush().await.expect("it is taken");
        if waiting == 0 {
            return;
        }
        let Some(Ok(message)) = socket.next().await else {
            panic!("the server closed the connection");
        };
        let Message::Binary(bytes) = message else { continue };
        let frame = Frame::decode(&bytes).expect("a frame");
        if frame.method == 0 {
            continue;
        }
        let answered = Answered::read(frame.payload.as_deref().unwrap_or_default()).expect("an answer");
        let said = answered.reply.unwrap_or_default();
        match &reply {
            Some(reply) => assert_eq!(**reply, *said),
            None => {
                let read: Value = serde_json::from_slice(&said).expect("JSON");
                assert_eq!((answered.code, &read), (200, &wanted));
                reply = Some(said.into());
            }
        }
        waiting -= 1;
    }
}

/// Lark's end: one discovery, one upgrade.
async fn accept(listener: &TcpListener, address: SocketAddr) -> WebSocketStream<TcpStream> {
    loop {
        let (mut stream, _) = listener.accept().await.expect("somebody comes");
        let mut bytes = Vec::new();
        while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            assert!(stream.read_buf(&mut bytes).await.expect("a request") > 0);
        }
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let answer = if head.starts_with("get /ws/v2?") {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            let key = lines.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
            let accept = derive_accept_key(key.expect("a key").1.trim().as_bytes());
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
                 sec-websocket-accept: {accept}\r\n\r\n"
            )
        } else {
            let url = format!("ws://{address}/ws/v2?device_id=7600000000000000001&service_id={SERVICE}&ticket=t");
            let body = json!({"code": 0, "msg": "", "data": {"URL": url}}).to_string();
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        stream.write_all(answer.as_bytes()).await.expect("it is read");
        if head.starts_with("get /ws/v2?") {
            stream.set_nodelay(true).expect("a socket");
            return WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        }
    }
}
