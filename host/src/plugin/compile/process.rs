//! The server's side of a compile: starts the child process, watches its time, and turns its end into a result or an error.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{self, Path, PathBuf},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use bytes::Bytes;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    CompileSettings,
    child::{REFUSED, Refused},
    functions::COMPONENT_BYTES_MIN,
};
use crate::{
    plugin::{
        codegen::CompilerKind,
        error::{CompilerSaid, LoadProblem},
    },
    telemetry::{cut, escaped, on_one_line},
};

/// Elapsed time allowed for each second of CPU time: a compile has a low priority, and the machine may be busy.
const CLOCK_PER_CPU_SECOND: u64 = 3;

/// Threads of one compile; each takes memory, and the rest of a large machine is for calls.
const THREADS_MAX: usize = 4;

/// The size limit of one component's code. Python with its library has 33 MiB.
const CODE_BYTES_MAX: u64 = 256 << 20;

/// The limit of the child's output that is kept; a reason is a line, a panic a few.
const SAID_BYTES_MAX: u64 = 4 << 10;

/// The limit of the output shown in an error.
const SHOWN_BYTES_MAX: usize = 512;

/// Compiles in a process of its own, which ends when the future is dropped.
pub(super) async fn compile(
    settings: &CompileSettings,
    kind: CompilerKind,
    wasm: Bytes,
) -> Result<Vec<u8>, LoadProblem> {
    // In tests of this layer the program is the test.
    #[cfg(test)]
    if settings.program.is_none() {
        let compiled = spawn_blocking(move || super::child::translate(kind, &wasm, None)).await;
        return compiled.map_or(Err(LoadProblem::Crashed), |code| code.map_err(LoadProblem::from));
    }
    let victim = Arc::new(Victim::default());
    let killed_when_dropped = KillOnDrop(Arc::clone(&victim));
    let seconds_max = settings.cpu_seconds_max.saturating_mul(CLOCK_PER_CPU_SECOND);
    let work = spawn_blocking({
        let settings = settings.clone();
        move || run(&settings, kind, &wasm, &victim)
    });
    match timeout(Duration::from_secs(seconds_max), work).await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_panicked)) => Err(LoadProblem::Crashed),
        Err(_) => {
            drop(killed_when_dropped);
            Err(LoadProblem::CompileTime {
                what: "seconds on the clock",
                value: seconds_max,
                setting: settings.cpu_seconds_max,
            })
        }
    }
}

/// A process that another thread than the waiting one may have to kill.
#[derive(Debug, Default)]
struct Victim(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Unborn,
    Running(Child),
    /// It has ended, or must not begin.
    Over,
}

impl Victim {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it, unless it was cancelled.
    fn start(&self, mut command: Command) -> io::Result<(Pid, Pipes)> {
        let mut state = self.lock();
        if matches!(*state, State::Over) {
            return Err(gone());
        }
        let mut child = command.spawn()?;
        let pipes = Pipes::of(&mut child);
        let pid = Pid::from_child(&child);
        *state = State::Running(child);
        Ok((pid, pipes.ok_or_else(gone)?))
    }

    fn kill(&self) {
        let mut state = self.lock();
        match &mut *state {
            // Nobody has waited for it yet, so its process id is still its own.
            State::Running(child) => drop(child.kill()),
            State::Unborn => *state = State::Over,
            State::Over => {}
        }
    }

