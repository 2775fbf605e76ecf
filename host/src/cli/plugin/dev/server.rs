//! The server of `plugin dev`: one that runs already, or a `dev` of its own in the folder `.dev` of the project.

use std::{
    env, fs, io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{before::before, building::Built, log::Log, put::put, screen::Screen};
use crate::{
    app::install::hash,
    cli::{
        Exit, Stopped,
        operate::Remote,
        plugin::wasm::{self, for_shell},
    },
    config::{self, Flags, Sender, Values},
    http_client,
    telemetry::chain,
};

/// Folder of the server in a project.
const FOLDER: &str = ".dev";
const ENV_FILE: &str = "data/dev.env";

/// Time for a server to take a plugin: as long as it may compile one.
const TAKE_MAX: Duration = Duration::from_secs(360);
/// Time after which somebody who waits is told for what.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// Time for a server to end by itself.
const STOP_MAX: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Time after which a server has certainly seen that only the settings have changed.
const SETTLED: Duration = Duration::from_millis(600);
/// Time after which what a server says of the settings is about those that were put there last.
const SETTINGS_READ: Duration = Duration::from_secs(3);

/// A running server with the simulated Lark.
#[derive(Debug)]
pub(super) struct DevServer {
    pub(super) remote: Remote,
    pub(super) sender: Sender,
    plugins: PathBuf,
    env_file: PathBuf,
    own: Option<Own>,
}

/// A server that was started here.
#[derive(Debug)]
struct Own {
    child: Child,
    log: Log,
}

/// A plugin that serves.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) hash: String,
    pub(super) event_types: Vec<String>,
}

impl Serving {
    pub(super) fn short_hash(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }
}

fn failed(text: String) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text,
    }
}

impl DevServer {
    /// With `--env-file`, the server that has written it; else one is started.
    pub(super) async fn find_or_start(flags: &Flags, folder: &Path, screen: Screen) -> Result<Self, Stopped> {
        let server = match &flags.env_file {
            Some(env_file) => Self::running(env_file)?,
            None => Self::start(folder, screen).await?,
        };
        // Whether it answers at all.
        server.remote.plugins().await?;
        let (url, env_file) = (&server.sender.url, server.env_file.display());
        let console = server.remote.console_url().filter(|_| server.own.is_some());
        let text = if server.own.is_some() {
            let console = console.as_deref().map(|console| format!("; in a browser: {console}"));
            format!(
                "{url}, started here; commands find it with --env-file {env_file}{}",
                console.unwrap_or_default()
            )
        } else {
            format!("{url}, of {env_file}; the log is in its terminal")
        };
        screen.tell(
            "server",
            &text,
            &json!({"url": url, "env_file": server.env_file, "started": server.own.is_some(), "console": console}),
        );
        Ok(server)
    }

    fn running(env_file: &Path) -> Result<Self, Stopped> {
        let (operator, sender) = settings(env_file)?;
        if !reqwest::Url::parse(&sender.api).is_ok_and(|url| http_client::is_local(&url)) {
            return Err(Stopped {
                exit: Exit::Usage,
                text: format!(
                    "{}: its server calls the real Lark ({}); `plugin dev` replaces plugins at each change, and does so only on a \
                     server that `lark-callback dev` has started: --env-file data/dev.env",
                    env_file.display(),
                    sender.api
                ),
            });
        }
        Ok(Self {
            remote: Remote::of_settings(&operator)?,
            sender,
            plugins: operator.plugins_dir,
            env_file: env_file.to_owned(),
            own: None,
        })
    }

    async fn start(project: &Path, screen: Screen) -> Result<Self, Stopped> {
        let folder = project.join(FOLDER);
        let folder = folder.strip_prefix(".").unwrap_or(&folder);
        let cannot = |error: io::Error| failed(format!("{}: {}", folder.display(), chain(&error)));
        fs::create_dir_all(folder.join("plugins")).map_err(cannot)?;
        screen.tell("server", "starting", &json!({"url": null}));
        let mut command = Command::new(env::current_exe().map_err(cannot)?);
        command
            .args(["dev", "--port", "0", "--plugins-dir", "plugins"])
            .envs([
                ("LOG_FORMAT", "json"),
                ("LOG_COLLAPSE", "off"),
                ("CALLBACK_ADMIN", "on"),
                ("CALLBACK_ADMIN_PORT", "0"),
            ])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for this process, which stops the server in its turn.
            .process_group(0);
        // What the build has compiled for its look at the plugin is not compiled again.
        if let Some(cache) = config::author_cache_dir() {
            command.env("CALLBACK_CACHE_DIR", std::path::absolute(cache).map_err(cannot)?);
        }
        let mut child = command.spawn().map_err(cannot)?;
        let log = Log::new(screen);
        let (serving, mut is_serving) = mpsc::channel(1);
        if let Some(stderr) = child.stderr.take() {
            log.read_log(stderr);
        }
        if let Some(stdout) = child.stdout.take() {
            log.read_output(stdout, serving);
        }
        let mut own = Own { child, log };
        // Its output ends when it ends.
        if is_serving.recv().await.is_none() {
            return Err(own.why_ended());
        }
        let env_file = folder.join(ENV_FILE);
        let (operator, sender) = settings(&env_file)?;
        Ok(Self {
            remote: Remote::of_settings(&operator)?,
            sender,
            plugins: folder.join("plugins"),
            env_file,
            own: Some(own),
        })
    }

