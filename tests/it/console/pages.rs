//! The pages that are looked at in a browser: each new one is a line here.

/// Paths, each with a server that has had something happen.
pub(super) const PAGES: &[&str] = &[
    "/console/",
    "/console/?span=1h",
    "/console/nothing",
    "/console/events",
    "/console/events?type=card.action.trigger&age=1d",
    "/console/deliveries",
    "/console/dead",
    "/console/jobs",
    "/console/refused",
    "/console/authorizations",
    "/console/audit",
    "/console/settings",
    "/console/explain",
    "/console/explain?code=200340",
    "/console/plugins",
    "/console/plugins/moody",
    "/console/plugins/moody/log",
    "/console/plugins/moody/kv",
    "/console/plugins/moody/order/disable",
];
