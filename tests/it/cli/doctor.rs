//! `doctor`: looks at a server from outside, through real reverse proxies, and names what is wrong with its cause and its
//! cure.

mod around;
mod certificates;
mod console;
mod long_connection;
mod proxies;

use std::{fs, net::TcpListener};

use serde_json::Value;
use test_guests::nginx::Nginx;

use crate::support::{Finished, Place, Program, fake_lark::FakeLark};

/// A server that runs as a process, a Lark, and a doctor for both.
struct Practice {
    place: Place,
    lark: FakeLark,
    port: u16,
    server: Option<Program>,
}

/// Findings of a doctor.
#[derive(Debug)]
struct Diagnosis {
    code: Option<i32>,
    json: Value,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Practice {
    /// Everything but the server.
    async fn closed(adjust: impl FnOnce(Place) -> Place) -> Self {
        let lark = FakeLark::start().await;
        let port = free_port();
        let place = Place::new()
            .set("CALLBACK_SERVER_PORT", &port.to_string())
            .set("CALLBACK_ADMIN", "on")
            .set("CALLBACK_ADMIN_PORT", "0")
            .set("LARK_API_BASE_URL", &lark.url())
            .set("LARK_ACCOUNTS_BASE_URL", &lark.url());
        Self {
            place: adjust(place),
            lark,
            port,
            server: None,
        }
    }

    async fn open(adjust: impl FnOnce(Place) -> Place) -> Self {
        let mut practice = Self::closed(adjust).await;
        let mut server = practice.place.run(&[]);
        server.serving().await;
        practice.server = Some(server);
        practice
    }

    /// A proxy with these rules before the server, where `SERVER` stands for its port.
    fn proxy(&self, rules: &str) -> Option<Nginx> {
        let folder = self.place.path("nginx");
        fs::create_dir_all(&folder).unwrap();
        let rules = rules.replace("SERVER", &self.port.to_string());
        Nginx::start(&folder, &rules)
    }

    async fn doctor(&self, arguments: &[&str]) -> Diagnosis {
        let finished = self
            .place
            .run(&[&["doctor", "--json"], arguments].concat())
            .finished()
            .await;
        Diagnosis::of(&finished)
    }

    /// What it finds through a proxy with these rules.
    async fn through(&self, rules: &str) -> Option<Diagnosis> {
        let nginx = self.proxy(rules)?;
        let url = format!("http://127.0.0.1:{}", nginx.port());
        Some(self.doctor(&["--url", &url, "--offline"]).await)
    }

    /// How many events the server has stored.
    async fn events(&self) -> usize {
        let listed = self.place.run(&["events", "list", "--json"]).finished().await;
        let listed: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|error| panic!("{error}: {listed:?}"));
        listed["events"].as_array().unwrap().len()
    }
}

impl Diagnosis {
    #[track_caller]
    fn of(finished: &Finished) -> Self {
        let json = serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"));
        Self {
            code: finished.code,
            json,
        }
    }

    fn findings(&self) -> impl Iterator<Item = &Value> {
        self.json["findings"].as_array().unwrap().iter()
    }

    /// The finding of a check.
    #[track_caller]
    fn finding(&self, check: &str) -> &Value {
        let found = self.findings().find(|finding| finding["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} in {:#}", self.json))
    }

    #[track_caller]
    fn assert_state(&self, check: &str, state: &str) -> &Value {
        let finding = self.finding(check);
        assert_eq!(finding["state"], state, "{:#}", self.json);
        finding
    }

    /// The checks that failed.
    fn failed(&self) -> Vec<&str> {
        let failed = self.findings().filter(|finding| finding["state"] == "failed");
        failed.map(|finding| finding["check"].as_str().unwrap()).collect()
    }
}
