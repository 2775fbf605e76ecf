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

use super::{
    Exit, ServeArguments, Stopped,
    doctor::finding::{State, line},
    language::Language,
};
use crate::{
    app::check_plugins,
    codes::{Text, both, same, told},
    config::{self, Config, Flags},
    telemetry::{self, LogSettings, chain, escaped_json},
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
    /// Language [default: that of the terminal]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// All findings of one part.
#[derive(Debug, Default)]
struct Part {
    problems: Vec<Text>,
    notices: Vec<Text>,
}

/// All findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    settings: Part,
    plugins: Part,
}

pub(super) fn run(flags: &Flags, arguments: &CheckArguments) -> Result<(), Stopped> {
    let language = Language::chosen(arguments.lang);
    let found = findings(flags);
    let is_good = found.problems().next().is_none();
    let text = if arguments.json {
        let of = |texts: Vec<&Text>| {
            texts
                .into_iter()
                .map(|text| text.of(language).to_owned())
                .collect::<Vec<_>>()
        };
        let (problems, notices) = (of(found.problems().collect()), of(found.notices().collect()));
        let text = json!({"ok": is_good, "problems": problems, "notices": notices}).to_string();
        format!("{}\n", escaped_json(&text))
    } else {
        found.shown(language)
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

/// Checks the settings, the files that they name, and the folder of plugins.
pub(super) fn findings(flags: &Flags) -> Findings {
    let checked = config::load_checked(flags);
    let mut found = Part {
        problems: checked.problems,
        notices: checked.notices,
    };
    if !checked.is_enabled && !checked.lacks_source {
        found.notices.push(told!(
            "CALLBACK_SERVER_ENABLED is not on, so a server with these settings ends at once, with code 0",
            "CALLBACK_SERVER_ENABLED 未开启，服务用这些配置启动后会立即以退出码 0 结束"
        ));
    }
    if let Some(config) = &checked.config {
        found.look_at_files(config);
    }
    let mut plugins = Part::default();
    // The folder can be looked at whatever is wrong elsewhere.
    let folder = match &checked.config {
        Some(config) => Some(config.plugins_dir.clone()),
        None => config::load_plugins_dir(flags).ok(),
    };
    if let Some(folder) = folder {
        let check = check_plugins(&folder, &config::load_variables(flags));
        plugins.problems = check.problems;
        plugins.notices = check.notices;
    }
    Findings {
        settings: found,
        plugins,
    }
}

impl Findings {
    /// Everything that a server would not start with or would not work with.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Text> {
        self.settings.problems.iter().chain(&self.plugins.problems)
    }

    fn notices(&self) -> impl Iterator<Item = &Text> {
        self.settings.notices.iter().chain(&self.plugins.notices)
    }

    /// As `doctor` shows its findings.
    fn shown(&self, language: Language) -> String {
        let parts = [
            (both("Settings", "配置"), &self.settings),
            (both("Plugins", "插件"), &self.plugins),
        ];
        let mut shown = String::new();
        for (title, part) in parts {
            if part.problems.is_empty() && part.notices.is_empty() {
                continue;
            }
            shown.push_str(&format!("{}\n", title.of(language)));
            for (state, texts) in [(State::Failed, &part.problems), (State::Warning, &part.notices)] {
                for text in texts {
                    shown.push_str(&line(state, text, language));
                }
            }
            shown.push('\n');
        }
        let end = match self.problems().count() {
            0 => both("The settings have no problems.", "配置检查通过。"),
            1 => both(
                "1 problem; the server would not start or would not work.",
                "1 个问题；服务无法启动或无法正常工作。",
            ),
            count => told!(
                "{count} problems; the server would not start or would not work.",
                "{count} 个问题；服务无法启动或无法正常工作。"
            ),
        };
        shown.push_str(&format!("{}\n", end.of(language)));
        shown
    }
}

impl Part {
    fn look_at_files(&mut self, config: &Config) {
        if let Err(error) = telemetry::check(&config.log) {
            self.problems.push(same(chain(&error)));
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
            self.notices.push(told!(
                "{problem}; plugins are compiled anew at each start",
                "{problem:#}；插件会在每次启动时重新编译"
            ));
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
                    self.problems.push(same(chain(&error)));
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
fn not_writable(name: &str, path: &Path, missing: Missing) -> Option<Text> {
    let shown = path.display();
    if path.exists() {
        return access(path, Access::WRITE_OK | Access::READ_OK).err().map(|error| {
            told!(
                "{name}: {shown} cannot be read and written by this user: {error}",
                "{name}：当前用户无法读写 {shown}：{error}"
            )
        });
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
        return Some(told!(
            "{name}: {shown} cannot be made, because {} is no folder",
            "{name}：无法创建 {shown}，因为 {} 不是目录",
            folder.display()
        ));
    }
    try_in(folder).err().map(|error| {
        told!(
            "{name}: {shown} cannot be made in {} by this user: {error}",
            "{name}：当前用户无法在 {} 中创建 {shown}：{error}",
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
fn log_larger_than_disk(log: &LogSettings) -> Option<Text> {
    let file = log.file.as_deref()?;
    let largest = log.rotation.largest()?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let disk = statvfs(folder).ok()?;
    let total = disk.f_blocks.saturating_mul(disk.f_frsize);
    (total > 0 && largest > total).then(|| {
        told!("LOG_FILE: {} may come to {} MiB with its renamed files, and its disk has {} MiB; lower LOG_FILES_MAX or \
             LOG_FILE_BYTES_MAX, since no log file is deleted before there are more than LOG_FILES_MAX", "LOG_FILE：{} 连同轮转文件可能达到 {} MiB，而磁盘共有 {} MiB；请减小 LOG_FILES_MAX 或 LOG_FILE_BYTES_MAX，因为日志文件超过 LOG_FILES_MAX 个之后才会删除旧文件",
            file.display(),
            largest >> 20,
            total >> 20
        )
    })
}