    /// Shows the log lines of this plugin from now on.
    pub(super) fn follow(&self, plugin: &str) {
        if let Some(own) = &self.own {
            own.log.follow(plugin);
        }
    }

    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Puts a plugin and its settings into the folder, and waits until the server has taken or refused it.
    pub(super) async fn install(&self, built: &Built) -> Result<Serving, Stopped> {
        let read =
            |path: &Path| fs::read(path).map_err(|error| failed(format!("{}: {}", path.display(), chain(&error))));
        let bytes = read(&built.wasm)?;
        let hash = hash(&bytes);
        let (place, beside) = (
            self.plugins.join(format!("{}.wasm", built.name)),
            self.plugins.join(format!("{}.toml", built.name)),
        );
        let was = self.status(&built.name).await?;
        let mut is_new_settings = false;
        // First, so that the component is never loaded without them.
        if let Some(settings) = &built.settings {
            is_new_settings = put(&beside, &read(settings)?)?;
        }
        put(&place, &bytes)?;
        let is_known = was.pointer("/active/hash").and_then(Value::as_str) == Some(&hash);
        if is_known && is_new_settings {
            sleep(SETTLED).await;
        }
        let mut long = Some(wasm::told_when_long(&format!("{}.wasm", built.name), bytes.len(), true));
        let begun = Instant::now();
        while begun.elapsed() < TAKE_MAX {
            if begun.elapsed() > TELL_AFTER
                && let Some(long) = long.take()
            {
                long.tell();
            }
            let are_settings_read = !is_new_settings || begun.elapsed() > SETTINGS_READ;
            if let Some(taken) = taken(&self.status(&built.name).await?, &built.name, &hash, are_settings_read) {
                return taken.map_err(failed);
            }
            sleep(LOOK_EVERY).await;
        }
        Err(failed(format!(
            "the server did not take {}; is this the plugins folder of the server of {}?",
            place.display(),
            self.env_file.display()
        )))
    }

    /// Plugins that are asked before this one for the same event types, with those types.
    pub(super) async fn asked_before(&self, plugin: &Serving) -> Result<Vec<String>, Stopped> {
        let all = self.remote.plugins().await?;
        Ok(before(&all, &plugin.name, &plugin.event_types))
    }

    async fn status(&self, plugin: &str) -> Result<Value, Stopped> {
        let answer = self.remote.plugins().await?;
        let plugins = answer.get("plugins").and_then(Value::as_array);
        let found = plugins
            .into_iter()
            .flatten()
            .find(|status| status.get("name").and_then(Value::as_str) == Some(plugin));
        Ok(found.cloned().unwrap_or_default())
    }

    /// The command that sends an event to this server.
    pub(super) fn how_to_send(&self, plugin: &Serving) -> String {
        let event = plugin.event_types.first().map_or("TYPE", String::as_str);
        format!("lark-callback send {event} --env-file {}", for_shell(&self.env_file))
    }

    /// Waits for the end of a server that was started here, which nobody wants.
    pub(super) async fn ended(&mut self) -> Stopped {
        loop {
            if let Some(own) = &mut self.own
                && !matches!(own.child.try_wait(), Ok(None))
            {
                return own.why_ended();
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Stops a server that was started here.
    pub(super) async fn stop(mut self) {
        let Some(own) = &mut self.own else { return };
        // It may have ended already.
        let _ = kill_process(Pid::from_child(&own.child), Signal::TERM);
        let until = Instant::now() + STOP_MAX;
        while matches!(own.child.try_wait(), Ok(None)) && Instant::now() < until {
            sleep(LOOK_EVERY / 4).await;
        }
    }
}

impl Own {
    fn why_ended(&mut self) -> Stopped {
        let _ = self.child.wait();
        failed(format!("the server has ended; its last lines:{}", self.log.last()))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // A server that has ended is not there to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(env_file: &Path) -> Result<(config::OperatorConfig, Sender), Stopped> {
    if !env_file.is_file() {
        return Err(Stopped {
            exit: Exit::NotFound,
            text: format!("{} does not exist; `lark-callback dev` writes it", env_file.display()),
        });
    }
    let mut values = Values::default();
    values.add_dot_env(env_file);
    // As flags: they say where the server is, whatever the environment says of another.
    let values = values.by_name.into_iter().map(|(name, value)| (name, value.text));
    let flags = Flags {
        env_file: Some(env_file.to_owned()),
        values: values.collect(),
        ..Flags::default()
    };
    let wrong = |error: config::ConfigError| Stopped::new(Exit::Settings, &error);
    Ok((
        config::load_operator(&flags).map_err(wrong)?,
        config::load_sender(&flags, None).map_err(wrong)?,
    ))
}

/// Whether a server serves this component, or why not; nothing while it is not decided. Settings that cannot be read hold up any
/// component, and the status then names none.
fn taken(status: &Value, name: &str, hash: &str, are_settings_read: bool) -> Option<Result<Serving, String>> {
    let text = |pointer: &str| status.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if status.get("disabled") == Some(&Value::Bool(true)) {
        return Some(Err(format!(
            "{name} is disabled on this server: by `enabled = false` in its settings, or by a command: lark-callback plugin enable \
             {name}"
        )));
    }
    let is_held = match status.pointer("/held/hash") {
        Some(Value::Null) => are_settings_read || text("/active/hash") == hash,
        Some(held) => held == hash || text("/active/hash") == hash,
        None => false,
    };
    if is_held {
        return Some(Err(format!("the server does not load it: {}", text("/held/reason"))));
    }
    if text("/active/hash") != hash {
        return None;
    }
    let types = status.pointer("/active/event_types").and_then(Value::as_array);
    let types = types.into_iter().flatten().filter_map(Value::as_str);
    Some(Ok(Serving {
        name: name.to_owned(),
        version: text("/active/version").to_owned(),
        hash: hash.to_owned(),
        event_types: types.map(str::to_owned).collect(),
    }))
}
