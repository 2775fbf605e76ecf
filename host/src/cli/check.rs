//! `check`: loads the settings as a server would, and tells every problem at once.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process,
};

use lark_callback_store::{Database, StoreSettings};
use rustix::fs::{Access, access, statvfs};
use serde_json::json;

use super::{Exit, ServeArguments, Stopped};
use crate::{
    app::check_plugins,
    config::{self, Config, Flags},
    telemetry::{self, LogSettings, chain, escaped_json, escaped_lines},
};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// As for a server.
    #[command(flatten)]
    pub(super) serve: ServeArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// All findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<String>,
    pub(super) notices: Vec<String>,
}

pub(super) fn run(flags: &Flags, arguments: &CheckArguments) -> Result<(), Stopped> {
    let Findings { problems, notices } = findings(flags);
    let is_good = problems.is_empty();
    let mut text = if arguments.json {
        json!({"ok": is_good, "problems": problems, "notices": notices}).to_string()
    } else {
        as_text(&problems, &notices)
    };
    text.push('\n');
    let text = if arguments.json {
        escaped_json(&text)
    } else {
        escaped_lines(&text)
    };
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Stopped::unheard(&error))?;
    if is_good {
        return Ok(());
    }
    Err(Stopped {
        exit: Exit::Settings,
        // Everything has been said.
        text: String::new(),
    })
}

fn as_text(problems: &[String], notices: &[String]) -> String {
    let mut lines: Vec<_> = problems.iter().map(|problem| format!("problem: {problem}")).collect();
    lines.extend(notices.iter().map(|notice| format!("note: {notice}")));
    lines.push(match problems.len() {
        0 => "The settings have no problems.".to_owned(),
        1 => "1 problem; the server would not start or would not work.".to_owned(),
        count => format!("{count} problems; the server would not start or would not work."),
    });
    lines.join("\n")
}

/// Checks the settings, the files that they name, and the folder of plugins.
pub(super) fn findings(flags: &Flags) -> Findings {
    let checked = config::load_checked(flags);
    let mut found = Findings {
        problems: checked.problems,
        notices: checked.notices,
    };
    if !checked.is_enabled {
        found.notices.push(
            "CALLBACK_SERVER_ENABLED is not on, so a server with these settings ends at once, with code 0".to_owned(),
        );
    }
    if let Some(config) = &checked.config {
        found.look_at_files(config);
    }
    // The folder can be looked at whatever is wrong elsewhere.
    let folder = match &checked.config {
        Some(config) => Some(config.plugins_dir.clone()),
        None => config::load_plugins_dir(flags).ok(),
    };
    if let Some(folder) = folder {
        let check = check_plugins(&folder, &config::load_variables(flags));
        found.problems.extend(check.problems);
        found.notices.extend(check.notices);
    }
    found
}

impl Findings {
    fn look_at_files(&mut self, config: &Config) {
        if let Err(error) = telemetry::check(&config.log) {
            self.problems.push(chain(&error));
        }
        if let Some(file) = &config.log.file
            && let Some(problem) = not_writable("LOG_FILE", file, Missing::Folder)
        {
            self.problems.push(problem);
        }
        self.notices.extend(log_larger_than_disk(&config.log));
        self.look_at_database(&config.store);
        if let Some(cache) = &config.compile.cache_dir
            && let Some(problem) = not_writable("CALLBACK_CACHE_DIR", cache, Missing::Anything)
        {
            self.notices
                .push(format!("{problem}; plugins are compiled anew at each start"));
        }
    }

    fn look_at_database(&mut self, store: &StoreSettings) {
        match &store.database {
            Database::Sqlite(path) => {
                self.problems
                    .extend(not_writable("TOKEN_DB_PATH", path, Missing::Anything));
            }
            Database::Postgres(settings) => {
                if let Err(error) = settings.check_files() {
                    self.problems.push(chain(&error));
                }
            }
        }
    }
}

/// Folder or file that the server makes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// The file and the folders above it.
    Anything,
    /// Only the file.
    Folder,
}

/// Why this user could not write a file or a folder, if so.
fn not_writable(name: &str, path: &Path, missing: Missing) -> Option<String> {
    let shown = path.display();
    if path.exists() {
        return access(path, Access::WRITE_OK | Access::READ_OK)
            .err()
            .map(|error| format!("{name}: {shown} cannot be read and written by this user: {error}"));
    }
    let mut above = path.ancestors().skip(1).map(|folder| {
        if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        }
    });
    let folder = match missing {
        Missing::Folder => above.next(),
        Missing::Anything => above.find(|folder| folder.exists()),
    }?;
    if !folder.is_dir() {
        return Some(format!(
            "{name}: {shown} cannot be made, because {} is no folder",
            folder.display()
        ));
    }
    try_in(folder).err().map(|error| {
        format!(
            "{name}: {shown} cannot be made in {} by this user: {error}",
            folder.display()
        )
    })
}

/// Whether something can be made in a folder. In some file systems (`/proc`) that fails whatever the permissions say.
fn try_in(folder: &Path) -> io::Result<()> {
    access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    let tried = folder.join(format!(".lark-callback-check-{}", process::id()));
    match fs::create_dir(&tried) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::remove_dir(&tried),
    }
}

/// A note when the log file and the renamed ones may together take more than the whole disk has.
fn log_larger_than_disk(log: &LogSettings) -> Option<String> {
    let file = log.file.as_deref()?;
    let largest = log.rotation.largest()?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let disk = statvfs(folder).ok()?;
    let total = disk.f_blocks.saturating_mul(disk.f_frsize);
    (total > 0 && largest > total).then(|| {
        format!(
            "LOG_FILE: {} may come to {} MiB with its renamed files, and its disk has {} MiB; lower LOG_FILES_MAX or \
             LOG_FILE_BYTES_MAX, since no log file is deleted before there are more than LOG_FILES_MAX",
            file.display(),
            largest >> 20,
            total >> 20
        )
    })
}
