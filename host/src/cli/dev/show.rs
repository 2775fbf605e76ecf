//! Demonstration of `dev`: an address check, a click, the same click again, and a forged one.

mod connection;

use std::{io::Write, path::Path};

use serde_json::Value;

use super::{DATABASE, ENV_FILE, keys::Keys};
use crate::{
    app::{Server, now_ms},
    cli::{
        Exit, Stopped,
        client::{Client, Envelope, Mischief, Response, event_id, ms, pretty, seal},
        payload::{Payload, Sender},
        render,
    },
    config::AppConfig,
    moment::Moment,
    plugin::Task,
};

/// Printer of the demonstration.
pub(super) struct Show<W> {
    pub(super) out: W,
    pub(super) client: Client,
    pub(super) app: AppConfig,
    pub(super) token: String,
}

impl<W: Write> Show<W> {
    pub(super) async fn all(
        &mut self,
        server: &Server,
        plugins: &Path,
        lark: &str,
        notes: &[String],
    ) -> Result<(), Stopped> {
        let url = self.client.url.clone();
        let console = console(server);
        self.say(&format!(
            "\n{console}lark-callback is running at {url}\nwith throw-away keys ({ENV_FILE}), a database ({DATABASE}) and the \
             built-in plugin card-auth.\nA simulated Lark at {lark} answers its calls and shows here what bots send; \
             nothing reaches the real one."
        ))?;
        for note in notes {
            self.say(note)?;
        }
        self.say("")?;

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
        click.set_operator(&user)?;
        click.set_action_value(serde_json::json!({"card_auth": session, "action": "authorize"}))?;
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
        let to_here = format!("--env-file {ENV_FILE}");
        let reject = format!(r#"{{"card_auth":"{session}","action":"reject"}}"#);
        self.say(&format!(
            "The server is running. From another terminal, let the same user cancel, send something else, see what \
             came, or ask \
             somebody to authorize:\n\n  {program} send card {to_here} \\\n      --operator {user} --value '{reject}'\n  \
             {program} send message {to_here}\n  {program} events list {to_here}\n  {program} auth request --user {user} \
             {to_here}\n\nA .wasm file dropped into {}/ is loaded while this runs. Ctrl-C stops.\n",
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

    /// Sends a request and prints it, the server's checks, and the answer.
    async fn exchange(&mut self, payload: &Payload, envelope: &Envelope, checked: &str) -> Result<Response, Stopped> {
        let size = envelope.request.body.len();
        self.say(&format!(
            "   sent     {}, {size} bytes, {}",
            payload.event_type, envelope.sealing
        ))?;
        let answer = self.client.send(envelope).await?;
        self.say(&format!("   checked  {checked}"))?;
        self.say(&format!("   answer   {} in {}", answer.status, ms(answer.took)))?;
        for line in render::lines(&answer.body) {
            self.say(&format!("            {line}"))?;
        }
        self.say("")?;
        Ok(answer)
    }

    fn expect(&self, answer: &Response, status: u16, content: &str) -> Result<(), Stopped> {
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

/// Has card-auth start an authorization for a user; returns its session. There is no Lark that could send the card.
async fn session(server: &Server, open_id: &str) -> Result<String, Stopped> {
    let task = Task {
        id: event_id()?,
        name: "request".into(),
        payload: serde_json::json!({"open_id": open_id, "send": false}).to_string(),
        requested_by: String::new(),
        app_id: Keys::APP_ID.into(),
        scheduled_at_ms: None,
    };
    let arrival = Moment::now(now_ms());
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

/// First line: where a browser sees what happens.
fn console(server: &Server) -> String {
    let console = server.console_url.as_deref();
    console.map_or_else(String::new, |url| format!("Watch everything in a browser:  {url}\n\n"))
}

/// Command that started this program, for examples that can be copied.
fn program() -> String {
    let program = std::env::args().next().unwrap_or_else(|| "lark-callback".to_owned());
    if program.contains("target/") {
        "cargo run --".to_owned()
    } else {
        program
    }
}
