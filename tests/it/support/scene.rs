//! The server inside this process, with its log.

use std::{fs, ops::Deref};

use lark_callback::{
    app::{self, Server},
    config::{Config, Loaded, Origin, Values},
};
use tracing::subscriber::DefaultGuard;

use super::{
    client::Client,
    clock,
    log::Log,
    place::{Place, SETTINGS_FILE},
    wait::within,
};

/// A server that runs, where it runs, and what it logged.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) place: Place,
    pub(crate) log: Log,
    client: Client,
    server: Server,
    _log: DefaultGuard,
}

impl Scene {
    pub(super) async fn start(place: Place) -> Self {
        let (log, guard) = Log::start();
        let mut values = Values::default();
        let file = place.path(SETTINGS_FILE);
        if file.is_file() {
            values.add_file(&file, &fs::read_to_string(&file).unwrap());
        }
        values.add_variables(place.settings().iter().cloned(), &Origin::Environment);
        let Loaded::Enabled(mut config) = Config::from_values(&values).unwrap() else {
            panic!("the server is disabled");
        };
        // This process is the tests; plugins are compiled by the program.
        config.compile.program = Some(place.compiler.clone());
        let server = within("the start", Box::pin(app::start_at(*config, clock::now_ms)))
            .await
            .unwrap();
        let client = Client {
            address: server.address.tcp().expect("the tests listen on TCP"),
            lark: place.lark.clone(),
        };
        Self {
            place,
            log,
            client,
            server,
            _log: guard,
        }
    }

    /// For tasks that knock on their own.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client of the operator's listener, which the settings must have switched on.
    pub(crate) fn operator(&self) -> Client {
        let address = self.server.admin_address.as_ref().and_then(|address| address.tcp());
        Client {
            address: address.expect("the operator's listener is on, and listens on TCP"),
            lark: self.place.lark.clone(),
        }
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Stops as on SIGTERM, and leaves the files.
    pub(crate) async fn stop(self) -> Place {
        within("the stop", self.server.stop()).await;
        self.place
    }

    /// Stops as on SIGTERM and starts again over the same files.
    pub(crate) async fn restart(self) -> Self {
        self.stop().await.serve().await
    }
}

impl Deref for Scene {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
