//! Clicks into the cards that the console draws: sent to this server sealed and signed, as `send` does.

use std::sync::Arc;

use crate::{
    app::now_ms,
    cli::{
        Stopped,
        client::{Client, Mischief, event_id},
        payload::{self, Payload},
    },
    codes::told,
    config::Sender,
    console::{Click, Clicked, SendClick},
};

/// Sender of clicks, with the keys of the trial's application.
pub(super) fn sender(client: Client, lark: Sender) -> SendClick {
    let parts = Arc::new((client, lark));
    Box::new(move |click| {
        let parts = Arc::clone(&parts);
        Box::pin(async move {
            let (client, lark) = &*parts;
            let sent = send(client, lark, click).await;
            sent.map_err(|Stopped { text, .. }| told!("{text}", "点击没有得到应答：{text}"))
        })
    })
}

async fn send(client: &Client, lark: &Sender, click: Click) -> Result<Clicked, Stopped> {
    let sender = payload::Sender {
        app_id: &lark.app.app_id,
        token: &lark.token,
        now_ms: now_ms(),
    };
    let event_id = event_id()?;
    let mut payload = Payload::of(click.kind, sender, event_id.clone());
    payload.replace(click.body, sender)?;
    let envelope = client.envelope(&lark.app, &payload, Mischief::default(), sender.now_ms)?;
    let answer = client.send(&envelope).await?;
    Ok(Clicked {
        event_id: (click.kind == "card").then_some(event_id),
        status: answer.status,
        body: answer.body,
        took_ms: u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
    })
}
