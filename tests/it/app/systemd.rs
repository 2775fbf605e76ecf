//! The service manager: this file plays systemd, with its datagrams, its watchdog and its sockets.

use std::{
    net::TcpListener,
    os::{
        fd::OwnedFd,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Client, Connection, Place, Program, Request, until};

/// The side of systemd.
struct Manager(tokio::net::UnixDatagram);

impl Manager {
    fn at_path(place: &Place) -> (Self, String) {
        let path = place.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        (Self::of(socket), path.to_str().unwrap().to_owned())
    }

    fn at_abstract_name(place: &Place) -> (Self, String) {
        let name = place.path("notify").to_str().unwrap().to_owned();
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        (Self::of(socket), format!("@{name}"))
    }

    fn of(socket: UnixDatagram) -> Self {
        socket.set_nonblocking(true).unwrap();
        Self(tokio::net::UnixDatagram::from_std(socket).unwrap())
    }

    async fn next(&self) -> String {
        let mut bytes = [0; 2048];
        let length = self.0.recv(&mut bytes).await.unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    /// The next message with this text, which is not preceded by one with any of the others.
    async fn until(&self, text: &str) -> String {
        until(&format!("the message {text}"), async || {
            let message = self.next().await;
            message.contains(text).then_some(message)
        })
        .await
    }

    /// Waits until nothing was sent for this long.
    async fn until_silent(&self, this_long: Duration) {
        until("silence", async || {
            tokio::time::timeout(this_long, self.next()).await.err()
        })
        .await;
    }
}

fn number_in(message: &str, name: &str) -> u64 {
    let line = message
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("no {name} in {message}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn it_tells_when_it_is_ready_reloads_and_stops() {
    for at in [Manager::at_path, Manager::at_abstract_name] {
        let place = Place::new().plugin("echo");
        let (manager, name) = at(&place);
        let place = place.set("NOTIFY_SOCKET", &name);
        let mut program = place.run(&[]);
        let starting = manager.next().await;
        assert!(starting.starts_with("EXTEND_TIMEOUT_USEC="), "{starting}");
        let ready = manager.until("READY=1").await;
        assert!(ready.contains("\nSTATUS="), "{ready}");
        program.serving().await;
        let status = manager.until("STATUS=Serving at 127.0.0.1:").await;
        assert!(status.ends_with("with 2 plugins"), "{status}");
        program.signal(Signal::HUP);
        let reloading = manager.until("RELOADING=1").await;
        assert!(number_in(&reloading, "MONOTONIC_USEC") > 0, "{reloading}");
        manager.until("READY=1").await;
        program.signal(Signal::TERM);
        let stopping = manager.until("STOPPING=1").await;
        assert!(number_in(&stopping, "EXTEND_TIMEOUT_USEC") > 40_000_000, "{stopping}");
        let finished = program.finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
}

#[tokio::test]
async fn a_broken_plugin_is_seen_in_the_status() {
    let place = Place::new().file("broken.wasm", b"no component");
    let (manager, name) = Manager::at_path(&place);
    let place = place.set("NOTIFY_SOCKET", &name);
    let _program = place.run(&[]);
    let status = manager.until("not used: 1").await;
    assert!(status.contains("lark-callback plugin list"), "{status}");
}

#[tokio::test]
async fn the_watchdog_is_fed_until_the_writer_hangs_and_again_when_it_moves() {
    let place = Place::new();
    let (manager, name) = Manager::at_path(&place);
    let place = place.set("NOTIFY_SOCKET", &name).set("WATCHDOG_USEC", "600000");
    let mut program = place.run(&[]);
    let door = program.serving().await;
    for _ in 0..3 {
        manager.until("WATCHDOG=1").await;
    }
    let url = format!("sqlite:{}", place.path("data/config.db").display());
    let mut shell = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("begin immediate").execute(&mut shell).await.unwrap();
    let sending = tokio::spawn(async move {
        loop {
            // Each is given up after a while, and the next one waits.
            door.send(&door.lark.message("waits for the database")).await;
        }
    });
    manager.until("STATUS=Stuck: the database writer").await;
    manager.until_silent(Duration::from_millis(500)).await;
    program.until_logged("watchdog is not fed").await;
    sending.abort();
    shell.close().await.unwrap();
    manager.until("WATCHDOG=1").await;
    manager.until("STATUS=Serving").await;
}

#[tokio::test]
async fn a_watchdog_that_is_for_another_process_is_not_fed() {
    let place = Place::new();
    let (manager, name) = Manager::at_path(&place);
    let place = place
        .set("NOTIFY_SOCKET", &name)
        .set("WATCHDOG_USEC", "60000")
        .set("WATCHDOG_PID", "1");
    let mut program = place.run(&[]);
    program.serving().await;
    manager.until("STATUS=Serving").await;
    program.signal(Signal::HUP);
    loop {
        let message = manager.next().await;
        assert!(!message.contains("WATCHDOG"), "{message}");
        if message.contains("READY=1") {
            break;
        }
    }
}

/// A socket as systemd binds it, and where it listens.
fn bound() -> (TcpListener, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let door = Client {
        address: listener.local_addr().unwrap(),
        lark: Place::new().lark,
    };
    (listener, door)
}

fn handed(listener: &TcpListener) -> Option<OwnedFd> {
    Some(listener.try_clone().unwrap().into())
}

#[tokio::test]
async fn it_serves_at_the_sockets_that_it_is_handed() {
    let (listener, door) = bound();
    let (operator, operator_door) = bound();
    let place = Place::new()
        .plugin("echo")
        .set("CALLBACK_ADMIN", "on")
        // What is set is not used, and so it does not matter that it is taken.
        .set("CALLBACK_SERVER_PORT", &door.address.port().to_string())
        .set("CALLBACK_ADMIN_PORT", &operator_door.address.port().to_string());
    let sockets = [handed(&listener), handed(&operator)];
    let mut program = place.activate(sockets, "lark-callback.socket:operator");
    assert_eq!(program.serving().await.address, door.address);
    assert_eq!(door.click(json!({"echo": "activated"})).await.toast(), "activated");
    let ready = operator_door.send(&Request::get("/readyz")).await;
    assert_eq!(ready.status, 200, "{ready:?}");
    let listed = place.run(&["events", "list", "--json"]).finished().await;
    assert!(listed.stdout.contains("card.action.trigger"), "{listed:?}");
    // Both are still there for the next process.
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let mut program = place.activate([handed(&operator), handed(&listener)], "operator:callback");
    assert_eq!(program.serving().await.address, door.address);
}

#[tokio::test]
async fn a_socket_that_cannot_be_placed_ends_the_start() {
    let (listener, _) = bound();
    let (other, _) = bound();
    let place = Place::new();
    for (sockets, names, wanted) in [
        ([handed(&listener), None], "metrics", "FileDescriptorName=callback"),
        (
            [handed(&listener), handed(&other)],
            "callback:callback",
            "two sockets for the public listener",
        ),
    ] {
        let finished = place.activate(sockets, names).finished().await;
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains(wanted), "{finished:?}");
    }
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let finished = place.activate([Some(client.into()), None], "callback").finished().await;
    assert!(finished.stderr.contains("Accept=no"), "{finished:?}");
}

#[tokio::test]
async fn a_socket_that_everybody_reaches_needs_what_an_address_needs() {
    let everywhere = || Some(TcpListener::bind("0.0.0.0:0").unwrap().into());
    let place = Place::new().set("CALLBACK_ADMIN", "on").set("CALLBACK_ADMIN_PORT", "0");
    let finished = place.activate([everywhere(), None], "operator").finished().await;
    assert!(finished.stderr.contains("set CALLBACK_ADMIN_TOKEN"), "{finished:?}");
    let place = Place::new().unset("LARK_ENCRYPT_KEY");
    let finished = place.activate([everywhere(), None], "callback").finished().await;
    assert!(finished.stderr.contains("LARK_ENCRYPT_KEY is missing"), "{finished:?}");
}

/// Clicks on a new connection each time until told to stop, and counts the answers.
async fn load(door: Client, done: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    while !done.load(Ordering::Relaxed) {
        let answer = Connection::open(door.address)
            .await
            .send(&door.lark.click(json!({"echo": "x"})))
            .await;
        assert_eq!(answer.toast(), "x");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn restarted(place: &Place, listener: &TcpListener, program: Program) -> Program {
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut program = place.activate([handed(listener), None], "callback");
    program.serving().await;
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_fails_no_request() {
    let (listener, door) = bound();
    let place = Place::new().plugin("echo");
    let mut program = place.activate([handed(&listener), None], "callback");
    program.serving().await;
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8)
        .map(|_| tokio::spawn(load(door.clone(), Arc::clone(&done), Arc::clone(&answered))))
        .collect();
    for _ in 0..3 {
        let so_far = answered.load(Ordering::Relaxed);
        until("some answers", async || {
            (answered.load(Ordering::Relaxed) >= so_far + 50).then_some(())
        })
        .await;
        program = restarted(&place, &listener, program).await;
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let serving: Value = door.health().await;
    assert_eq!(serving["status"], "ok");
}

#[tokio::test]
async fn a_hangup_in_the_first_moments_is_remembered() {
    let place = Place::new().set("CALLBACK_ADMIN", "off");
    for _ in 0..5 {
        let mut program = place.run(&[]);
        let status = format!("/proc/{}/status", program.id());
        until("the handler of SIGHUP", async || {
            let status = std::fs::read_to_string(&status).ok()?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim();
            (u64::from_str_radix(caught, 16).unwrap() & 1 == 1).then_some(())
        })
        .await;
        program.signal(Signal::HUP);
        program.until_logged("Settings reloaded").await;
        program.signal(Signal::TERM);
        assert_eq!(program.finished().await.code, Some(0));
    }
}
