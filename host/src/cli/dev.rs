//! `dev`: shows the main features in one minute, without settings and without a public address.

mod click;
mod keys;
mod lark;
mod show;

use std::{
    io::{self, ErrorKind, Write as _},
    net::TcpListener,
    path::Path,
};

use lark_callback_store::StoreError;

use super::{
    Exit, ServeArguments, Stopped,
    client::{Client, How},
    serve::{Signals, start_failed},
};
use crate::{
    app::{self, StartError},
    config::{Flags, Sender, Trial, TrialConfig},
    listen::{authority, bare, unix_path},
    telemetry,
};
use keys::Keys;
use lark::Lark;
use show::Show;

const ENV_FILE: &str = "data/dev.env";
const DATABASE: &str = "data/dev.db";

/// Arguments of `dev`.
#[derive(Debug, clap::Args)]
pub(super) struct DevArguments {
    #[command(flatten)]
    pub(super) serve: ServeArguments,
    /// Receive over Lark's long connection, from the simulated Lark: no requests, no keys
    #[arg(long)]
    long_connection: bool,
}

pub(super) async fn run(flags: &Flags, arguments: &DevArguments) -> Result<(), Stopped> {
    let mut signals = Signals::new()?;
    let keys = Keys::of_this_folder(Path::new(ENV_FILE))?;
    let lark = Lark::start(Keys::APP_ID).await?;
    let mut trial = Trial::read(flags);
    let notes = notes(&mut trial)?;
    let is_log_asked_for = trial.has("RUST_LOG");
    if arguments.long_connection {
        trial.set("LARK_TRANSPORT", "long-connection");
        lark.push_over_long_connection();
    }
    let TrialConfig { config, values } = settle(trial, &keys, &lark)?;
    let sender = Sender::from_values(&values, "").map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let redirect_uri = config
        .apps
        .first()
        .and_then(|app| app.authorize.redirect_uri.as_deref());
    if let Some(redirect_uri) = redirect_uri {
        lark.register(redirect_uri);
    }
    let variables = keys::variables(&values, &config);
    let log = telemetry::start(&config.log).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let plugins = config.plugins_dir.clone();

    let server = app::start(config).await.map_err(|error| failed(&error))?;
    tokio::select! {
        () = server.loaded() => {}
        () = signals.end() => {
            server.stop().await;
            return Ok(());
        }
    }
    let player = Sender::from_values(&values, "").map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let client = if arguments.long_connection {
        Client::over_connection(&lark.url, How::default())?
    } else {
        Client::new(player.url.clone(), player.socket.as_deref())?
    };
    server.let_cards_be_clicked(click::sender(client, player));
    keys::write(Path::new(ENV_FILE), &variables).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    let mut show = Show {
        out: io::stdout(),
        client: if arguments.long_connection {
            Client::over_connection(&lark.url, How::default())?
        } else {
            Client::new(sender.url.clone(), sender.socket.as_deref())?
        },
        app: sender.app,
        token: sender.token,
    };
    let shown = if arguments.long_connection {
        let posting = Client::new(sender.url, sender.socket.as_deref())?;
        lark.connected().await;
        show.over_connection(&server, &plugins, (&lark.url, posting), &notes)
            .await
    } else {
        show.all(&server, &plugins, &lark.url, &notes).await
    };
    if let Err(stopped) = shown {
        server.stop().await;
        return Err(stopped);
    }
    if !is_log_asked_for {
        log.set_levels("info");
    }
    signals.end().await;
    let _ = writeln!(io::stdout(), "\nStopping.");
    server.stop().await;
    Ok(())
}

/// Replaces the values that would reach a real application or database.
fn settle(mut trial: Trial, keys: &Keys, lark: &Lark) -> Result<TrialConfig, Stopped> {
    for (name, value) in keys.variables() {
        trial.set(name, value);
    }
    let host = trial.text("CALLBACK_SERVER_HOST").unwrap_or("127.0.0.1").to_owned();
    let port = trial.text("CALLBACK_SERVER_PORT").unwrap_or_default().to_owned();
    let database = format!("sqlite:{DATABASE}");
    for (name, value) in [
        ("DATABASE_URL", &database),
        ("LARK_API_BASE_URL", &lark.url),
        ("LARK_ACCOUNTS_BASE_URL", &lark.url),
    ] {
        trial.set(name, value);
    }
    let usual = [
        ("CALLBACK_SERVER_HOST", host.as_str()),
        ("LOG_FORMAT", "text"),
        // Whoever writes a plugin looks at each line.
        ("LOG_COLLAPSE", "off"),
        // Standard output shows the first requests; the forged one is meant to be refused.
        ("RUST_LOG", "error"),
    ];
    for (name, value) in usual {
        if !trial.has(name) {
            trial.set(name, value);
        }
    }
    if let Ok(port) = port.parse() {
        // A browser on this machine is redirected here.
        let loopback = if bare(&host).contains(':') { "::1" } else { "127.0.0.1" };
        let path = trial.text("CALLBACK_PATH").unwrap_or("/callback").to_owned();
        trial.set(
            "OAUTH_REDIRECT_URI",
            &format!("http://{}{path}", authority(loopback, port)),
        );
    }
    trial.config().map_err(|error| Stopped::new(Exit::Settings, &error))
}

/// Chooses the ports; returns notes about deviations from the settings.
fn notes(trial: &mut Trial) -> Result<Vec<String>, Stopped> {
    let mut notes = Vec::new();
    if !trial.ignored.is_empty() {
        notes.push(format!(
            "Ignored, so that nothing real is touched: {}",
            trial.ignored.join(", ")
        ));
    }
    for (host_name, port_name, usual, whose) in [
        ("CALLBACK_SERVER_HOST", "CALLBACK_SERVER_PORT", 8_080, "server"),
        (
            "CALLBACK_ADMIN_HOST",
            "CALLBACK_ADMIN_PORT",
            8_081,
            "operator's listener",
        ),
    ] {
        let host = bare(trial.text(host_name).unwrap_or("127.0.0.1")).to_owned();
        if unix_path(&host).is_some() {
            continue;
        }
        let port = match trial.text(port_name) {
            Some("0") => free_port(&host)?,
            // The port was requested explicitly, so it is kept even if it is taken.
            Some(_) => continue,
            None if is_taken(&host, usual) => {
                let port = free_port(&host)?;
                notes.push(format!(
                    "Port {usual} is in use by another program, so the {whose} uses port {port}; `send` and the \
                     operator's commands find it in {ENV_FILE}"
                ));
                port
            }
            None => usual,
        };
        trial.set(port_name, &port.to_string());
    }
    Ok(notes)
}

fn is_taken(host: &str, port: u16) -> bool {
    matches!(TcpListener::bind((host, port)), Err(error) if error.kind() == ErrorKind::AddrInUse)
}

/// Finds a free port. It must be known before the server starts, because the redirect URL contains it.
fn free_port(host: &str) -> Result<u16, Stopped> {
    let port = TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| Stopped {
        exit: Exit::Failed,
        text: format!("cannot listen on {host}: {error}; set CALLBACK_SERVER_HOST to an address of this machine"),
    })
}

fn failed(error: &StartError) -> Stopped {
    match error {
        StartError::Store(StoreError::Locked { .. }) => Stopped {
            exit: Exit::Database,
            text: format!(
                "another `dev` is running in this folder and uses {DATABASE}; stop it, or use another folder"
            ),
        },
        error => start_failed(error),
    }
}
