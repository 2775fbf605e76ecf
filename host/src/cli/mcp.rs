//! `mcp`: the Model Context Protocol over standard input and output, for an agent that helps the operator.
//!
//! Each line is one message of JSON-RPC 2.0. Both ways of beginning are spoken: the handshake `initialize` of the revisions up
//! to 2025-11-25, and requests that bring their revision along, as since 2026-07-28.

mod bounded;
mod calls;
mod input;
mod message;
mod session;
mod tools;

use std::{
    io::{self, Write as _},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{Exit, Stopped};
use crate::config::{self, Flags};
use calls::Calls;
use input::{Line, read_line};
use session::Session;
use tools::Tools;

/// Lines that wait for their turn; whoever sends more waits.
const LINES_MAX: usize = 16;

/// How long calls that still run are waited for at the end of the input.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Arguments of `mcp`.
#[derive(Debug, clap::Args)]
pub(super) struct McpArguments {
    /// Allow tools that change something; without it they only say what they would do
    #[arg(long)]
    allow_changes: bool,
}

pub(super) async fn run(flags: &Flags, arguments: &McpArguments) -> Result<(), Stopped> {
    let mut config = config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let user = config.operator.take();
    config.operator = Some(user.map_or_else(|| "mcp".to_owned(), |user| format!("{user} via mcp")));
    let (messages, out) = channel();
    let writer = thread::spawn(move || write(&out));
    let calls = Calls::new(Tools::new(config, arguments.allow_changes), messages.clone());
    let mut session = Session::new(calls, arguments.allow_changes);
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if let Some(answer) = session.take(line).await
            && messages.send(answer).is_err()
        {
            break;
        }
    }
    session.finish(DRAIN_MAX).await;
    drop((session, messages));
    // It ends when nobody can send any more.
    let written = writer.join().unwrap_or(Ok(()));
    written.map_err(|error| Stopped::unheard(&error))
}

/// Reads standard input in a thread of its own, because a read cannot be broken off.
fn lines() -> mpsc::Receiver<Line> {
    let (sender, lines) = mpsc::channel(LINES_MAX);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = read_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// Writes one message per line, until nobody sends any more or nobody reads.
fn write(messages: &Receiver<Value>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for message in messages {
        // JSON has no line break outside of texts, and there they are escaped.
        writeln!(out, "{message}")?;
        out.flush()?;
    }
    Ok(())
}

/// Place for answers.
type Answers = Sender<Value>;
