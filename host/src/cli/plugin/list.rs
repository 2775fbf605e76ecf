//! `plugin list`: what the running server has loaded and what not, and what is published, in the language of the terminal.

use std::{io::ErrorKind, path::Path};

use lark_callback_store::Database;
use serde_json::{Value, json};

use crate::{
    app::publish::{self, PublishedPlugin},
    cli::{Exit, Stopped, language::Language, operate::Remote},
    codes::{backing_off, both, told},
    config::{self, ConfigError, Flags},
};

/// Lists the plugins as reported by the running server, and the published ones on a PostgreSQL. Without a server, lists
/// the files in the folder.
pub(super) async fn list(flags: &Flags, as_json: bool) -> Result<String, Stopped> {
    let wrong = |error: &ConfigError| Stopped::new(Exit::Settings, error);
    let config = config::load_operator(flags).map_err(|error| wrong(&error))?;
    let (serving, why_not) = match Remote::of_running(&config) {
        Ok(remote) => match remote.plugins().await {
            Ok(answer) => (answer.get("plugins").cloned(), None),
            // A rejected token must be reported, not hidden behind a listing of the folder.
            Err(error) if matches!(error.exit, Exit::Settings) => return Err(error),
            Err(error) => (None, Some(error.text)),
        },
        Err(error) => (None, Some(error.text)),
    };
    let published = match &config.store.database {
        Database::Postgres(_) => Some(publish::published(&config.store).await?),
        Database::Sqlite(_) => None,
    };
    let folder = config::load_plugins_dir(flags).map_err(|error| wrong(&error))?;
    let files = if serving.is_none() { files(&folder)? } else { Vec::new() };
    if as_json {
        let published = published.as_deref().map(published_as_json);
        return Ok(format!(
            "{}\n",
            json!({"serving": serving, "published": published, "files": files})
        ));
    }
    let language = Language::chosen(None);
    let mut text = match &serving {
        Some(plugins) => serving_as_text(plugins, language),
        None => files_as_text(&folder, &files, why_not.as_deref().unwrap_or_default(), language),
    };
    if let Some(published) = published {
        let head = both(
            "\npublished for all servers on this PostgreSQL:\n",
            "\n已发布给该 PostgreSQL 上的所有服务：\n",
        );
        text.push_str(head.of(language));
        text.push_str(&published_as_text(&published, language));
    }
    Ok(text)
}

/// Names of the plugins in the folder. Whether they load is known only to a server.
fn files(folder: &Path) -> Result<Vec<String>, Stopped> {
    let found = match std::fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let mut stopped = Stopped::new(Exit::Failed, &error);
            stopped.text = format!("the folder {} cannot be read: {}", folder.display(), stopped.text);
            return Err(stopped);
        }
    };
    let mut names: Vec<_> = found
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".wasm"))
        .collect();
    names.sort();
    Ok(names)
}

fn files_as_text(folder: &Path, files: &[String], why_not: &str, language: Language) -> String {
    let folder = folder.display();
    let unasked = told!(
        "no server could be asked ({why_not})\n",
        "没有可以查询的服务（{why_not}）\n"
    );
    let mut text = unasked.of(language).to_owned();
    let head = if files.is_empty() {
        told!(
            "the folder {folder} contains no plugins\n",
            "目录 {folder} 中没有插件\n"
        )
    } else {
        told!("the folder {folder} contains:\n", "目录 {folder} 中有：\n")
    };
    text.push_str(head.of(language));
    for file in files {
        text.push_str(&format!("  {file}\n"));
    }
    text
}

/// Plugins of a server, one after the other.
fn serving_as_text(plugins: &Value, language: Language) -> String {
    let mut text = String::new();
    for plugin in plugins.as_array().into_iter().flatten() {
        text.push_str(&state_as_text(plugin, language));
        if let Some(backoff) = plugin.get("backoff").filter(|backoff| backoff.is_object()) {
            text.push_str(&backoff_as_text(backoff, language));
        }
        for schedule in plugin.get("schedules").and_then(Value::as_array).into_iter().flatten() {
            text.push_str(&schedule_as_text(schedule, language));
        }
        if plugin.get("held").is_some_and(Value::is_object) {
            let (source, reason) = (field(plugin, "/held/source"), field(plugin, "/held/reason"));
            let held = told!("  not used: {source}: {reason}\n", "  未使用：{source}：{reason}\n");
            text.push_str(held.of(language));
        }
    }
    if text.is_empty() {
        both("no plugin\n", "没有插件\n").of(language).clone_into(&mut text);
    }
    text
}

fn field<'a>(of: &'a Value, pointer: &str) -> &'a str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn state_as_text(plugin: &Value, language: Language) -> String {
    let name = field(plugin, "/name");
    let is = |pointer: &str| plugin.pointer(pointer) == Some(&Value::Bool(true));
    let state = if plugin.get("active").is_some_and(Value::is_object) {
        return active_as_text(plugin, is("/active/paused"), language);
    } else if is("/disabled_by_command") {
        told!(
            "{name} is disabled by a command; lark-callback plugin enable {name}\n",
            "{name} 已被命令停用；恢复：lark-callback plugin enable {name}\n"
        )
    } else if is("/disabled") {
        told!(
            "{name} is disabled by {name}.toml; events that arrive meanwhile are not stored for it\n",
            "{name} 已被 {name}.toml 停用；期间收到的事件不会为它保存\n"
        )
    } else if is("/loading") {
        told!("{name} is being loaded\n", "{name} 正在加载\n")
    } else {
        told!("{name} does not serve\n", "{name} 未提供服务\n")
    };
    state.of(language).to_owned()
}

