//! The documents: their commands are run, their links lead somewhere, and the Chinese pages say what the English ones say.

mod commands;
mod examples;
mod links;
mod page;
mod proxies;
mod twins;

use page::{Page, pages};
