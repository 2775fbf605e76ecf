//! `dev`: the main job in one minute, without settings and without a public address.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    Exit, Stopped,
    client::{Answer, Client, Envelope, Mischief, event_id, ms, pretty, seal},
    payload::{Payload, Sender},
    reading,
    serve::{Signals, start_failed},
};
use crate::{
    app::{self, Server, StartError, now_ms},
    config::{AppConfig, Config, Flags, Loaded, Origin, Values},
    dispatch::Arrival,
    plugin::Task,
    telemetry,
    vault::Vault,
};

const ENV_FILE: &str = "data/dev.env";
const DATABASE: &str = "data/dev.db";

pub(super) async fn run(flags: &Flags) -> Result<(), Stopped> {
    let mut signals = Signals::new()?;
    let keys = Keys::of_this_folder(Path::new(ENV_FILE))?;
    let app = keys.app()?;
    let config = keys.config(flags)?;
    let log = telemetry::start(&config.log).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let (plugins, port_was_asked_for) = (
        config.plugins_dir.clone(),
        flags.values.iter().any(|(name, _)| name.ends_with("PORT")),
    );
    let server = match app::start(config).await {
        // Somebody else has the usual port; for a trial any will do.
        Err(StartError::Listen { .. }) if !port_was_asked_for => {
            let mut flags = flags.clone();
            flags.values.push(("CALLBACK_SERVER_PORT".into(), "0".into()));
            app::start(keys.config(&flags)?).await
        }
        started => started,
    };
    let server = server.map_err(|error| start_failed(&error))?;
    tokio::select! {
        () = server.loaded() => {}
        () = signals.next() => {
            server.stop().await;
            return Ok(());
        }
    }
    keys.write(Path::new(ENV_FILE))
        .map_err(|error| Stopped::new(Exit::Failed, &error))?;

    let client = Client::new(format!("http://{}/callback", server.address))?;
    let mut show = Show {
        out: io::stdout(),
        client,
        app,
        token: keys.token,
    };
    let shown = show.all(&server, &plugins).await;
    if let Err(stopped) = shown {
        server.stop().await;
        return Err(stopped);
    }
    log.set_filter("info");
    signals.next().await;
    server.stop().await;
    Ok(())
}

/// Keys that nobody else has. They last as long as the folder `data`, so that what was sent before a restart can be sent
/// again after it.
struct Keys {
    encrypt_key: String,
    token: String,
    config_key: String,
}

impl Keys {
    const APP_ID: &'static str = "cli_dev0000000000000";

    fn of_this_folder(file: &Path) -> Result<Self, Stopped> {
        let mut values = Values::default();
        values.add_dot_env(file);
        let mut kept = |name: &str| values.by_name.remove(name).map(|value| value.text);
        let key_or = |kept: Option<String>| kept.map_or_else(event_id, Ok);
        let new_key = || Vault::new_key().map_err(|error| Stopped::new(Exit::Failed, &error));
        Ok(Self {
            encrypt_key: key_or(kept("LARK_ENCRYPT_KEY"))?,
            token: key_or(kept("LARK_VERIFICATION_TOKEN"))?,
            config_key: kept("LARK_CONFIG_ENCRYPTION_KEY").map_or_else(new_key, Ok)?,
        })
    }

    fn variables(&self) -> Vec<(String, String)> {
        let pairs = [
            ("LARK_APP_ID", Self::APP_ID),
            ("LARK_APP_SECRET", "throw-away"),
            ("LARK_VERIFICATION_TOKEN", &self.token),
            ("LARK_ENCRYPT_KEY", &self.encrypt_key),
            ("LARK_CONFIG_ENCRYPTION_KEY", &self.config_key),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.add_variables(self.variables(), &Origin::Flag);
        values
    }

    fn app(&self) -> Result<AppConfig, Stopped> {
        AppConfig::with_token(&self.values())
            .map(|(app, _)| app)
            .map_err(|error| Stopped::new(Exit::Settings, &error))
    }

    fn config(&self, flags: &Flags) -> Result<Config, Stopped> {
        let mut values = self.values();
        let fixed = [
            ("CALLBACK_SERVER_ENABLED", "true"),
            ("CALLBACK_SERVER_HOST", "127.0.0.1"),
            ("TOKEN_DB_PATH", DATABASE),
            ("OAUTH_REDIRECT_URI", "http://127.0.0.1:8080/callback"),
            ("LOG_FORMAT", "text"),
            // The first requests are told on standard output; the forged one is meant to be refused.
            ("RUST_LOG", "error"),
        ];
        values.add_variables(
            fixed.map(|(name, value)| (name.to_owned(), value.to_owned())),
            &Origin::Flag,
        );
        values.add_variables(flags.values.iter().cloned(), &Origin::Flag);
        match Config::from_values(&values).map_err(|error| Stopped::new(Exit::Settings, &error))? {
            Loaded::Enabled(config) => Ok(*config),
            Loaded::Disabled { .. } => Err(Stopped {
                exit: Exit::Settings,
                text: "the server is disabled".to_owned(),
            }),
        }
    }

    /// For `send --env-file`; nobody else may read it.
    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        self.variables()
            .iter()
            .try_for_each(|(name, value)| writeln!(file, "{name}={value}"))
    }
}

/// Tells a person what happens.
struct Show<W> {
    out: W,
    client: Client,
    app: AppConfig,
    token: String,
}

