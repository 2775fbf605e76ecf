//! An nginx of the tests' own with the rules of one test, gone when its process ends.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "supporting functions of tests are tests"
)]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::parts::Part;

/// Everything before the rules of a test: one process, and nothing outside of its folder.
const BEFORE: &str = "daemon off; master_process off; pid nginx.pid; error_log error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
";

/// A reverse proxy that runs.
#[derive(Debug)]
pub struct Nginx {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Nginx {
    /// One with a server of these rules, where `PORT` stands for its own port; none without nginx on this machine, which is a
    /// failure when `CI` is `true`. The folder holds what the rules name, and is deleted at the end.
    ///
    /// # Panics
    /// When it does not start, or when there is none and `CI` is `true`.
    pub fn start(folder: &Path, server: &str) -> Option<Self> {
        if !Part::Nginx.is_here_or_said() {
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        // It cannot take one itself.
        drop(listener);
        let server = server.replace("PORT", &port.to_string());
        fs::write(
            folder.join("nginx.conf"),
            format!("{BEFORE}  server {{ {server} }}\n}}\n"),
        )
        .expect("its settings");
        let child = Command::new("nginx")
            .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
            .arg(folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx");
        let mut nginx = Self {
            folder: folder.to_owned(),
            port,
            child,
        };
        nginx.wait_until_it_listens();
        Some(nginx)
    }

    fn wait_until_it_listens(&mut self) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let is_over = self.child.try_wait().is_ok_and(|ended| ended.is_some());
            if is_over || began.elapsed() > Duration::from_secs(20) {
                let log = fs::read_to_string(self.folder.join("error.log")).unwrap_or_default();
                panic!("nginx does not listen: {log}");
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