    /// Waits for its end, while others can still kill it.
    fn wait(&self, pid: Pid) -> io::Result<ExitStatus> {
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        match std::mem::replace(&mut *self.lock(), State::Over) {
            State::Running(mut child) => child.wait(),
            State::Unborn | State::Over => Err(gone()),
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

struct KillOnDrop(Arc<Victim>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// The three streams of the child.
struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

impl Pipes {
    fn of(child: &mut Child) -> Option<Self> {
        Some(Self {
            stdin: child.stdin.take()?,
            stdout: child.stdout.take()?,
            stderr: child.stderr.take()?,
        })
    }

    /// Writes the component, and reads code and messages. All that the child writes is bounded.
    fn talk(self, wasm: &[u8]) -> io::Result<(Vec<u8>, String)> {
        let Self {
            mut stdin,
            stdout,
            mut stderr,
        } = self;
        thread::scope(|scope| {
            let words = scope.spawn(move || {
                let mut words = Vec::new();
                let _ = stderr.by_ref().take(SAID_BYTES_MAX).read_to_end(&mut words);
                // The rest is discarded, so that the child is not blocked.
                let _ = io::copy(&mut stderr, &mut io::sink());
                String::from_utf8_lossy(&words).into_owned()
            });
            // A child that has exited reads nothing; its exit says why.
            let _ = stdin.write_all(wasm);
            drop(stdin);
            let mut code = Vec::new();
            stdout.take(CODE_BYTES_MAX + 1).read_to_end(&mut code)?;
            Ok((code, words.join().unwrap_or_default()))
        })
    }
}

/// This program, also after its file was replaced or deleted.
fn program(settings: &CompileSettings) -> io::Result<PathBuf> {
    match &settings.program {
        Some(program) => Ok(program.clone()),
        None if cfg!(target_os = "linux") && Path::new("/proc/self/exe").exists() => Ok("/proc/self/exe".into()),
        None => std::env::current_exe().or_else(|unknown| as_started(std::env::args_os().next()).ok_or(unknown)),
    }
}

/// The program by the name that it was started with, for a root without `/proc`. A name without a folder is left to the
/// system, which looks in the usual folders.
fn as_started(name: Option<OsString>) -> Option<PathBuf> {
    let name = PathBuf::from(name.filter(|name| !name.is_empty())?);
    if name.components().nth(1).is_none() && !name.has_root() {
        return Some(name);
    }
    // The child starts in another folder.
    path::absolute(name).ok()
}

fn command(settings: &CompileSettings, kind: CompilerKind, wasm: &[u8]) -> io::Result<Command> {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS_MAX));
    let mut command = Command::new(program(settings)?);
    command
        .arg0("lark-callback")
        .arg("compile-plugin")
        .args(["--kind", kind.word()])
        .args(["--cpu-seconds-max", &settings.cpu_seconds_max.to_string()])
        .args(["--memory-bytes-max", &settings.memory_bytes_max.to_string()])
        // It inherits no secret, and not the working directory.
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        // Without this the allocator's reserved memory counts as used.
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .current_dir("/")
        // Ctrl-C in a terminal is for the server, which then kills the child.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(dir) = &settings.cache_dir
        && settings.reuses_functions
        && wasm.len() >= COMPONENT_BYTES_MIN
    {
        // The child starts in another folder.
        command.arg("--functions").arg(path::absolute(dir)?);
        command.args(["--functions-bytes-max", &settings.cache_bytes_max.to_string()]);
    }
    Ok(command)
}

/// Runs it to its end, on a thread that may block. The kernel kills the child when this thread ends.
fn run(settings: &CompileSettings, kind: CompilerKind, wasm: &[u8], victim: &Victim) -> Result<Vec<u8>, LoadProblem> {
    let started = command(settings, kind, wasm).and_then(|command| victim.start(command));
    let (pid, pipes) = started.map_err(LoadProblem::NoCompiler)?;
    let talked = pipes.talk(wasm);
    if talked
        .as_ref()
        .map_or(true, |(code, _)| code.len() as u64 > CODE_BYTES_MAX)
    {
        victim.kill();
    }
    let status = victim.wait(pid).map_err(LoadProblem::NoCompiler)?;
    let (code, said) = talked.map_err(LoadProblem::NoCompiler)?;
    if code.len() as u64 > CODE_BYTES_MAX {
        return Err(LoadProblem::TooMuchCode {
            bytes_max: CODE_BYTES_MAX,
        });
    }
    if status.success() && !code.is_empty() {
        return Ok(code);
    }
    Err(reason(settings, status, &said))
}

/// Returns the error for a child that produced no code.
fn reason(settings: &CompileSettings, status: ExitStatus, said: &str) -> LoadProblem {
    if status.code() == Some(i32::from(REFUSED))
        && let Ok(refused) = serde_json::from_str::<Refused>(said)
    {
        return refused.into();
    }
    let is_out_of_memory = ["memory allocation of", "Cannot allocate memory", "out of memory"]
        .iter()
        .any(|words| said.contains(words));
    if is_out_of_memory {
        return LoadProblem::CompileMemory {
            value: settings.memory_bytes_max,
        };
    }
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => LoadProblem::CompileTime {
            what: "seconds of CPU time",
            value: settings.cpu_seconds_max,
            setting: settings.cpu_seconds_max,
        },
        Some(signal) if signal == Signal::KILL.as_raw() => LoadProblem::CompilerKilled,
        _ => LoadProblem::CompilerCrashed {
            status: status.to_string(),
            said: escaped(cut(said.trim(), SHOWN_BYTES_MAX)).into_owned(),
        },
    }
}

impl From<Refused> for LoadProblem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Damaged { offset, message } => Self::of_parser(offset, &message),
            // Its reasons have no types; a test holds the text.
            Refused::Uncompiled { message } if message.contains("component model async feature") => {
                Self::Asynchronous(CompilerSaid(on_one_line(&message)))
            }
            Refused::Uncompiled { message } => Self::Compile(CompilerSaid(on_one_line(&message))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, path::PathBuf};

    use super::as_started;

    #[test]
    fn without_proc_the_program_is_found_by_the_name_it_was_started_with() {
        let found = |name: &str| as_started(Some(name.into()));
        assert_eq!(found("/lark-callback"), Some(PathBuf::from("/lark-callback")));
        let here = env::current_dir().unwrap();
        assert_eq!(found("bin/lark-callback"), Some(here.join("bin/lark-callback")));
        assert_eq!(found("./lark-callback"), Some(here.join("lark-callback")));
        assert_eq!(found("lark-callback"), Some(PathBuf::from("lark-callback")));
        assert_eq!(found(""), None);
        assert_eq!(as_started(None), None);
    }
}
