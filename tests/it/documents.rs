//! The documents: their commands are run, their links lead somewhere, and the Chinese pages say what the English ones say.

mod commands;
mod page;
mod proxies;

use page::Page;
