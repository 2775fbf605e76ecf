//! Questions on a terminal; what is typed for a secret is not shown.

use std::{
    io::{self, Write},
    os::fd::AsFd as _,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::spawn_blocking,
};

use crate::cli::{Exit, Stopped, language::Language};

/// Terminal with a person at it.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) language: Language,
}

/// Terminal that shows nothing of what is typed, until this is dropped.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(stdin.as_fd())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        // The line break is no secret, and moves the cursor on.
        unseen.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(stdin.as_fd(), OptionalActions::Flush, &unseen)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that is gone cannot be set back.
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Flush, &self.0);
    }
}

impl Terminal {
    /// Asks until `check` accepts the answer.
    pub(super) async fn ask<T>(
        &self,
        question: &str,
        is_secret: bool,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Stopped> {
        loop {
            let answer = self.line(question, is_secret).await?;
            match check(answer.trim()) {
                Ok(answer) => return Ok(answer),
                Err(problem) => say(&format!("  {problem}\n"))?,
            }
        }
    }

    async fn line(&self, question: &str, is_secret: bool) -> Result<String, Stopped> {
        let failed = |error: io::Error| Stopped::new(Exit::Failed, &error);
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        say(&format!("{question}: "))?;
        let unseen = is_secret.then(Unseen::begin).transpose().map_err(failed)?;
        let reading = spawn_blocking(|| {
            let mut line = String::new();
            io::stdin()
                .read_line(&mut line)
                .map(|bytes| (bytes > 0).then_some(line))
        });
        // A signal must not end the process while the terminal shows nothing.
        let line = tokio::select! {
            line = reading => Some(line),
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
        };
        drop(unseen);
        match line {
            Some(Ok(Ok(Some(line)))) => Ok(line),
            Some(Ok(Err(error))) => Err(failed(error)),
            Some(Ok(Ok(None)) | Err(_)) | None => {
                say("\n")?;
                Err(Stopped {
                    exit: Exit::Failed,
                    text: match self.language {
                        Language::En => "ended by you; nothing was written".to_owned(),
                        Language::Zh => "已取消，未写入任何内容".to_owned(),
                    },
                })
            }
        }
    }
}

/// Questions go to standard error, so that standard output has only the guide.
fn say(text: &str) -> Result<(), Stopped> {
    let mut out = io::stderr();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stopped::unheard(&error))
}
