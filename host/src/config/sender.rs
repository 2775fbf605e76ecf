//! Settings of `send`, which plays Lark: one application's keys and the server's address.

use crate::codes::{Text, told};
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use super::{
    AppConfig, ConfigError, Flags, Value,
    read::Reader,
    settings,
    source::{Origin, Values},
};
use crate::listen::{authority, unix_path};

/// Lark's view of one application.
#[derive(Debug)]
pub struct Sender {
    /// Its keys.
    pub app: AppConfig,
    /// Newest Verification Token in plain text, because Lark includes it in callbacks.
    pub token: String,
    /// URL for callbacks of the application.
    pub url: String,
    /// Address of Lark's API, which is that of the simulated Lark with the settings of `dev`.
    pub api: String,
    /// Unix socket that the server listens at, instead of the host in the URL.
    pub socket: Option<PathBuf>,
}

/// Loads the application with this name or id; without either, the one from the environment.
///
/// # Errors
/// With every problem that was found in what is read.
pub fn load_sender(flags: &Flags, app: Option<&str>) -> Result<Sender, ConfigError> {
    let mut values = super::values(flags);
    let name = find(&values, app)?;
    without_secret(&mut values, &name);
    Sender::from_values(&values, &name)
}

impl Sender {
    /// Reads the application with this name; the empty name means the one from the environment.
    ///
    /// # Errors
    /// With every problem that was found in what is read.
    pub fn from_values(values: &Values, name: &str) -> Result<Self, ConfigError> {
        let mut read = Reader::new(values);
        let window = read.window();
        let app = read.app_of(name, window);
        let token = read.app_value(name, "verification_token").unwrap_or_default();
        let api = read.api_of(name);
        let host = read.host_or(&settings::CALLBACK_SERVER_HOST, "127.0.0.1");
        let port: u16 = read.number(&settings::CALLBACK_SERVER_PORT);
        read.finish()?;
        let socket = unix_path(&host).map(Path::to_owned);
        let authority = match &socket {
            Some(_) => "localhost".to_owned(),
            None => authority(&reachable(&host), port),
        };
        Ok(Self {
            url: format!("http://{authority}{}", app.path),
            api,
            socket,
            app,
            token,
        })
    }
}

/// Replaces a wildcard address with this machine's loopback address.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "::1".to_owned(),
        _ => host.to_owned(),
    }
}

fn find(values: &Values, app: Option<&str>) -> Result<String, ConfigError> {
    let has_main = values.by_name.contains_key("LARK_APP_ID");
    let id_of = |name: &str| values.apps.get(name)?.get("app_id").map(|id| id.text.as_str());
    let wrong = |what: Text| ConfigError {
        problems: vec![what],
        notices: Vec::new(),
    };
    let known = || {
        let names: Vec<_> = values.apps.keys().map(String::as_str).collect();
        names.join(", ")
    };
    match app {
        None if !has_main && !values.apps.is_empty() => Err(wrong(told!(
            "LARK_APP_ID is not set; name one of the applications of the settings file with --app: {}",
            "未设置 LARK_APP_ID；请用 --app 指定配置文件中的应用：{}",
            known()
        ))),
        None => Ok(String::new()),
        Some(app) if values.apps.contains_key(app) => Ok(app.to_owned()),
        Some(app)
            if values
                .by_name
                .get("LARK_APP_ID")
                .is_some_and(|id| id.text.trim() == app) =>
        {
            Ok(String::new())
        }
        Some(app) => values
            .apps
            .keys()
            .find(|name| id_of(name) == Some(app))
            .cloned()
            .ok_or_else(|| {
                let known = known();
                let known = if known.is_empty() { "-" } else { &known };
                wrong(told!(
                    "--app {app}: there is no section [apps.{app}] in the settings file; there are: {known}",
                    "--app {app}：配置文件中没有小节 [apps.{app}]；现有：{known}"
                ))
            }),
    }
}

/// The App Secret is not needed, because the client signs but does not call Lark.
fn without_secret(values: &mut Values, name: &str) {
    let unused = Value {
        text: "unused".into(),
        origin: Origin::Flag,
    };
    if let Some(keys) = values.apps.get_mut(name) {
        keys.remove("app_secret_file");
        keys.insert("app_secret".into(), unused);
    } else {
        values.by_name.remove("LARK_APP_SECRET_FILE");
        values.by_name.insert("LARK_APP_SECRET".into(), unused);
    }
}
