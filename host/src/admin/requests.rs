//! Handlers of the requests that are about the running server, one for each.

use std::sync::Arc;

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    routing::{MethodRouter, on},
};

use super::{
    AdminState, api, catch_up, connections, jobs, log_level, openapi, plugin_data, rejected, role, shown_settings,
};
use crate::operate::of_server::{OfServer, ServerRoute};

/// Handler for a request, which the role of the caller must suffice for.
pub(super) fn request(route: ServerRoute) -> MethodRouter<Arc<AdminState>> {
    let method = api::method(route.verb);
    let handler = match route.what {
        OfServer::Plugins => on(method, api::plugins),
        OfServer::PluginKeys => on(method, plugin_data::keys),
        OfServer::PluginLog => on(method, plugin_data::lines),
        OfServer::Connections => on(method, connections::list),
        OfServer::CatchUp => on(method, catch_up::run),
        OfServer::Rejected => on(method, rejected::list),
        OfServer::LogLevel => on(method, log_level::show),
        OfServer::ChangeLogLevel => on(method, log_level::change),
        OfServer::Task => on(method, api::task),
        OfServer::Jobs => on(method, jobs::list),
        OfServer::CountJob => on(method, jobs::count),
        OfServer::Job => on(method, jobs::show),
        OfServer::StartJob => on(method, jobs::start),
        OfServer::CancelJob => on(method, jobs::cancel),
        OfServer::Openapi => on(method, openapi::show),
        OfServer::Settings => on(method, shown_settings::show),
    };
    handler.layer(from_fn(move |request: Request, next: Next| {
        role::check((route.needs, route.shows), request, next)
    }))
}
