//! The public endpoints: what arrives over HTTP, and what is answered before any plugin is asked.

mod challenge;
mod paths;
mod probes;
mod redirect;
mod refusals;
mod rejected;
mod request_ids;
mod returns;
mod strangers;
