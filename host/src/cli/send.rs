//! `send`: plays Lark for a running server, correctly or with deliberate mistakes.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use lark_protocol::outgoing::Protection;
use serde_json::Value;

use super::{
    Exit, Stopped,
    client::{Client, How, Mischief, Response, event_id as new_event_id, ms, pretty},
    payload::{self, Payload},
    pushed::Then,
};
use crate::{
    app::now_ms,
    config::{self, AppConfig, Flags, ReadTextError, Sender},
    http_client,
};

/// The payload is encrypted and signed with the keys of the settings (or of --env-file).
#[derive(Debug, clap::Args)]
pub(super) struct SendArguments {
    /// card, message, preview, challenge, card-v1, event-v1, or any Lark event type
    #[arg(value_name = "TYPE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    kind: String,
    /// JSON to send: a whole recorded body (its token and application are replaced), sealed or not, or only the `event`
    /// object; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// `action.value` of a card click, as JSON
    #[arg(long, value_name = "JSON")]
    value: Option<String>,
    /// `action.form_value` of a card click: what stands in the fields of a form, as a JSON object
    #[arg(long, value_name = "JSON")]
    form: Option<String>,
    /// The text of a message
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// With --text: mention the bot before it, as in a group
    #[arg(long, requires = "text")]
    mention: bool,
    /// The link that a preview is asked for
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// The `open_id` of the person who clicks, requests or writes
    #[arg(long, value_name = "OPEN_ID")]
    operator: Option<String>,
    /// The application: its name in the settings file or its id [default: the one of `LARK_APP_ID`]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Full URL of the server to send to, not a link to be previewed [default: the server's address in the settings]
    #[arg(long, conflicts_with_all = ["host", "port"])]
    url: Option<String>,
    /// The server's address [default: `CALLBACK_SERVER_HOST`, or 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The server's port [default: `CALLBACK_SERVER_PORT`, or 8080]
    #[arg(long)]
    port: Option<u16>,
    /// Event id, to repeat an earlier event; replaces the one in --file
    #[arg(long, value_name = "ID", conflicts_with = "fresh")]
    event_id: Option<String>,
    /// Send the same event this many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    repeat: usize,
    /// With --repeat: give each its own event id, also with --file
    #[arg(long)]
    fresh: bool,
    /// With --repeat: number of concurrent clients
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    clients: usize,
    /// Do not encrypt (a server with an Encrypt Key refuses this)
    #[arg(long)]
    plain: bool,
    /// Corrupt one digit of the signature
    #[arg(long)]
    bad_signature: bool,
    /// Use a timestamp older than the server accepts
    #[arg(long)]
    stale: bool,
    /// Push it over the long connection, through the simulated Lark of `dev --long-connection`
    #[arg(long, conflicts_with_all = ["url", "plain", "bad_signature", "stale"])]
    long_connection: bool,
    /// With --long-connection: push it in this many fragments
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count, requires = "long_connection")]
    fragments: usize,
    /// With --long-connection: drop the connection before the answer
    #[arg(long, requires = "long_connection", conflicts_with = "silent")]
    drop: bool,
    /// With --long-connection: afterwards say and hear nothing any more, without closing the connection
    #[arg(long, requires = "long_connection")]
    silent: bool,
}

/// Parses a positive number.
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("it must be a whole number from 1".to_owned()),
    }
}

