//! Operator's console: what happened, and what can be done about it, as pages for a browser.
//!
//! Every page is rendered here from the commands that the API and the command line use; there is no other way to the database.
//! A page is one file or folder with `routes()`, merged in `pages`, and a line in `navigation`. Tested over HTTP and in a
//! browser in `tests/it/console`.

mod assets;
mod audit;
mod authorizations;
mod click;
mod dead;
mod deliveries;
mod drawing;
mod elements;
mod events;
mod explain;
mod failure;
mod forms;
mod gate;
mod history;
mod hold;
mod jobs;
mod language;
mod live;
mod login;
mod logins;
mod multipart;
mod navigation;
mod overview;
mod page;
mod plugins;
mod preferences;
mod refused;
mod session;
mod settings;
mod value;
mod view;
mod workshop;

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Router, middleware,
    response::Redirect,
    routing::{any, get},
};
use serde_json::Value;

use crate::{admin::AdminState, listen::Address, operate::Command};
use failure::Failure;
use live::{Live, Recent};
use logins::Logins;
use overview::Overview;
use session::Sessions;
use view::View;

pub use history::History;
pub use workshop::{About, Click, ClickSender, Clicked, Dropped, Installed, Report, SendClick, Signature, Workshop};

/// Path of the first page.
const HOME: &str = "/console/";

/// How long the names of types, plugins and applications are offered before they are looked for again.
const NAMES_KEPT: Duration = Duration::from_secs(30);

/// Parts that only the console needs, beside the state of the operator's listener.
#[derive(Debug)]
pub struct Parts {
    /// What was counted over time.
    pub history: Arc<History>,
    /// Checks and installs components that are dropped onto a page.
    pub workshop: Workshop,
    /// Sends clicks into drawn cards, when the server runs as `dev`.
    pub clicks: ClickSender,
}

/// State that all pages share.
pub(crate) struct Console {
    /// The server that is shown, and that carries commands out.
    admin: Arc<AdminState>,
    sessions: Sessions,
    logins: Logins,
    live: Live,
    history: Arc<History>,
    overview: Overview,
    workshop: Workshop,
    clicks: ClickSender,
    /// Names that filters offer.
    names: Recent<Arc<events::filters::Names>>,
    places: Arc<tokio::sync::Semaphore>,
}

impl Console {
    /// Carries a command out for the caller of a page, if its role suffices.
    pub(crate) async fn execute(&self, view: &View, command: Command) -> Result<Value, Failure> {
        let actor = view.actor.as_ref().ok_or_else(Failure::role)?;
        Ok(self.admin.execute(actor, command).await?)
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

/// Routes of the console before those of the rest of the operator's listener.
pub fn mount(admin: &Arc<AdminState>, parts: Parts, others: Router) -> Router {
    let Parts {
        history,
        workshop,
        clicks,
    } = parts;
    let console = Arc::new(Console {
        admin: Arc::clone(admin),
        sessions: Sessions::new(),
        logins: Logins::default(),
        live: Live::new(admin.leaving.clone()),
        history,
        overview: Overview::default(),
        workshop,
        clicks,
        names: Recent::new(NAMES_KEPT),
        places: Arc::new(tokio::sync::Semaphore::new(gate::REQUESTS_MAX)),
    });
    pages()
        .route("/console", get(|| async { Redirect::permanent(HOME) }))
        .route("/console/{*rest}", any(|| async { Failure::no_page() }))
        .method_not_allowed_fallback(|| async { Failure::method() })
        .layer(middleware::from_fn_with_state(Arc::clone(&console), gate::admit))
        .with_state(console)
        .route("/", get(|| async { Redirect::temporary(HOME) }))
        .fallback_service(others)
}

/// One line for each page.
fn pages() -> Router<Arc<Console>> {
    Router::new()
        .merge(assets::routes())
        .merge(login::routes())
        .merge(preferences::routes())
        .merge(overview::routes())
        .merge(refused::routes())
        .merge(authorizations::routes())
        .merge(settings::routes())
        .merge(explain::routes())
        .merge(audit::routes())
        .merge(plugins::routes())
        .merge(click::routes())
        .merge(events::routes())
        .merge(deliveries::routes())
        .merge(dead::routes())
        .merge(jobs::routes())
}

/// URL of the console for a browser on this machine; absent behind a Unix socket.
pub fn url(address: &Address) -> Option<String> {
    let mut address = address.tcp()?;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    Some(format!("http://{address}{HOME}"))
}
