//! One load on one server or several, and what it cost them.

use std::{sync::Arc, time::Duration};

use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    load::{Connections, Load},
    postgres::Postgres,
    report::Round,
    server::{self, Server},
};

/// A load: what is asked, and whom.
pub(crate) struct Work<'a> {
    pub(crate) servers: &'a [Server],
    pub(crate) question: Question,
    /// Of all servers together.
    pub(crate) connections: usize,
    pub(crate) requests: usize,
    /// The database of all, whose CPU time is told apart.
    pub(crate) postgres: Option<&'a Postgres>,
}

/// One load on one server, after a first one that warms both ends up.
pub(crate) async fn measure(server: &Server, question: Question, effort: &Effort, lark: &mut Lark) -> Round {
    let work = Work {
        servers: std::slice::from_ref(server),
        question,
        connections: CONNECTIONS,
        requests: effort.requests,
        postgres: None,
    };
    work.measure(lark).await
}

impl Work<'_> {
    /// The same on any number of servers; their CPU times are added.
    pub(crate) async fn measure(&self, lark: &mut Lark) -> Round {
        let requests = lark.requests(self.question, self.requests);
        let mut connections = self.connect(lark).await;
        let log_bytes: Vec<_> = self.servers.iter().map(Server::log_bytes).collect();
        let database = self.postgres.map(Postgres::cpu);
        let (before, machine, own) = (self.cpu(), server::machine(), server::own_cpu());
        let load = send(&mut connections, requests, None, self.question, lark).await;
        self.settle();
        let cpu = self.cpu() - before;
        let after = server::machine();
        let database = self
            .postgres
            .zip(database)
            .map(|(postgres, before)| postgres.cpu().saturating_sub(before));
        let of_request = |time: Duration| time.as_secs_f64() * 1e6 / self.requests as f64;
        let others = (after.0 - machine.0).saturating_sub(cpu + server::own_cpu() - own);
        let commits = self
            .servers
            .iter()
            .zip(log_bytes)
            .map(|(server, skip)| server.commits(skip));
        Round {
            cpu_us: of_request(cpu),
            database_us: database.map(of_request),
            others: others.as_secs_f64() / (after.1 - machine.1).as_secs_f64(),
            commits: commits.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1)),
            load,
        }
    }

    /// Connections that have all been used, so that both ends are warm. They are opened a few at a time: a server closes one on
    /// which nothing comes within its first seconds.
    pub(crate) async fn connect(&self, lark: &mut Lark) -> Connections {
        let addresses: Vec<_> = self.servers.iter().map(|server| server.address).collect();
        let mut all = Connections::default();
        while all.count() < self.connections {
            let count = CONNECTIONS.min(self.connections - all.count());
            let requests = lark.requests(self.question, count);
            let opening = Connections::open_at(&addresses, count);
            let mut connections = opening.await.expect("all listen");
            send(&mut connections, requests, None, self.question, lark).await;
            all.join(connections);
        }
        let requests = lark.requests(self.question, self.requests / 10 + 1);
        send(&mut all, requests, None, self.question, lark).await;
        self.settle();
        all
    }

    pub(crate) fn settle(&self) {
        for server in self.servers {
            server.settle();
        }
    }

    fn cpu(&self) -> Duration {
        self.servers.iter().map(Server::cpu).sum()
    }
}

/// Sends a load whose every answer must be the right one.
pub(crate) async fn send(
    connections: &mut Connections,
    requests: Vec<Vec<u8>>,
    rate: Option<f64>,
    question: Question,
    lark: &mut Lark,
) -> Load {
    let first = connections.ask(&lark.requests(question, 1).concat()).await;
    let first: Arc<[u8]> = first.expect("it answers").into();
    let answer: serde_json::Value = serde_json::from_slice(&first).expect("the answer is JSON");
    assert_eq!(answer, question.answer());
    connections
        .send(requests, rate, &first)
        .await
        .expect("all are answered")
}