impl SendArguments {
    /// Settings given by these arguments.
    pub(super) fn values(&self) -> Vec<(String, String)> {
        let values = [
            ("CALLBACK_SERVER_HOST", self.host.clone()),
            ("CALLBACK_SERVER_PORT", self.port.map(|port| port.to_string())),
        ];
        values
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    /// Who sends: a client of the server, or the simulated Lark at the other end of its long connection.
    fn client(&self, lark: &Sender) -> Result<Client, Stopped> {
        if !self.long_connection {
            return match &self.url {
                Some(url) => Client::new(url.clone(), None),
                None => Client::new(lark.url.clone(), lark.socket.as_deref()),
            };
        }
        if !reqwest::Url::parse(&lark.api).is_ok_and(|url| http_client::is_local(&url)) {
            return Err(Stopped {
                exit: Exit::Usage,
                text: format!(
                    "--long-connection: only the simulated Lark of `lark-callback dev --long-connection` can be told to push                      something, and LARK_API_BASE_URL of these settings is {}; pass the settings that dev has written:                      --env-file data/dev.env",
                    lark.api
                ),
            });
        }
        let then = match (self.drop, self.silent) {
            (true, _) => Then::Drop,
            (_, true) => Then::FallSilent,
            _ => Then::Wait,
        };
        let fragments = self.fragments;
        Client::over_connection(&lark.api, How { fragments, then })
    }

    /// Whether an answer is what was asked for: a push that is dropped on purpose gets none.
    fn is_well(&self, answer: &Response) -> bool {
        answer.status == 200 || (answer.status == 0 && (self.drop || self.silent))
    }

    fn mischief(&self) -> Mischief {
        Mischief {
            plain: self.plain,
            bad_signature: self.bad_signature,
            stale: self.stale,
        }
    }

    /// Reads the recorded payload of --file and decrypts it if it is sealed. Standard input can be read only once.
    fn recorded(&self, app: &AppConfig) -> Result<Option<Value>, Stopped> {
        let Some(path) = &self.file else { return Ok(None) };
        let failed = |error: &dyn std::fmt::Display| Stopped {
            exit: Exit::Failed,
            text: format!("{}: {error}", path.display()),
        };
        let text = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let input = std::io::stdin().lock();
            let read = input.take(config::TEXT_BYTES_MAX + 1).read_to_end(&mut bytes);
            read.map_err(ReadTextError::from).and_then(|length| {
                if length as u64 > config::TEXT_BYTES_MAX {
                    return Err(ReadTextError::TooLarge);
                }
                Ok(config::text_of(bytes)?)
            })
        } else {
            config::read_text(path)
        };
        let text = text.map_err(|error| failed(&error))?;
        if text.trim().is_empty() {
            return Err(failed(&"it is empty"));
        }
        let file: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        let Some(encrypt) = file.get("encrypt").and_then(Value::as_str) else {
            return Ok(Some(file));
        };
        let opened = app
            .keys
            .encrypt_keys
            .iter()
            .find_map(|key| lark_protocol::unseal(key, encrypt));
        let opened = opened.ok_or_else(|| {
            failed(&"the body is encrypted with another key than the LARK_ENCRYPT_KEY of these settings")
        })?;
        serde_json::from_str(&opened).map(Some).map_err(|error| failed(&error))
    }

    /// Builds the requested payload. A given event id overrides the one in the file.
    fn payload(&self, lark: &Sender, recorded: Option<&Value>, event_id: Option<&str>) -> Result<Payload, Stopped> {
        let sender = payload::Sender {
            app_id: &lark.app.app_id,
            token: &lark.token,
            now_ms: now_ms(),
        };
        let id = event_id.map_or_else(new_event_id, |id| Ok(id.to_owned()))?;
        let mut payload = Payload::of(&self.kind, sender, id);
        if let Some(file) = recorded {
            payload.replace(file.clone(), sender)?;
            payload.set_app_id(sender.app_id);
        }
        match event_id {
            // Payloads without an id are distinguished by their signatures.
            Some(id) if self.event_id.is_some() || payload.protection == Protection::SealedAndSigned => {
                payload.set_event_id(id)?;
            }
            _ => {}
        }
        if let Some(open_id) = &self.operator {
            payload.set_operator(open_id)?;
        }
        self.fill_in(&mut payload)?;
        Ok(payload)
    }

