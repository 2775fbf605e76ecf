//! Senders that keep a list of what was answered, while servers come and go.

use std::{io::ErrorKind, time::Duration};

use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use crate::support::{Answer, Client, Connection, Lark, Request, event_id};

/// Senders at once: enough that several rows share a commit.
const SENDERS: usize = 8;

/// Before an event is sent again; Lark waits 15 s.
const AGAIN: Duration = Duration::from_millis(10);

/// The promises of a server.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// Events answered 200: their ids, and those of the messages in them.
    pub(super) events: Vec<(String, String)>,
    /// Clicks with a reply: their ids, the keys under which they were counted, and the toasts.
    pub(super) clicks: Vec<(String, String, String)>,
    /// Tries that were refused or cut off.
    pub(super) refused: u32,
    /// How the last of them ended, for a test in which there must be none.
    pub(super) last_refusal: Option<&'static str>,
}

impl Promises {
    fn refuse(&mut self, how: &'static str) {
        self.refused += 1;
        self.last_refusal = Some(how);
    }
}

/// Senders at work.
#[derive(Debug)]
pub(super) struct Traffic {
    doors: watch::Sender<Vec<Client>>,
    stop: watch::Sender<bool>,
    senders: JoinSet<Promises>,
}

impl Traffic {
    /// Begins to send, as soon as there is a client.
    pub(super) fn begin(lark: &Lark) -> Self {
        Self::of(lark, false)
    }

    /// The same behind a round-robin that opens a connection for each request, and goes on to the next server when it is
    /// refused before a byte was sent. It retries nothing else, and any other failure counts.
    pub(super) fn begin_behind_a_round_robin(lark: &Lark) -> Self {
        Self::of(lark, true)
    }

    fn of(lark: &Lark, is_round_robin: bool) -> Self {
        let (doors, _) = watch::channel(Vec::new());
        let (stop, _) = watch::channel(false);
        let mut senders = JoinSet::new();
        for number in 0..SENDERS {
            let sender = Sender {
                lark: lark.clone(),
                doors: doors.subscribe(),
                turn: number,
                is_round_robin,
                connection: None,
                promises: Promises::default(),
            };
            senders.spawn(sender.run(stop.subscribe()));
        }
        Self { doors, stop, senders }
    }

    /// From now on these servers are there.
    pub(super) fn at(&self, doors: Vec<Client>) {
        self.doors.send_replace(doors);
    }

    /// Lets each sender bring its last event to an end. A server must be there.
    pub(super) async fn end(self) -> Promises {
        self.stop.send_replace(true);
        let mut all = Promises::default();
        for promises in self.senders.join_all().await {
            all.events.extend(promises.events);
            all.clicks.extend(promises.clicks);
            all.refused += promises.refused;
            all.last_refusal = promises.last_refusal.or(all.last_refusal);
        }
        all
    }
}

struct Sender {
    lark: Lark,
    doors: watch::Receiver<Vec<Client>>,
    /// Which of the servers is next.
    turn: usize,
    is_round_robin: bool,
    connection: Option<Connection>,
    promises: Promises,
}

impl Sender {
    async fn run(mut self, stop: watch::Receiver<bool>) -> Promises {
        while !*stop.borrow() {
            self.event().await;
            self.click().await;
        }
        self.promises
    }

    /// Sends an event until it is answered, as Lark does, but with less patience.
    async fn event(&mut self) {
        let (id, message_id) = (event_id(), event_id());
        loop {
            let request = self.lark.message_of(&id, &message_id, "kept");
            match self.send(&request).await {
                Some(answer) if answer.status == 200 => break,
                Some(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    self.promises.refuse("an event was answered 503");
                }
                None => self.promises.refuse("an event was cut off"),
            }
            tokio::time::sleep(AGAIN).await;
        }
        self.promises.events.push((id, message_id));
    }

    /// Sends a click once; Lark never sends it again.
    async fn click(&mut self) {
        let (id, key) = (event_id(), event_id());
        let request = self.lark.click_of(&id, json!({"count": key}));
        match self.send(&request).await {
            Some(answer) if !answer.is_error_toast() => self.promises.clicks.push((id, key, answer.toast())),
            Some(_) => self.promises.refuse("a click was answered with an error"),
            None => self.promises.refuse("a click was cut off"),
        }
    }

    /// One request to whichever server is next; nothing when it was cut off.
    async fn send(&mut self, request: &Request) -> Option<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = connection.try_send(request).await.ok()?;
        if !self.is_round_robin {
            self.connection = Some(connection);
        }
        Some(answer)
    }

    async fn connect(&mut self) -> Option<Connection> {
        loop {
            match Connection::try_open(self.next_door().await?.address).await {
                Ok(connection) => return Some(connection),
                Err(error) if self.is_round_robin && error.kind() == ErrorKind::ConnectionRefused => {}
                Err(_) => return None,
            }
        }
    }

    async fn next_door(&mut self) -> Option<Client> {
        let doors = self.doors.wait_for(|doors| !doors.is_empty()).await.ok()?;
        self.turn += 1;
        doors.get(self.turn % doors.len()).cloned()
    }
}
