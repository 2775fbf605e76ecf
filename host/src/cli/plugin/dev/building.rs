//! A build in a process group of its own, so that it can be ended with all compilers that it has started.

use std::{
    env,
    io::{self, Read as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::{
    cli::{Exit, Stopped, plugin::wasm},
    telemetry::chain,
};

/// A running `plugin build`; ended when dropped.
#[derive(Debug)]
pub(super) struct Build {
    group: Pid,
    begun: Instant,
    result: oneshot::Receiver<io::Result<(bool, String)>>,
    is_over: bool,
}

/// A component that was built.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) name: String,
    pub(super) wasm: PathBuf,
    pub(super) settings: Option<PathBuf>,
    pub(super) size: String,
    pub(super) took: Duration,
}

fn failed(text: String) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text,
    }
}

impl Build {
    /// Starts it. Messages of the compiler go to standard error.
    pub(super) fn start(folder: &Path, is_offline: bool) -> Result<Self, Stopped> {
        let cannot = |error: io::Error| failed(format!("the build cannot be started: {}", chain(&error)));
        let mut command = Command::new(env::current_exe().map_err(cannot)?);
        command.args(["plugin", "build", "--json"]).arg(folder);
        if is_offline {
            command.arg("--offline");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(cannot)?;
        let group = Pid::from_child(&child);
        let (done, result) = oneshot::channel();
        thread::spawn(move || {
            // Nobody waits any more if the command ends meanwhile.
            let _ = done.send(output(&mut child));
        });
        Ok(Self {
            group,
            begun: Instant::now(),
            result,
            is_over: false,
        })
    }

    /// Waits for its end; nothing when it made nothing, which it has said itself. Of what was made and would not be loaded the
    /// server says why.
    pub(super) async fn finished(mut self) -> Result<Option<Built>, Stopped> {
        let result = (&mut self.result).await;
        self.is_over = true;
        let (is_success, said) = match result {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => return Err(failed(format!("the build cannot be waited for: {}", chain(&error)))),
            Err(error) => return Err(failed(format!("the build cannot be waited for: {}", chain(&error)))),
        };
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        let path = |name: &str| said.get(name).and_then(Value::as_str).map(PathBuf::from);
        let wasm = match path("file") {
            Some(wasm) => wasm,
            None if is_success => return Err(failed("the build did not say what it made".to_owned())),
            None => return Ok(None),
        };
        let bytes = said.get("bytes").and_then(Value::as_u64).unwrap_or_default();
        Ok(Some(Built {
            name: wasm::plugin_name(&wasm),
            settings: path("settings"),
            wasm,
            size: wasm::size(bytes),
            took: self.begun.elapsed(),
        }))
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        if !self.is_over {
            // It may have ended already.
            let _ = kill_process_group(self.group, Signal::TERM);
        }
    }
}

fn output(child: &mut Child) -> io::Result<(bool, String)> {
    let mut said = String::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut said)?;
    }
    Ok((child.wait()?.success(), said))
}
