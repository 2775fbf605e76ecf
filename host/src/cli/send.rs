//! `send`: plays Lark for a server that runs, rightly or wrongly.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Exit, Stopped,
    client::{Answer, Client, Mischief, event_id, ms, pretty, seal},
    payload::{Payload, Sender},
};
use crate::{
    app::now_ms,
    config::{self, AppConfig, Flags},
};

/// The payload is sealed and signed with the keys of the environment (or of --env-file).
#[derive(Debug, clap::Args)]
pub(super) struct SendArguments {
    /// card, message, preview, challenge, card-v1, event-v1, or any event type of Lark's
    #[arg(value_name = "TYPE")]
    kind: String,
    /// JSON to send: a whole recorded body (its token is replaced), or only the `event` object
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// `action.value` of a card click, as JSON
    #[arg(long, value_name = "JSON")]
    value: Option<String>,
    /// The `open_id` of whoever clicks, asks or writes
    #[arg(long, value_name = "OPEN_ID")]
    operator: Option<String>,
    /// Where the server listens
    #[arg(long, default_value = "http://127.0.0.1:8080/callback")]
    url: String,
    /// The event id, to repeat an event that was sent before
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Send the same event so many times
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: usize,
    /// With --repeat: every one is an event of its own
    #[arg(long)]
    fresh: bool,
    /// With --repeat: so many at once
    #[arg(long, value_name = "N", default_value_t = 1)]
    clients: usize,
    /// Do not encrypt (a server with an Encrypt Key refuses that)
    #[arg(long)]
    plain: bool,
    /// Change one digit of the signature
    #[arg(long)]
    bad_signature: bool,
    /// Date it before the server's time window
    #[arg(long)]
    stale: bool,
}

impl SendArguments {
    fn mischief(&self) -> Mischief {
        Mischief {
            plain: self.plain,
            bad_signature: self.bad_signature,
            stale: self.stale,
        }
    }

    /// The payload that was asked for, under an event id of its own if need be.
    fn payload(&self, app: &AppConfig, token: &str, event_id: String) -> Result<Payload, Stopped> {
        let usage = |text: String| Stopped {
            exit: Exit::Failed,
            text,
        };
        let sender = Sender {
            app_id: &app.app_id,
            token,
            now_ms: now_ms(),
        };
        let mut payload = Payload::of(&self.kind, sender, event_id);
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
            let file = serde_json::from_str(&text).map_err(|error| usage(format!("{}: {error}", path.display())))?;
            payload.replace(file, sender);
        }
        if let Some(open_id) = &self.operator {
            payload.set_operator(open_id);
        }
        if let Some(value) = &self.value {
            payload.set_action_value(serde_json::from_str(value).map_err(|error| usage(format!("--value: {error}")))?);
        }
        Ok(payload)
    }
}

pub(super) async fn run(flags: &Flags, arguments: &SendArguments) -> Result<(), Stopped> {
    let (app, token) = config::load_keys(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let client = Arc::new(Client::new(arguments.url.clone())?);
    let first_id = arguments.event_id.clone().map_or_else(event_id, Ok)?;
    let payload = arguments.payload(&app, &token, first_id)?;
    let mut out = std::io::stdout();
    let said = if arguments.repeat <= 1 {
        one(&mut out, &client, &app, &payload, arguments).await?
    } else {
        many(&mut out, client, app, token, payload, arguments).await?
    };
    if said {
        Ok(())
    } else {
        Err(Stopped {
            exit: Exit::Failed,
            text: "the server did not answer 200".to_owned(),
        })
    }
}

async fn one(
    out: &mut dyn Write,
    client: &Client,
    app: &AppConfig,
    payload: &Payload,
    arguments: &SendArguments,
) -> Result<bool, Stopped> {
    let envelope = seal(app, payload, arguments.mischief(), now_ms())?;
    let id = if payload.event_id.is_empty() {
        String::new()
    } else {
        format!(", event {}", payload.event_id)
    };
    let lost = |error: std::io::Error| Stopped::unheard(&error);
    writeln!(
        out,
        "-> {}{id}: {} bytes, {}",
        payload.event_type,
        envelope.body.len(),
        envelope.sealing
    )
    .map_err(lost)?;
    let answer = client.send(&envelope).await?;
    writeln!(
        out,
        "<- {} in {}\n{}",
        answer.status,
        ms(answer.took),
        pretty(&answer.body)
    )
    .map_err(lost)?;
    Ok(answer.status == 200)
}

/// Sends many, some at once, and says how they were answered.
async fn many(
    out: &mut dyn Write,
    client: Arc<Client>,
    app: AppConfig,
    token: String,
    payload: Payload,
    arguments: &SendArguments,
) -> Result<bool, Stopped> {
    let mut envelopes = vec![seal(&app, &payload, arguments.mischief(), now_ms())?];
    if arguments.fresh {
        for _ in 1..arguments.repeat {
            let payload = arguments.payload(&app, &token, event_id()?)?;
            envelopes.push(seal(&app, &payload, arguments.mischief(), now_ms())?);
        }
    }
    let (envelopes, next) = (Arc::new(envelopes), Arc::new(AtomicUsize::new(0)));
    let repeat = arguments.repeat;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..arguments.clients.max(1) {
        let (client, envelopes, next) = (Arc::clone(&client), Arc::clone(&envelopes), Arc::clone(&next));
        clients.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(envelope) = envelopes.get(number % envelopes.len()).filter(|_| number < repeat) else {
                    return answers;
                };
                answers.push(client.send(envelope).await);
            }
        });
    }
    let answers: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    summary(out, &answers).map_err(|error| Stopped::unheard(&error))?;
    Ok(answers
        .iter()
        .all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)))
}

fn summary(out: &mut dyn Write, answers: &[Result<Answer, Stopped>]) -> std::io::Result<()> {
    let mut replies: BTreeMap<(u16, &str), usize> = BTreeMap::new();
    let mut times = Vec::new();
    for answer in answers {
        match answer {
            Ok(answer) => {
                *replies.entry((answer.status, &answer.body)).or_default() += 1;
                times.push(answer.took);
            }
            Err(error) => *replies.entry((0, &error.text)).or_default() += 1,
        }
    }
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len().saturating_sub(1) * share / 100)
            .copied()
            .unwrap_or_default()
    };
    writeln!(
        out,
        "{} sent; half within {}, 99 of 100 within {}",
        answers.len(),
        ms(at(50)),
        ms(at(99))
    )?;
    for ((status, body), count) in replies {
        let status = if status == 0 {
            "no answer".to_owned()
        } else {
            status.to_string()
        };
        writeln!(out, "{count:>8} x {status}  {body}")?;
    }
    Ok(())
}
