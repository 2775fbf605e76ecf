//! `init`: asks for what the developer console shows, writes `.env`, and says what to enter there.

mod answers;
mod ask;
mod file;
mod guide;
mod questions;

use std::{
    io::{self, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use super::{Exit, Stopped, check, language::Language};
use crate::{
    config::{self, Flags},
    telemetry::{chain, escaped_lines},
    vault::Vault,
};
use answers::Answers;
use ask::Terminal;
use file::{EnvFile, FileError};

/// Arguments of `init`. What is missing is asked for on a terminal.
#[derive(Debug, clap::Args)]
pub(super) struct InitArguments {
    /// App ID: cli_…
    #[arg(long, value_name = "APP_ID")]
    app_id: Option<String>,
    /// App Secret; other users of this machine can see it while the command runs, so prefer --app-secret-file
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    app_secret: Option<String>,
    /// File that holds the App Secret
    #[arg(long, value_name = "FILE", conflicts_with = "app_secret")]
    app_secret_file: Option<PathBuf>,
    /// Verification Token
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    verification_token: Option<String>,
    /// File that holds the Verification Token
    #[arg(long, value_name = "FILE", conflicts_with = "verification_token")]
    verification_token_file: Option<PathBuf>,
    /// Encrypt Key
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    encrypt_key: Option<String>,
    /// File that holds the Encrypt Key
    #[arg(long, value_name = "FILE", conflicts_with = "encrypt_key")]
    encrypt_key_file: Option<PathBuf>,
    /// The application has no Encrypt Key: callbacks come unsigned and in clear
    #[arg(long, conflicts_with_all = ["encrypt_key", "encrypt_key_file"])]
    no_encrypt_key: bool,
    /// Address at which Lark and browsers reach this server: `https://bot.example.com`; a path becomes `CALLBACK_PATH`
    #[arg(long, value_name = "URL", visible_alias = "public-address")]
    public_url: Option<String>,
    /// Feishu (China) or Lark (international) [default: feishu]
    #[arg(long, value_enum)]
    service: Option<Service>,
    /// Ask nothing; what is missing is an error
    #[arg(long, visible_alias = "non-interactive")]
    yes: bool,
    /// Replace the file if it exists; the old one is kept beside it, and its other settings are taken over
    #[arg(long)]
    force: bool,
    /// Language of the questions and of the guide [default: that of the terminal]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// Service that the application belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Service {
    /// open.feishu.cn
    Feishu,
    /// open.larksuite.com
    Lark,
}

pub(super) async fn run(flags: &Flags, arguments: &InitArguments) -> Result<(), Stopped> {
    let language = Language::chosen(arguments.lang);
    let path = flags.env_file.clone().unwrap_or_else(|| PathBuf::from(".env"));
    // Before anything is asked.
    let file = EnvFile::prepare(path.clone(), arguments.force)?;
    let terminal = (!arguments.yes && io::stdin().is_terminal()).then_some(Terminal { language });
    let answers = Answers::collect(arguments, terminal.as_ref()).await?;
    let key = match file.kept("LARK_CONFIG_ENCRYPTION_KEY") {
        Some(kept) => kept.to_owned(),
        None => Vault::new_key().map_err(|error| Stopped::new(Exit::Failed, &error))?,
    };
    let written = file.write(&answers.variables(&key))?;
    let mut text = guide::written(language, &written);
    text.push_str(&guide::steps(language, &answers, &path));
    text.push_str(&after(flags, language, &path, &answers));
    io::stdout()
        .write_all(escaped_lines(&text).as_bytes())
        .map_err(|error| Stopped::unheard(&error))
}

/// Problems of these settings, seen as a server sees them.
fn after(flags: &Flags, language: Language, file: &Path, answers: &Answers) -> String {
    let flags = Flags {
        env_file: Some(file.to_owned()),
        ..flags.clone()
    };
    let names: Vec<_> = answers.variables("").into_iter().map(|(name, _)| name).collect();
    let shown = config::load_shown(&flags).settings;
    let hiding = shown
        .into_iter()
        .filter(|setting| setting.origin == "environment" && names.contains(&&*setting.name));
    let hiding: Vec<_> = hiding.map(|setting| setting.name).collect();
    guide::after(
        language,
        file,
        &hiding,
        &check::findings(&flags).problems().cloned().collect::<Vec<_>>(),
    )
}

impl From<FileError> for Stopped {
    fn from(error: FileError) -> Self {
        Self {
            exit: Exit::Failed,
            text: chain(&error),
        }
    }
}
