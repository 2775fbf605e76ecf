//! `plugin dev`: builds a plugin whenever its sources change, has a local server take it, and sends the last event again.

mod before;
mod building;
mod event;
mod log;
mod put;
mod screen;
mod server;
mod sources;

use std::path::PathBuf;

use serde_json::json;

use self::{
    building::{Build, Built},
    event::LastEvent,
    screen::Screen,
    server::DevServer,
    sources::Sources,
};
use super::language::MANIFESTS;
use crate::{
    cli::{Exit, Stopped, serve::Signals},
    config::Flags,
};

/// Arguments of `plugin dev`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DevArguments {
    /// Folder of the project
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// Event or task to send after each build [default: the last event that the plugin got, or else its first fixture]
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// Do not ask the network
    #[arg(long)]
    offline: bool,
    /// Print a line of JSON for each step
    #[arg(long)]
    json: bool,
}

/// A project, and the server that takes it.
#[derive(Debug)]
struct Workshop<'a> {
    arguments: &'a DevArguments,
    screen: Screen,
    server: DevServer,
}

/// Builds and watches until a signal comes.
pub(super) async fn run(flags: &Flags, arguments: &DevArguments) -> Result<(), Stopped> {
    let folder = &arguments.folder;
    if !MANIFESTS.iter().any(|file| folder.join(file).is_file()) {
        return Err(Stopped {
            exit: Exit::Usage,
            text: format!(
                "{} is not the folder of a project; go to one, or make one: lark-callback plugin new NAME",
                folder.display()
            ),
        });
    }
    let mut signals = Signals::new()?;
    let screen = Screen::new(arguments.json);
    let mut sources = Sources::watch(folder)?;
    let server = tokio::select! {
        server = DevServer::find_or_start(flags, folder, screen) => server?,
        () = signals.end() => return Ok(()),
    };
    let mut workshop = Workshop {
        arguments,
        screen,
        server,
    };
    let mut built = None;
    let ended = loop {
        let now = sources.snapshot();
        if built.as_ref() == Some(&now) {
            tokio::select! {
                () = sources.changed() => continue,
                ended = workshop.server.ended() => break Err(ended),
                () = signals.end() => break Ok(()),
            }
        }
        built = Some(now);
        tokio::select! {
            () = workshop.round() => screen.tell("watching", "for changes; Ctrl-C stops", &json!({})),
            () = signals.end() => break Ok(()),
        }
    };
    workshop.server.stop().await;
    ended
}

impl Workshop<'_> {
    /// One build with what follows from it. What fails is printed: the next change is another chance.
    async fn round(&mut self) {
        if let Err(stopped) = self.try_round().await {
            self.screen
                .tell("failed", &stopped.text, &json!({"error": stopped.text}));
        }
    }

    async fn try_round(&mut self) -> Result<(), Stopped> {
        let build = Build::start(&self.arguments.folder, self.arguments.offline)?;
        let Some(built) = build.finished().await? else {
            let text = "the compiler's own messages are above; what was built before goes on serving";
            self.screen.tell("not built", text, &json!({}));
            return Ok(());
        };
        let Built { name, size, took, .. } = &built;
        let text = format!("{name}, {size} in {:.1} s", took.as_secs_f64());
        self.screen
            .tell("built", &text, &json!({"name": name, "seconds": took.as_secs_f64()}));
        self.server.follow(name);
        let version = self.server.install(&built).await?;
        let text = format!("{name} {} {}", version.version, version.short_hash());
        self.screen
            .tell("serving", &text, &json!({"name": name, "hash": version.hash}));
        let before = self.server.asked_before(&version).await?;
        if !before.is_empty() {
            let text = format!(
                "asked before {name}: {}; it gets only those clicks and previews that they pass on",
                before.join(", ")
            );
            self.screen.tell("note", &text, &json!({"asked_before": before}));
        }
        let last = LastEvent::find(self.arguments, &self.server, &version).await?;
        match last {
            Some(last) => last.send(&self.server, &version, self.screen).await,
            None => {
                let text = format!(
                    "nothing: there is no fixture, and no event has come; send one with: {}",
                    self.server.how_to_send(&version)
                );
                self.screen.tell("sent", &text, &json!({"event": null}));
                Ok(())
            }
        }
    }
}
