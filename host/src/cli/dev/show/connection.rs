//! Demonstration of `dev --long-connection`: a click, the same click again, one in fragments, and a request that is refused.

use std::{io::Write, path::Path};

use super::{Show, console, program, session};
use crate::{
    app::{Server, now_ms},
    cli::{
        Stopped,
        client::{Client, How, Mischief, event_id},
        dev::{DATABASE, ENV_FILE},
        pushed::Then,
    },
};

impl<W: Write> Show<W> {
    /// Shows the same promises without a request to the server. `posting` sends to its address.
    pub(in crate::cli::dev) async fn over_connection(
        &mut self,
        server: &Server,
        plugins: &Path,
        (lark, posting): (&str, Client),
        notes: &[String],
    ) -> Result<(), Stopped> {
        let url = posting.url.clone();
        let console = console(server);
        self.say(&format!(
            "\n{console}lark-callback is connected to a simulated Lark at {lark}\nover a long connection, with the built-in plugin \
             card-auth and a database ({DATABASE}); {ENV_FILE} finds both.\nOnly browsers come to {url}: nothing that Lark \
             would post is taken there."
        ))?;
        for note in notes {
            self.say(note)?;
        }
        self.say("")?;

        self.say("1. A user clicks \"authorize\" on a card")?;
        let user = format!("ou_{}", event_id()?);
        let session = session(server, &user).await?;
        let mut click = self.payload("card", event_id()?);
        click.set_operator(&user)?;
        click.set_action_value(serde_json::json!({"card_auth": session, "action": "authorize"}))?;
        let envelope = self.client.envelope(&self.app, &click, Mischief::default(), now_ms())?;
        let checked = "the application; receipt on disk; card-auth called; no signature, the connection is the proof";
        let first = self.exchange(&click, &envelope, checked).await?;
        self.expect(&first, 200, "toast")?;

        self.say("2. Lark pushes the same click again")?;
        let checked = "the same, and the receipt was found: the plugin is not called, the first reply is sent again";
        let again = self.exchange(&click, &envelope, checked).await?;
        self.expect(&again, 200, &first.body)?;

        self.say("3. Once more, in three fragments")?;
        let how = How {
            fragments: 3,
            then: Then::Wait,
        };
        let whole = std::mem::replace(&mut self.client, Client::over_connection(lark, how)?);
        let checked = "put together from its fragments, and found";
        let joined = self.exchange(&click, &envelope, checked).await?;
        self.expect(&joined, 200, &first.body)?;

        self.say("4. Somebody posts a click to the address")?;
        self.client = posting;
        let envelope = self.client.envelope(&self.app, &click, Mischief::default(), now_ms())?;
        let checked = "nothing: this application is served over the long connection only";
        let refused = self.exchange(&click, &envelope, checked).await?;
        self.expect(&refused, 404, "not_found")?;
        self.client = whole;

        let program = program();
        let to_here = format!("--long-connection --env-file {ENV_FILE}");
        self.say(&format!(
            "The server is running. From another terminal, push something else, in fragments, or see what becomes of a push \
             when the connection is lost:\n\n  {program} send message {to_here}\n  {program} send card --fragments 3 \
             {to_here}\n  {program} send message --drop {to_here}\n  {program} send message --silent {to_here}\n  {program} \
             events list --env-file {ENV_FILE}\n\nA .wasm file dropped into {}/ is loaded while this runs. Ctrl-C stops.\n",
            plugins.display()
        ))
    }
}
