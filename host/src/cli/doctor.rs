//! `doctor`: looks at everything between the settings and the developer console, and says what is wrong, why, and what to do.

mod body;
mod certificate;
mod clock;
mod console;
mod database;
pub(super) mod finding;
mod halves;
mod lark;
mod long_connection;
mod no_answer;
mod plugins;
mod port;
mod probe;
mod proxy;
mod redirect;
mod server;
mod tls;

use crate::codes::Text;
use std::io::Write as _;

use lark_protocol::UnixSeconds;

use super::{Exit, Stopped, address::Address, language::Language, operate::Remote};
use crate::{
    app::now_ms,
    config::{self, Examined, Flags, Sender, Transport},
    telemetry::{chain, escaped_json},
};
use finding::{Finding, Findings, State, both, same};
use plugins::Loaded;
use probe::Target;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArguments {
    /// Public address, with or without the callback path [default: `CALLBACK_PUBLIC_URL`, or that of `OAUTH_REDIRECT_URI`]
    #[arg(long, value_name = "URL", value_parser = address)]
    url: Option<String>,
    /// Check one application only: its name in the settings file or its id
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Do not call Lark: neither clock, credentials nor console are checked
    #[arg(long)]
    offline: bool,
    /// End with exit code 1 on warnings, too
    #[arg(long)]
    strict: bool,
    /// Language of the texts [default: that of the terminal]
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<Language>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(flags: &Flags, arguments: &DoctorArguments) -> Result<(), Stopped> {
    let language = Language::chosen(arguments.lang);
    let (findings, exit) = match config::load_examined(flags) {
        Ok(examined) => (examine(flags, arguments, &examined).await?, Exit::Failed),
        Err(error) => (of_settings(&error.problems, &error.notices), Exit::Settings),
    };
    let text = if arguments.json {
        format!("{}\n", escaped_json(&findings.json(language).to_string()))
    } else {
        findings.shown(language)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Stopped::unheard(&error))?;
    let failed = findings.count(State::Failed);
    let warnings = if arguments.strict {
        findings.count(State::Warning)
    } else {
        0
    };
    if failed + warnings == 0 {
        return Ok(());
    }
    // The findings have said everything.
    Err(Stopped {
        exit,
        text: String::new(),
    })
}

/// Settings that no server would start with.
fn of_settings(problems: &[Text], notices: &[Text]) -> Findings {
    let mut findings = Findings::default();
    findings.extend(
        problems
            .iter()
            .map(|problem| Finding::failed("settings.problem", problem.clone())),
    );
    findings.extend(
        notices
            .iter()
            .map(|notice| Finding::warning("settings.notice", notice.clone())),
    );
    findings
}

async fn examine(flags: &Flags, arguments: &DoctorArguments, examined: &Examined) -> Result<Findings, Stopped> {
    let config = &examined.config;
    let senders = chosen(examined, arguments.app.as_deref())?;
    let mut findings = of_settings(&[], &config.notices);
    findings.add(Finding::ok(
        "settings.read",
        both(
            format!("the settings are valid; applications: {}", senders.len()),
            format!("配置有效；应用数：{}", senders.len()),
        ),
    ));
    let failed = |error: reqwest::Error| Stopped::new(Exit::Failed, &error);
    let mut remote = None;
    let mut probed = Vec::new();
    if let Some(first) = senders.first() {
        let local = local(first).map_err(failed)?;
        let (found, runs) = server::check(examined, &local).await;
        findings.extend(found);
        if runs {
            let asked = server::remote(flags);
            findings.add(server::ready(&asked).await);
            remote = Some(asked);
        }
        for lark in &senders {
            let (found, is_probed) = if runs && is_posted(lark) {
                server::keys(&local, lark).await
            } else {
                Default::default()
            };
            findings.extend(found.into_iter().map(|finding| finding.of_app(&lark.app.name)));
            probed.push(is_probed);
        }
    }
    let public = public_url(arguments, examined);
    findings.extend(
        publicly(public.as_deref(), examined, &senders, &probed)
            .await
            .map_err(failed)?,
    );
    let (found, inspected) = database::check(config).await;
    findings.extend(found);
    let (found, loaded) = plugins::check(config, remote.as_ref()).await;
    findings.extend(found);
    for lark in &senders {
        let found = redirect::check(config, lark).await;
        findings.extend(found.into_iter().map(|finding| finding.of_app(&lark.app.name)));
    }
    if arguments.offline {
        findings.add(Finding::not_tested(
            "lark.credentials",
            both("--offline: Lark was not called", "--offline：没有访问飞书"),
        ));
        return Ok(findings);
    }
    findings.add(clock::check(&config.openapi.base_url).await);
    let running = remote.as_ref().and_then(|remote| remote.as_ref().ok());
    let at_lark = at_lark(
        examined,
        &senders,
        inspected.as_ref(),
        (&loaded, running),
        public.as_deref(),
    );
    findings.extend(at_lark.await);
    Ok(findings)
}

/// The applications to check.
fn chosen<'a>(examined: &'a Examined, app: Option<&str>) -> Result<Vec<&'a Sender>, Stopped> {
    let is_meant = |lark: &&Sender| app.is_none_or(|app| lark.app.name == app || lark.app.app_id == app);
    let chosen: Vec<_> = examined.senders.iter().filter(is_meant).collect();
    match app {
        Some(app) if chosen.is_empty() => Err(Stopped {
            exit: Exit::NotFound,
            text: format!("--app {app}: no application has this name or id"),
        }),
        _ => Ok(chosen),
    }
}

