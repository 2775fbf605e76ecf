//! Installing a plugin into the folder: checked as a server would load it, and placed in one step.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use lark_callback_store::{Store, StoreError, StoreSettings};

use super::{
    publish::{PublishError, read},
    scratch::{ScratchFolder, unique_name},
};
use crate::{
    codes::{Text, both},
    operate::text_of_store,
    plugin::{
        Candidate, CompileSettings, Engine, EngineError, EngineSettings, LoadError, Settings, SettingsError,
        SignatureError, Source, TrustedKeys,
    },
    reload,
    telemetry::chain,
};

/// Reason why a plugin was not installed. What was in the folder before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The name is not allowed for a plugin.
    #[error("{name:?} cannot be the name of a plugin: {reason}; give another with --name")]
    Name {
        /// Name as given.
        name: String,
        /// Reason.
        reason: Text,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] PublishError),
    /// Nobody vouches for it.
    #[error("nothing is installed")]
    Signature(#[from] SignatureError),
    /// The settings beside it are not usable.
    #[error("nothing is installed: the settings in {path} cannot be used")]
    Settings {
        /// Path of the file.
        path: PathBuf,
        /// Error in its content.
        source: SettingsError,
    },
    /// A server would not load it.
    #[error("nothing is installed")]
    Load(#[from] LoadError),
    /// The engine that loads it for a trial.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database of the trial.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be written.
    #[error("nothing is installed: {path} cannot be written")]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error from the operating system.
        source: io::Error,
    },
}

impl InstallError {
    /// The reason in both languages, with its causes.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Name { name, reason } => format!("{name:?} 不能作为插件名称：{reason:#}；请用 --name 指定其他名称"),
            Self::Read(error) => format!("未安装：{}", chain(error)),
            Self::Signature(error) => format!("未安装：{:#}", error.text()),
            Self::Settings { path, source } => format!("未安装：{} 中的配置有误：{}", path.display(), chain(source)),
            Self::Load(error) => format!("未安装：{:#}", error.problem.text()),
            Self::Engine(error) => format!("未安装，无法试加载：{}", chain(error)),
            Self::Store(error) => format!("未安装，无法试加载：{:#}", text_of_store(error)),
            Self::Write { path, source } => format!("未安装：无法写入 {}：{source}", path.display()),
        };
        both(chain(self), zh)
    }
}

/// Plugin that is to be installed.
#[derive(Debug)]
pub struct NewFile {
    /// Name, as that of its file without the extension.
    pub name: String,
    /// The component.
    pub wasm: Bytes,
    /// Content of its `.sig` file.
    pub signature: Option<Vec<u8>>,
}

/// Plugin that was installed.
#[derive(Debug)]
pub struct Installed {
    /// The author's version.
    pub version: String,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// Where it lies now.
    pub path: PathBuf,
}

/// SHA-256 of a component as 64 hex digits.
pub fn hash(wasm: &[u8]) -> String {
    reload::hash(wasm)
}

/// Checks a component as a server would, with the settings that lie in the folder, and puts it into its place.
///
/// # Errors
/// [`InstallError`]; nothing is replaced then.
pub async fn install(
    folder: &Path,
    keys: &TrustedKeys,
    new: NewFile,
    compile: CompileSettings,
) -> Result<Installed, InstallError> {
    let NewFile { name, wasm, signature } = new;
    reload::check_name(&name).map_err(|reason| InstallError::Name {
        name: name.clone(),
        reason,
    })?;
    if keys.is_asked_for() {
        keys.check(&wasm, signature.as_deref())?;
    }
    let settings = settings(&folder.join(format!("{name}.toml")))?;
    let (version, hash) = try_out(&name, wasm.clone(), settings, compile).await?;
    let path = folder.join(format!("{name}.wasm"));
    let signature_path = folder.join(format!("{name}.wasm.sig"));
    fs::create_dir_all(folder).map_err(|source| InstallError::Write {
        path: folder.to_owned(),
        source,
    })?;
    // First, so that the component never lies there without it.
    if let Some(signature) = &signature {
        place(folder, &signature_path, signature)?;
    }
    place(folder, &path, &wasm)?;
    if signature.is_none() {
        // It vouches for what was there before. That it stays is no harm as long as no signature is asked for.
        let _ = fs::remove_file(&signature_path);
    }
    Ok(Installed { version, hash, path })
}

fn settings(path: &Path) -> Result<Settings, InstallError> {
    if !path.exists() {
        return Ok(Settings::default());
    }
    let text = read(path)?;
    Settings::parse(&String::from_utf8_lossy(&text)).map_err(|source| InstallError::Settings {
        path: path.to_owned(),
        source,
    })
}

/// Loads it once; its version and its hash.
async fn try_out(
    name: &str,
    wasm: Bytes,
    settings: Settings,
    compile: CompileSettings,
) -> Result<(String, String), InstallError> {
    let folder = ScratchFolder::new().map_err(|source| InstallError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    // Plugins keep nothing while they load, but the engine needs a database to give them.
    let store = Store::open(&StoreSettings::at(folder.join("trial.db"))).await?;
    let engine_settings = EngineSettings {
        compile,
        ..EngineSettings::default()
    };
    let engine = Engine::start(engine_settings, store.clone())?;
    let candidate = Candidate {
        name: name.to_owned(),
        source: Source::File(format!("{name}.wasm").into()),
        wasm,
        hash: None,
        settings,
    };
    let loaded = engine.load(candidate).await;
    store.close().await;
    let plugin = loaded?;
    Ok((plugin.description().version.clone(), plugin.hash().to_owned()))
}

/// Writes aside, in the same folder and under a name that servers ignore, and renames.
fn place(folder: &Path, path: &Path, content: &[u8]) -> Result<(), InstallError> {
    let failed = |source| InstallError::Write {
        path: path.to_owned(),
        source,
    };
    let aside = folder.join(format!(".install-{}", unique_name().map_err(failed)?));
    let written = || {
        let mut file = fs::File::create_new(&aside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        // The name, too, is to be there after a power cut.
        fs::File::open(folder)?.sync_all()
    };
    written().map_err(|source| {
        // It may not even be there.
        let _ = fs::remove_file(&aside);
        failed(source)
    })
}
