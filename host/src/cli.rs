//! Command line: serve (the default), `dev`, `send`, and the operator's commands.

mod address;
mod check;
mod client;
mod compile;
mod dev;
mod doctor;
mod early;
mod explain;
mod healthcheck;
mod init;
mod language;
mod mcp;
mod metrics;
mod openapi;
mod operate;
mod payload;
mod plugin;
mod pushed;
mod render;
mod send;
mod serve;
mod settings;
mod shell;
mod show;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use crate::{
    codes::Exit,
    config::{self, Flags},
    listen::Inherited,
    telemetry::{chain, escaped_lines},
};
use early::EarlySignals;

/// Receives, verifies, stores and answers Feishu/Lark callbacks with WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(version, about, after_long_help = crate::config::settings::help())]
struct Arguments {
    #[command(flatten)]
    files: FileArguments,
    /// Arguments of `serve`, the default command.
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Sources of settings for every command. Flags take precedence over the environment, that over `.env`, and that over the
/// settings file.
#[derive(Debug, clap::Args)]
struct FileArguments {
    /// Settings file [default: lark-callback.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File with NAME=value lines [default: .env, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

/// Arguments of a server.
#[derive(Debug, Default, clap::Args)]
struct ServeArguments {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on; 0 picks a free one
    #[arg(long)]
    port: Option<u16>,
    /// Plugins folder
    #[arg(long, value_name = "DIR")]
    plugins_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default command)
    Serve(ServeArguments),
    /// Try it locally: throw-away keys, a database under data/ and a simulated Lark; sends one card click, then serves
    Dev(dev::DevArguments),
    /// Act as Lark: send a signed and encrypted callback to a running server
    Send(Box<send::SendArguments>),
    /// Received events: list, show, replay
    #[command(subcommand)]
    Events(operate::EventsCommand),
    /// Dead letters: list, retry, drop
    #[command(subcommand)]
    Dead(operate::DeadCommand),
    /// Waiting and running deliveries: list, show, retry, drop
    #[command(subcommand)]
    Deliveries(operate::DeliveriesCommand),
    /// Actions on many events or deliveries, done by the running server: list, show, start, cancel
    #[command(subcommand)]
    Jobs(operate::JobsCommand),
    /// What happened over a span of time, and what waits now
    Summary(operate::SummaryArguments),
    /// Erase the data of a person
    Erase(operate::EraseArguments),
    /// Database: migrate, status, prune, backup, restore, copy
    #[command(subcommand)]
    Db(operate::DbCommand),
    /// Changes that operators have made: who, what, when, from where
    Audit(operate::AuditArguments),
    /// Card authorization: request, status, list, sessions, revoke
    #[command(subcommand)]
    Auth(operate::AuthCommand),
    /// Check everything from the settings to the developer console; each fault with its cause and its cure
    Doctor(doctor::DoctorArguments),
    /// Set up: asks for the application's keys and addresses, writes .env, and says what to enter in the developer console
    Init(Box<init::InitArguments>),
    /// Check the settings as a server would load them, the files that they name, and the plugins folder
    Check(check::CheckArguments),
    /// Settings in effect: show
    #[command(subcommand)]
    Config(show::ConfigCommand),
    /// The last refused requests, with what each was found to be and what to do about it
    Rejected(operate::RejectedArguments),
    /// Show the log level of the running server, or change it until it stops
    LogLevel(operate::LogLevelArguments),
    /// What a code of this server or of Lark means, and what to do about it; finds the codes in log lines
    Explain(explain::ExplainArguments),
    /// Every setting with its default and its meaning
    Settings(settings::SettingsArguments),
    /// Every metric with its type, its labels and its meaning
    Metrics(metrics::MetricsArguments),
    /// Document of the operator's API, in the format OpenAPI 3.1
    Openapi,
    /// Model Context Protocol over standard input and output, for an agent; reads only, unless told otherwise
    Mcp(mcp::McpArguments),
    /// Plugins: new, dev, build, check, inspect, test for authors; list, publish for operators
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Ask the running server whether it is ready; exit code 0 or 1, for containers and monitors
    Healthcheck(healthcheck::HealthcheckArguments),
    /// Script that completes commands in a shell
    Completions(shell::CompletionsArguments),
    /// Manual page, in the format of man
    Man(shell::ManArguments),
    /// Compile a plugin in a process of its own: reads a component from standard input, writes machine code to standard
    /// output
    #[command(hide = true)]
    CompilePlugin(compile::CompileArguments),
}

/// Time limit for busy threads at exit; a file on a dead mount would block one forever.
const SHUTDOWN_MAX: Duration = Duration::from_millis(500);

/// Error that ended a command, as a text for a person.
#[derive(Debug)]
struct Stopped {
    exit: Exit,
    text: String,
}

impl Stopped {
    fn new(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        Self {
            exit,
            text: chain(error),
        }
    }