/// Whether Lark posts to the application over HTTP.
fn is_posted(lark: &Sender) -> bool {
    lark.app.transport != Transport::LongConnection
}

/// The server on this machine.
fn local(lark: &Sender) -> Result<Target, reqwest::Error> {
    let base = lark.url.strip_suffix(&lark.app.path).unwrap_or(&lark.url);
    Target::new(base, lark.socket.as_deref())
}

/// `--url`, with its scheme.
fn address(text: &str) -> Result<String, String> {
    Address::read(text).map(|address| format!("{}{}", address.origin(), address.path))
}

/// The public address without the path of an application. A redirect URL ends in that path.
fn public_url(arguments: &DoctorArguments, examined: &Examined) -> Option<String> {
    let config = &examined.config;
    let without_path = |url: &str| {
        let url = url.trim_end_matches('/');
        let paths = config
            .apps
            .iter()
            .map(|app| app.path.as_str())
            .chain([config.path.as_str()]);
        let mut paths = paths
            .map(|path| path.trim_end_matches('/'))
            .filter(|path| !path.is_empty());
        let base = paths.find_map(|path| url.strip_suffix(path));
        base.unwrap_or(url).trim_end_matches('/').to_owned()
    };
    if let Some(url) = &arguments.url {
        return Some(without_path(url));
    }
    let of_redirect = || {
        let mut uris = config
            .apps
            .iter()
            .filter_map(|app| app.authorize.redirect_uri.as_deref());
        uris.next().map(without_path)
    };
    config.public_url.clone().or_else(of_redirect)
}

/// Everything that needs the public address.
async fn publicly(
    public: Option<&str>,
    examined: &Examined,
    senders: &[&Sender],
    probed: &[bool],
) -> Result<Vec<Finding>, reqwest::Error> {
    if !senders.iter().any(|lark| is_posted(lark)) {
        return Ok(vec![Finding::not_tested(
            "public.reach",
            both(
                "no public address is needed: everything comes over the long connection",
                "不需要公网地址：全部通过长连接接收",
            ),
        )]);
    }
    let Some(base) = public else {
        return Ok(vec![
            Finding::not_tested(
                "public.reach",
                both("the public address is not known", "不知道公网地址"),
            )
            .cure(both(
                "set CALLBACK_PUBLIC_URL, or pass --url https://your.host",
                "设置 CALLBACK_PUBLIC_URL，或传入 --url https://你的域名",
            )),
        ]);
    };
    let target = Target::new(base, None)?;
    let mut findings = tls::check(&target, UnixSeconds::of_ms(now_ms())).await;
    if base.starts_with("http://") {
        findings.push(
            Finding::warning(
                "tls.none",
                both(
                    "the public address has no TLS: whoever is on the way reads the answers, and without an Encrypt Key \
                     everything",
                    "公网地址没有使用 TLS：途中任何人都能看到应答；没有 Encrypt Key 时能看到全部内容",
                ),
            )
            .cure(both("use https://", "使用 https://")),
        );
    }
    let update_delay = examined.config.dispatch.update_delay;
    let posted = senders.iter().zip(probed).filter(|(lark, _)| is_posted(lark));
    for (lark, has_local) in posted {
        let found = proxy::check(&target, lark, *has_local, update_delay).await;
        findings.extend(found.into_iter().map(|finding| finding.of_app(&lark.app.name)));
    }
    Ok(findings)
}

/// Everything that Lark is asked.
async fn at_lark(
    examined: &Examined,
    senders: &[&Sender],
    inspected: Option<&lark_callback_store::Inspection>,
    (loaded, running): (&Loaded, Option<&Remote>),
    public: Option<&str>,
) -> Vec<Finding> {
    let config = &examined.config;
    let openapi = match lark::client(config, inspected) {
        Ok(openapi) => openapi,
        Err(error) => {
            let failed = Finding::failed(
                "lark.credentials",
                both("there is no client for Lark", "无法创建飞书客户端"),
            );
            return vec![failed.because(same(chain(&error)))];
        }
    };
    let mut findings = Vec::new();
    for sender in senders {
        let app = &sender.app;
        let (credentials, granted) = lark::check(&openapi, &app.app_id).await;
        let is_taken = credentials.state == State::Ok;
        let mut found = vec![credentials];
        found.extend(long_connection::check(&openapi, app, running).await);
        if is_taken {
            found.extend(console::check(&openapi, config, app, loaded, granted, public).await);
        } else {
            found.push(Finding::not_tested(
                "console.application",
                both(
                    "the console could not be compared, because Lark gave no token",
                    "飞书没有发放访问凭证，无法比较开发者后台",
                ),
            ));
        }
        findings.extend(found.into_iter().map(|finding| finding.of_app(&app.name)));
    }
    findings
}
