//! Confirmation of commands that change many.

use std::io::{self, BufRead, IsTerminal, Write};

use serde_json::Value;

use super::{
    arguments::{FormArguments, ManyArguments},
    target::Target,
    tell,
};
use crate::{
    cli::{Exit, Stopped},
    operate::Command,
};

/// Asks for confirmation: not needed for one delivery; several need `--yes` or a person's consent.
pub(super) async fn confirmed(
    target: &Target,
    count: Command,
    many: &ManyArguments,
    form: &FormArguments,
    verb: &str,
) -> Result<bool, Stopped> {
    let counted = target.execute(&count).await?;
    if many.dry_run {
        tell(form, &counted)?;
        return Ok(false);
    }
    let count = counted.get("count").and_then(Value::as_u64).unwrap_or_default();
    if count <= 1 || many.yes {
        return Ok(true);
    }
    agreed(verb, count).map(|()| true)
}

/// Asks the person at the terminal; without one, says how to confirm.
pub(super) fn agreed(verb: &str, count: u64) -> Result<(), Stopped> {
    let (mut asked, stdin) = (io::stderr(), io::stdin());
    if !stdin.is_terminal() {
        return Err(Stopped {
            exit: Exit::Failed,
            text: format!("this would {verb} {count}; pass --yes to confirm, or --dry-run to only count them"),
        });
    }
    let lost = |error: io::Error| Stopped::new(Exit::Failed, &error);
    write!(asked, "{verb} {count}? [y/N] ").map_err(lost)?;
    asked.flush().map_err(lost)?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(lost)?;
    if ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(Stopped {
        exit: Exit::Failed,
        text: "nothing was done".to_owned(),
    })
}