    /// Closed standard output. A reader that closed it (`| head -1`) has seen enough, so no error is printed.
    fn unheard(error: &io::Error) -> Self {
        let is_closed = error.kind() == io::ErrorKind::BrokenPipe;
        Self {
            exit: Exit::Failed,
            text: if is_closed { String::new() } else { error.to_string() },
        }
    }
}

/// Runs the command given on the command line.
pub fn main() -> ExitCode {
    let early = match EarlySignals::catch() {
        Ok(early) => early,
        Err(error) => return stopped(&Stopped::new(Exit::Failed, &error)),
    };
    let arguments = Arguments::parse();
    // Before anything else, because this process must stay within its limits.
    if let Some(Command::CompilePlugin(compile)) = &arguments.command {
        return compile.run();
    }
    let is_server = matches!(arguments.command, None | Some(Command::Serve(_) | Command::Dev(_)));
    early.are_parsed(is_server);
    let flags = arguments.flags();
    // Before there are threads.
    let inherited = if matches!(arguments.command, None | Some(Command::Serve(_))) {
        Inherited::take(config::listen_names().as_deref())
    } else {
        Ok(Inherited::default())
    };
    let inherited = match inherited {
        Ok(inherited) => inherited,
        Err(error) => return stopped(&Stopped::new(Exit::Failed, &error)),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return stopped(&Stopped::new(Exit::Failed, &error)),
    };
    let result = match arguments.command {
        None | Some(Command::Serve(_)) => runtime.block_on(serve::run(&flags, inherited, &early)),
        Some(Command::Dev(dev)) => runtime.block_on(dev::run(&flags, &dev)),
        Some(Command::Send(send)) => runtime.block_on(send::run(&flags, &send)),
        Some(Command::Events(command)) => runtime.block_on(operate::events(&flags, command)),
        Some(Command::Dead(command)) => runtime.block_on(operate::dead(&flags, command)),
        Some(Command::Deliveries(command)) => runtime.block_on(operate::deliveries(&flags, command)),
        Some(Command::Jobs(command)) => runtime.block_on(operate::jobs(&flags, command)),
        Some(Command::Summary(arguments)) => runtime.block_on(operate::summary(&flags, &arguments)),
        Some(Command::Erase(arguments)) => runtime.block_on(operate::erase(&flags, arguments)),
        Some(Command::Db(command)) => runtime.block_on(operate::db(&flags, command)),
        Some(Command::Audit(arguments)) => runtime.block_on(operate::audit(&flags, arguments)),
        Some(Command::Auth(command)) => runtime.block_on(operate::auth(&flags, command)),
        Some(Command::Doctor(arguments)) => runtime.block_on(doctor::run(&flags, &arguments)),
        Some(Command::Init(arguments)) => runtime.block_on(init::run(&flags, &arguments)),
        Some(Command::Check(arguments)) => check::run(&flags, &arguments),
        Some(Command::Config(command)) => show::run(&flags, &command),
        Some(Command::Rejected(arguments)) => runtime.block_on(operate::rejected(&flags, &arguments)),
        Some(Command::LogLevel(arguments)) => runtime.block_on(operate::log_level(&flags, &arguments)),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Settings(arguments)) => settings::run(&arguments),
        Some(Command::Metrics(arguments)) => metrics::run(&arguments),
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Mcp(arguments)) => runtime.block_on(mcp::run(&flags, &arguments)),
        Some(Command::Plugin(plugin)) => runtime.block_on(plugin::run(&flags, &plugin)),
        Some(Command::Healthcheck(arguments)) => runtime.block_on(healthcheck::run(&flags, &arguments)),
        Some(Command::Completions(arguments)) => shell::completions(&Arguments::command(), &arguments),
        Some(Command::Man(arguments)) => shell::man(Arguments::command(), &arguments),
        Some(Command::CompilePlugin(compile)) => return compile.run(),
    };
    // Threads still waiting for a file or a process are abandoned; everything that had to finish has finished.
    runtime.shutdown_timeout(SHUTDOWN_MAX);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => stopped(&error),
    }
}

fn stopped(stopped: &Stopped) -> ExitCode {
    if !stopped.text.is_empty() {
        // If standard error is closed, the error cannot be reported.
        // It may quote what a server, a proxy or a file said.
        let _ = writeln!(io::stderr(), "lark-callback: {}", escaped_lines(&stopped.text));
    }
    ExitCode::from(stopped.exit as u8)
}

impl Arguments {
    /// Settings given on the command line. A flag of `serve` in front of a command without use for it is a usage error,
    /// rather than silently ignored.
    fn flags(&self) -> Flags {
        let of_command = match &self.command {
            None => Vec::new(),
            Some(Command::Serve(serve)) => serve.values(),
            Some(Command::Dev(dev)) => dev.serve.values(),
            Some(Command::Send(send)) => send.values(),
            Some(Command::Check(check)) => check.serve.values(),
            Some(Command::Config(command)) => command.serve().values(),
            Some(_) => {
                self.refuse(&["host", "port", "plugins-dir"]);
                Vec::new()
            }
        };
        if matches!(self.command, Some(Command::Send(_))) {
            self.refuse(&["plugins-dir"]);
        }
        Flags {
            config: self.files.config.clone(),
            env_file: self.files.env_file.clone(),
            values: self.serve.values().into_iter().chain(of_command).collect(),
        }
    }

    fn refuse(&self, flags: &[&str]) {
        let given = [
            ("host", self.serve.host.is_some()),
            ("port", self.serve.port.is_some()),
            ("plugins-dir", self.serve.plugins_dir.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(flag, is_given)| *is_given && flags.contains(flag)) {
            let text =
                format!("--{flag} means nothing to this command; it is for a server: lark-callback serve --{flag} …");
            Self::command().error(ErrorKind::ArgumentConflict, text).exit();
        }
    }
}

impl ServeArguments {
    fn values(&self) -> Vec<(String, String)> {
        let folder = self.plugins_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned());
        let values = [
            ("CALLBACK_SERVER_HOST", self.host.clone()),
            ("CALLBACK_SERVER_PORT", self.port.map(|port| port.to_string())),
            ("CALLBACK_PLUGINS_DIR", folder),
        ];
        values
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}
