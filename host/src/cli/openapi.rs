//! `openapi`: the document of the API, as a server answers it.

use std::io::{self, Write as _};

use super::Stopped;
use crate::admin;

pub(super) fn run() -> Result<(), Stopped> {
    let document = admin::document();
    writeln!(io::stdout(), "{document:#}").map_err(|error| Stopped::unheard(&error))
}
