//! A `PgBouncer` of the tests' own before a cluster, with TLS, gone when its process ends.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "supporting functions of tests are tests"
)]

use std::{net::TcpListener, path::PathBuf, process::Command};

use crate::{guarded::Guarded, parts::Part, postgres::Cluster};

/// As the manual of `PgBouncer` has it, and TLS for those who want it. It runs until its input ends.
const GUARD: &str = r#"
trap '' INT TERM HUP
cluster=$1 port=$2 mode=$3
folder=$(mktemp -d) || { echo "no folder"; exit 1; }
echo "$folder"
cd "$folder" || exit 1
for authority in ca other; do
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$authority.key" -out "$authority.pem" -days 2 -subj "/CN=$authority"
done >log 2>&1
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=localhost >>log 2>&1
echo 'subjectAltName=DNS:localhost' >names
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem >>log 2>&1
echo '"postgres" ""' >users
cat >pgbouncer.ini <<END
[databases]
* = host=$cluster user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir = $folder
auth_type = trust
auth_file = users
pool_mode = $mode
client_tls_sslmode = allow
client_tls_key_file = key.pem
client_tls_cert_file = cert.pem
END
pgbouncer -q pgbouncer.ini >>log 2>&1 &
pid=$!
tries=0
until [ -S ".s.PGSQL.$port" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$pid" 2>/dev/null; then cat log >&2; echo failed; exit 1; fi
  sleep 0.05
done
echo started
cat >/dev/null
kill -KILL "$pid"
rm -rf "$folder"
"#;

/// Way in which a pooler shares sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// A session of its own.
    Session,
    /// For each transaction the next session that is free.
    Transaction,
}

/// A pooler that runs.
#[derive(Debug)]
pub struct Pooler {
    port: u16,
    server: Guarded,
}

impl Pooler {
    /// One before a cluster; none without `PgBouncer` on this machine, which is a failure when `CI` is `true`.
    ///
    /// # Panics
    /// When it does not start, or when there is none and `CI` is `true`.
    pub fn start(cluster: &Cluster, mode: PoolMode) -> Option<Self> {
        if !Part::PgBouncer.is_here_or_said() {
            return None;
        }
        let mode = match mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
        };
        // It cannot choose one itself.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let cluster = cluster.folder().to_str().expect("a path of text");
        let server = Guarded::start(GUARD, [cluster, &port.to_string(), mode]);
        Some(Self { port, server })
    }

    /// A database of the cluster through it.
    ///
    /// # Panics
    /// When that is no URL of the cluster's.
    pub fn url(&self, database: &str) -> String {
        let name = database.split(['/', '?']).nth(3).expect("a name");
        format!("postgres://postgres@localhost:{}/{name}", self.port)
    }

    /// The certificate of the authority that vouches for it, as `localhost`.
    pub fn authority(&self) -> PathBuf {
        self.server.folder.join("ca.pem")
    }

    /// The certificate of an authority that has nothing to do with it.
    pub fn other_authority(&self) -> PathBuf {
        self.server.folder.join("other.pem")
    }
}

/// The version of the one that is installed, for example (1, 18).
///
/// # Panics
/// When it does not tell it.
pub fn version() -> (u32, u32) {
    let output = Command::new("pgbouncer").arg("--version").output().expect("PgBouncer");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = said
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor),
        _ => panic!("no version in {said}"),
    }
}
