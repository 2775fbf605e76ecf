//! `healthcheck`: whether the server of these settings is well, for a container's health check.

use std::{
    io::{self, Write},
    time::Duration,
};

use lark_callback_store::{Database, announced};
use tokio::time::{self, Instant};

use super::{Exit, Stopped, operate::Remote};
use crate::config::{self, Flags, OperatorConfig};

/// Arguments of `healthcheck`.
#[derive(Debug, clap::Args)]
pub(super) struct HealthcheckArguments {
    /// Ask only whether the server makes progress (/livez), not whether it can take requests (/readyz): for a monitor that
    /// restarts it, because a restart does not mend a database that is down
    #[arg(long)]
    live: bool,
    /// Wait up to so many seconds for it to be well, for instance until a server that was just started has loaded its plugins
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=3600))]
    wait: u64,
}

/// Between two questions while waiting; a start with a warm cache takes about as long.
const PAUSE: Duration = Duration::from_millis(200);

/// Ends with an error unless the server says that it is well.
pub(super) async fn run(flags: &Flags, arguments: &HealthcheckArguments) -> Result<(), Stopped> {
    let config = config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let check = if arguments.live { "livez" } else { "readyz" };
    let until = Instant::now() + Duration::from_secs(arguments.wait);
    loop {
        // Each time anew: a server that has just started may announce another address.
        let answer = server(&config)?.health(check).await;
        let unwell = match answer {
            Ok(reasons) if reasons.is_empty() => {
                return writeln!(io::stdout(), "ok").map_err(|error| Stopped::unheard(&error));
            }
            Ok(reasons) => Stopped {
                exit: Exit::Failed,
                text: reasons.join("; "),
            },
            Err(silent) => silent,
        };
        if Instant::now() >= until {
            return Err(unwell);
        }
        time::sleep(PAUSE).await;
    }
}

/// The server that holds the SQLite database, which has its address; otherwise the one that the settings name.
fn server(config: &OperatorConfig) -> Result<Remote, Stopped> {
    if let Database::Sqlite(path) = &config.store.database
        && let Some(address) = announced(path)
    {
        return Remote::at(&address, config);
    }
    if !config.admin.is_on {
        return Err(Stopped {
            exit: Exit::Failed,
            text: "CALLBACK_ADMIN=off: without the operator's listener nobody can ask how the server is".into(),
        });
    }
    Remote::of_settings(config)
}
