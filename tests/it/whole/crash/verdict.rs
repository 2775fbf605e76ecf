//! The verdict on the promises.

use serde_json::json;

use super::traffic::Promises;
use crate::support::{Base, Client, Connection};

/// One line of the table.
#[derive(Debug)]
pub(super) struct Verdict {
    title: String,
    kills: u32,
    seed: u64,
    events: usize,
    refused: u32,
    lost: usize,
    unhandled: usize,
    twice: usize,
    other_end: u32,
    clicks: usize,
    other_reply: usize,
}

impl Verdict {
    /// Looks every promise up in the database, and sends every click again.
    pub(super) async fn on(
        title: &str,
        (kills, seed): (u32, u64),
        promises: Promises,
        base: &Base,
        client: &Client,
    ) -> Self {
        let other_end = base.until_at_rest().await;
        let mut connection = Connection::open(client.address).await;
        let mut other_reply = 0;
        for (id, key, toast) in &promises.clicks {
            let again = connection.send(&client.lark.click_of(id, json!({"count": key}))).await;
            other_reply += usize::from(again.toast() != *toast);
        }
        let (receipts, counted) = (base.receipts().await, base.counted().await);
        let ids = promises.events.iter().map(|(id, _)| id);
        let ids = ids.chain(promises.clicks.iter().map(|(id, ..)| id));
        let keys = promises.events.iter().map(|(_, key)| key);
        let keys = keys.chain(promises.clicks.iter().map(|(_, key, _)| key));
        let times = keys.map(|key| counted.get(key).copied().unwrap_or_default());
        Self {
            title: title.to_owned(),
            kills,
            seed,
            events: promises.events.len(),
            refused: promises.refused,
            lost: ids.filter(|id| !receipts.contains(*id)).count(),
            unhandled: times.clone().filter(|times| *times == 0).count(),
            twice: times.filter(|times| *times > 1).count(),
            other_end,
            clicks: promises.clicks.len(),
            other_reply,
        }
    }

    /// Prints its line and fails when a promise was broken.
    pub(super) fn tell(&self) {
        println!(
            "| what is killed | kills | events answered | tries refused | lost | not handled | handled twice | clicks answered | another reply | seed |\n\
             |---|---|---|---|---|---|---|---|---|---|\n\
             | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.title,
            self.kills,
            self.events,
            self.refused,
            self.lost,
            self.unhandled,
            self.twice,
            self.clicks,
            self.other_reply,
            self.seed
        );
        assert!(self.events > 0 && self.clicks > 0, "nothing was answered: {self:?}");
        let broken = (self.lost, self.unhandled, self.other_end, self.other_reply);
        assert_eq!(broken, (0, 0, 0, 0), "{self:?}");
    }
}
