//! A client of a running server, which has the right keys.

use std::net::SocketAddr;

use serde_json::Value;

use super::{
    document,
    lark::Lark,
    wait::until,
    wire::{Answer, Connection, Request},
};

/// The address of a server, and the application whose keys the client has.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) lark: Lark,
}

impl Client {
    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Answer {
        let answer = self.connect().await.send(request).await;
        document::check(request, &answer);
        answer
    }

    pub(crate) async fn click(&self, value: Value) -> Answer {
        self.send(&self.lark.click(value)).await
    }

    pub(crate) async fn health(&self) -> Value {
        let answer = self.send(&Request::get("/health")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Clicks until the toast is as it must become.
    pub(crate) async fn until_click_says(&self, value: Value, toast: &str) {
        until(&format!("the toast {toast}"), async || {
            let answer = self.click(value.clone()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            (answer.json()["toast"]["content"] == toast).then_some(())
        })
        .await;
    }
}