fn active_as_text(plugin: &Value, is_paused: bool, language: Language) -> String {
    let (name, version) = (field(plugin, "/name"), field(plugin, "/active/version"));
    let (hash, source) = (short(field(plugin, "/active/hash")), field(plugin, "/active/source"));
    let state = if is_paused {
        both("is paused", "已暂停")
    } else {
        both("serves", "服务中")
    };
    let state = state.of(language);
    let apps = plugin.pointer("/active/apps").and_then(Value::as_array);
    let apps = apps.map_or(String::new(), |apps| {
        let names: Vec<_> = apps.iter().filter_map(Value::as_str).collect();
        let names = names.join(", ");
        told!(", for {names}", "，用于 {names}").of(language).to_owned()
    });
    let line = told!(
        "{name} {version} {hash} {state}{apps}, from {source}\n",
        "{name} {version} {hash} {state}{apps}，来自 {source}\n"
    );
    let mut text = line.of(language).to_owned();
    let (rest, of_rest) = (
        field(plugin, "/active/canary/rest/version"),
        short(field(plugin, "/active/canary/rest/hash")),
    );
    if !of_rest.is_empty() {
        let canary = told!(
            "  as a canary; {rest} {of_rest} serves the rest\n",
            "  灰度中；其余由 {rest} {of_rest} 处理\n"
        );
        text.push_str(canary.of(language));
    }
    text
}

fn backoff_as_text(backoff: &Value, language: Language) -> String {
    let (told, error) = (backing_off(backoff), field(backoff, "/error"));
    told!("  backing off: {told}: {error}\n", "  退避中：{told:#}：{error}\n")
        .of(language)
        .to_owned()
}

fn schedule_as_text(schedule: &Value, language: Language) -> String {
    let of = |name: &str| schedule.get(name).and_then(Value::as_str);
    let text = |name: &str| of(name).unwrap_or_default();
    let never = both("never", "无");
    let time = |name: &str| of(name).unwrap_or(never.of(language));
    let missed = match schedule.get("missed").and_then(Value::as_u64) {
        None | Some(0) => String::new(),
        Some(missed) => told!(", {missed} missed", "，错过 {missed} 次").of(language).to_owned(),
    };
    let (task, at, zone, app) = (text("task"), text("at"), text("zone"), text("app"));
    let (next, last) = (time("next"), time("last"));
    let told = told!(
        "  task {task} at {at} {zone} for {app}: next {next}, last {last}{missed}\n",
        "  任务 {task}：{at} {zone}，应用 {app}；下次 {next}，上次 {last}{missed}\n"
    );
    told.of(language).to_owned()
}

fn published_as_text(all: &[PublishedPlugin], language: Language) -> String {
    let mut text = String::new();
    if all.is_empty() {
        text.push_str(both("  none\n", "  无\n").of(language));
    }
    for PublishedPlugin { version, reports } in all {
        text.push_str(&format!("{} {}\n", version.plugin, version.hash));
        if let Some(origin) = &version.settings_origin {
            let told = told!("  settings from {origin}\n", "  配置来自 {origin}\n");
            text.push_str(told.of(language));
        }
        if version.signature.is_some() {
            text.push_str(both("  signed\n", "  已签名\n").of(language));
        }
        for report in reports {
            let state = match &report.hash {
                Some(hash) if *hash == version.hash => both("serves it", "正在使用它"),
                Some(_) => both("serves another one", "正在使用另一个"),
                None => both("serves nothing under this name", "没有这个名称的插件"),
            };
            let (node, state) = (&report.node, state.of(language));
            let line = match &report.reason {
                Some(reason) => told!("  {node} {state} ({reason})\n", "  {node} {state}（{reason}）\n"),
                None => told!("  {node} {state}\n", "  {node} {state}\n"),
            };
            text.push_str(line.of(language));
        }
    }
    text
}

fn published_as_json(all: &[PublishedPlugin]) -> Value {
    let plugins: Vec<_> = all
        .iter()
        .map(|PublishedPlugin { version, reports }| {
            let servers: Vec<_> = reports
                .iter()
                .map(|report| json!({"server": report.node, "hash": report.hash, "reason": report.reason}))
                .collect();
            json!({
                "name": version.plugin,
                "hash": version.hash,
                "changed_by": version.changed_by,
                "settings_origin": version.settings_origin,
                "is_signed": version.signature.is_some(),
                "changed_at_ms": version.changed_at_ms,
                "servers": servers,
            })
        })
        .collect();
    json!(plugins)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Language, serving_as_text};

    #[test]
    fn a_plugin_is_described_in_the_language_of_the_terminal() {
        let plugins = json!([
            {"name": "a", "active": {"version": "2", "hash": "0123456789abcdef", "source": "file a.wasm", "apps": ["hr"],
                "canary": {"rest": {"version": "1", "hash": "fedcba9876543210"}}}},
            {"name": "b", "held": {"source": "file b.wasm", "reason": "it is not WebAssembly"}},
        ]);
        let english = "a 2 0123456789ab serves, for hr, from file a.wasm\n  as a canary; 1 fedcba987654 serves the rest\n\
                       b does not serve\n  not used: file b.wasm: it is not WebAssembly\n";
        assert_eq!(serving_as_text(&plugins, Language::En), english);
        let chinese = "a 2 0123456789ab 服务中，用于 hr，来自 file a.wasm\n  灰度中；其余由 1 fedcba987654 处理\n\
                       b 未提供服务\n  未使用：file b.wasm：it is not WebAssembly\n";
        assert_eq!(serving_as_text(&plugins, Language::Zh), chinese);
        assert_eq!(serving_as_text(&json!([]), Language::Zh), "没有插件\n");
    }
}
