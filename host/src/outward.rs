//! HTTP requests of plugins to services outside.
//!
//! A plugin chooses URLs, so each is checked before a connection is made: that it has one meaning, and that its name leads to
//! no address inside of this network which the operator did not grant. The connection is made to the address that was
//! checked.

mod address;
mod error;
mod mask;
mod names;
mod roots;
mod target;
mod web;

pub use self::{
    address::{Zone, is_metadata_name},
    error::WebError,
    mask::Mask,
    names::{AddressRefused, Reach},
    roots::{CaError, Roots},
    target::{Target, TargetError, without_user},
    web::{Connections, Incoming, Outgoing, StandIn, Web},
};
pub use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