impl<W: Write> Show<W> {
    async fn all(&mut self, server: &Server, plugins: &Path) -> Result<(), Stopped> {
        let url = self.client.url.clone();
        self.say(&format!(
            "\nlark-callback is running at {url}\nwith throw-away keys ({ENV_FILE}), a database ({DATABASE}) and the \
             built-in plugin card-auth.\n"
        ))?;

        self.say("1. Lark checks the address (URL verification)")?;
        let challenge = self.payload("challenge", event_id()?);
        let envelope = seal(&self.app, &challenge, Mischief::default(), now_ms())?;
        let checked = "decrypted; it is a challenge with the right token";
        let answer = self.exchange(&challenge, &envelope, checked).await?;
        self.expect(&answer, 200, "challenge")?;

        self.say("2. A user clicks \"authorize\" on a card")?;
        let user = format!("ou_{}", event_id()?);
        let session = session(server, &user).await?;
        let mut click = self.payload("card", event_id()?);
        click.set_operator(&user);
        click.set_action_value(serde_json::json!({"card_auth": session, "action": "authorize"}));
        let envelope = seal(&self.app, &click, Mischief::default(), now_ms())?;
        let checked = "signature over the raw bytes, padding, token, time window; receipt on disk; card-auth called";
        let first = self.exchange(&click, &envelope, checked).await?;
        self.expect(&first, 200, "toast")?;

        self.say("3. Lark sends the same click again")?;
        let checked = "the same, and the receipt was found: the plugin is not called, the first reply is sent again";
        let again = self.exchange(&click, &envelope, checked).await?;
        self.expect(&again, 200, &first.body)?;

        self.say("4. Somebody forges a signature")?;
        let mischief = Mischief {
            bad_signature: true,
            ..Mischief::default()
        };
        let forged = seal(&self.app, &click, mischief, now_ms())?;
        let checked = "the signature is wrong; nothing else is looked at";
        let refused = self.exchange(&click, &forged, checked).await?;
        self.expect(&refused, 401, "unauthenticated")?;

        let program = program();
        let to_here = format!("--env-file {ENV_FILE} --url {url}");
        let reject = format!(r#"{{"card_auth":"{session}","action":"reject"}}"#);
        self.say(&format!(
            "Now it serves. From another terminal, let the same user cancel, or send something else:\n\n  {program} send \
             card {to_here} \\\n      --operator {user} --value '{reject}'\n  {program} send message {to_here}\n\nA .wasm file \
             dropped into {}/ is loaded while this runs. Ctrl-C stops.\n",
            plugins.display()
        ))
    }

    fn payload(&self, kind: &str, event_id: String) -> Payload {
        let sender = Sender {
            app_id: &self.app.app_id,
            token: &self.token,
            now_ms: now_ms(),
        };
        Payload::of(kind, sender, event_id)
    }

    /// Sends, and says what was sent, what the server checked and what came back.
    async fn exchange(&mut self, payload: &Payload, envelope: &Envelope, checked: &str) -> Result<Answer, Stopped> {
        let size = envelope.body.len();
        self.say(&format!(
            "   sent     {}, {size} bytes, {}",
            payload.event_type, envelope.sealing
        ))?;
        let answer = self.client.send(envelope).await?;
        self.say(&format!("   checked  {checked}"))?;
        self.say(&format!("   answer   {} in {}", answer.status, ms(answer.took)))?;
        for line in reading::lines(&answer.body) {
            self.say(&format!("            {line}"))?;
        }
        self.say("")?;
        Ok(answer)
    }

    fn expect(&self, answer: &Answer, status: u16, content: &str) -> Result<(), Stopped> {
        if answer.status == status && answer.body.contains(content) {
            return Ok(());
        }
        let text = format!(
            "expected {status} with \"{content}\" and got {}: {}",
            answer.status,
            pretty(&answer.body)
        );
        Err(Stopped {
            exit: Exit::Failed,
            text,
        })
    }

    fn say(&mut self, text: &str) -> Result<(), Stopped> {
        writeln!(self.out, "{text}").map_err(|error| Stopped::unheard(&error))
    }
}

/// Has card-auth begin an authorization for a user, and tells its session. There is no Lark to send the card with.
async fn session(server: &Server, open_id: &str) -> Result<String, Stopped> {
    let task = Task {
        id: event_id()?,
        name: "request".into(),
        payload: serde_json::json!({"open_id": open_id, "send": false}).to_string(),
        requested_by: String::new(),
        app_id: Keys::APP_ID.into(),
    };
    let arrival = Arrival {
        at: Instant::now(),
        now_ms: now_ms(),
    };
    let reply = server.dispatcher.run_task("card-auth", task, arrival).await;
    let reply = reply
        .map_err(|error| Stopped::new(Exit::Failed, &error))?
        .unwrap_or_default();
    let session = serde_json::from_str::<Value>(&reply)
        .ok()
        .and_then(|reply| Some(reply.get("session_id")?.as_str()?.to_owned()));
    session.ok_or_else(|| Stopped {
        exit: Exit::Failed,
        text: "card-auth did not begin a session".to_owned(),
    })
}

/// How this program was started, for commands that can be copied.
fn program() -> String {
    let program = std::env::args().next().unwrap_or_else(|| "lark-callback".to_owned());
    if program.contains("target/") {
        "cargo run --".to_owned()
    } else {
        program
    }
}
