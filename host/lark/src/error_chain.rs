//! An error with its causes as one text.

use std::{error::Error, fmt::Write as _};

/// Joins an error and its causes, outermost first, with colons.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let because = error.to_string();
        // Errors of some libraries already contain their cause's text.
        if !text.ends_with(&because) {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {because}");
        }
        cause = error.source();
    }
    text
}