    /// Puts in what a person would have clicked, filled in or written.
    fn fill_in(&self, payload: &mut Payload) -> Result<(), Stopped> {
        let wrong = |flag: &str, why: &dyn std::fmt::Display| Stopped {
            exit: Exit::Usage,
            text: format!("{flag}: {why}"),
        };
        if let Some(value) = &self.value {
            let value = serde_json::from_str(value).map_err(|error| wrong("--value", &error))?;
            payload.set_action_value(value)?;
        }
        if let Some(form) = &self.form {
            let fields: Value = serde_json::from_str(form).map_err(|error| wrong("--form", &error))?;
            if !fields.is_object() {
                return Err(wrong("--form", &"it must be a JSON object: {\"FIELD\": \"VALUE\"}"));
            }
            payload.set_form(fields)?;
        }
        if let Some(text) = &self.text {
            payload.set_message_text(text, self.mention)?;
        }
        if let Some(link) = &self.link {
            payload.set_link(link)?;
        }
        Ok(())
    }
}

pub(super) async fn run(flags: &Flags, arguments: &SendArguments) -> Result<(), Stopped> {
    let lark = config::load_sender(flags, arguments.app.as_deref());
    let lark = lark.map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let client = arguments.client(&lark)?;
    let recorded = arguments.recorded(&lark.app)?;
    if let Some(nearest) = payload::nearest_kind(&arguments.kind) {
        let kind = &arguments.kind;
        let _ = writeln!(
            std::io::stderr(),
            "lark-callback: warning: no event type {kind} is documented; did you mean {nearest}?"
        );
    }
    let mut out = std::io::stdout();
    let said = if arguments.repeat <= 1 {
        // The file's own id is kept unless another one is requested.
        let fresh = arguments.fresh.then(new_event_id).transpose()?;
        let id = arguments.event_id.as_deref().or(fresh.as_deref());
        let payload = arguments.payload(&lark, recorded.as_ref(), id)?;
        one(&mut out, &client, &lark.app, &payload, arguments).await?
    } else {
        many(&mut out, client, &lark, recorded.as_ref(), arguments).await?
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
    let envelope = client.envelope(app, payload, arguments.mischief(), now_ms())?;
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
        envelope.request.body.len(),
        envelope.sealing
    )
    .map_err(lost)?;
    let answer = client.send(&envelope).await?;
    writeln!(
        out,
        "<- {} in {}\n{}",
        said(answer.status),
        ms(answer.took),
        pretty(&answer.body)
    )
    .map_err(lost)?;
    Ok(arguments.is_well(&answer))
}

/// The status of an answer, in words where there is none.
fn said(status: u16) -> String {
    match status {
        0 => "no answer".to_owned(),
        status => status.to_string(),
    }
}

/// Sends many requests, some concurrently, and reports the answers.
async fn many(
    out: &mut dyn Write,
    client: Client,
    lark: &Sender,
    recorded: Option<&Value>,
    arguments: &SendArguments,
) -> Result<bool, Stopped> {
    let events = if arguments.fresh { arguments.repeat } else { 1 };
    let mut envelopes = Vec::new();
    for _ in 0..events {
        let fresh = arguments.fresh.then(new_event_id).transpose()?;
        let id = arguments.event_id.as_deref().or(fresh.as_deref());
        let payload = arguments.payload(lark, recorded, id)?;
        envelopes.push(client.envelope(&lark.app, &payload, arguments.mischief(), now_ms())?);
    }
    let client = Arc::new(client);
    let (envelopes, next) = (Arc::new(envelopes), Arc::new(AtomicUsize::new(0)));
    let repeat = arguments.repeat;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..arguments.clients {
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
        .all(|answer| answer.as_ref().is_ok_and(|answer| arguments.is_well(answer))))
}

fn summary(out: &mut dyn Write, answers: &[Result<Response, Stopped>]) -> std::io::Result<()> {
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
        writeln!(out, "{count:>8} x {}  {body}", said(status))?;
    }
    Ok(())
}
