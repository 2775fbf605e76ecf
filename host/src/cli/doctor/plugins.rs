//! The plugins: the folder, and each one loaded or the reason why not. What they take and may do is for the comparison with
//! the console.

use std::collections::BTreeMap;

use serde_json::Value;

use super::finding::{Finding, both, same};
use crate::{
    app::{LoadedPlugin, try_plugins},
    cli::operate::Remote,
    config::Config,
    telemetry::{amount, chain},
};

/// Types and grants of the loaded plugins.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) plugins: Vec<(String, LoadedPlugin)>,
    /// Whether nothing is known of them.
    pub(super) is_unknown: bool,
}

/// Asks the running server when there is one, or loads each plugin on trial.
pub(super) async fn check(config: &Config, server: Option<&Result<Remote, String>>) -> (Vec<Finding>, Loaded) {
    let mut findings = folder(config);
    if let Some(server) = server {
        let asked = match server {
            Ok(remote) => remote.plugins().await.map_err(|stopped| stopped.text),
            Err(why) => Err(why.clone()),
        };
        let loaded = match asked {
            Ok(listed) => of_server(&listed, &mut findings),
            Err(why) => {
                findings.push(
                    Finding::not_tested(
                        "plugins.loaded",
                        both(
                            "the running server could not be asked for its plugins",
                            "无法向正在运行的服务查询插件",
                        ),
                    )
                    .because(same(why)),
                );
                Loaded {
                    is_unknown: true,
                    ..Loaded::default()
                }
            }
        };
        return (findings, loaded);
    }
    let loaded = match try_plugins(config).await {
        Ok(tried) => {
            let mut loaded = Loaded::default();
            for plugin in tried {
                findings.push(match plugin.outcome {
                    None => disabled(&plugin.name),
                    Some(Err(reason)) => held(&plugin.name, &reason, false),
                    Some(Ok(found)) => {
                        let finding = Finding::ok(
                            "plugins.plugin",
                            both(
                                format!("{} {} would be loaded", plugin.name, found.version),
                                format!("{} {} 可以加载", plugin.name, found.version),
                            ),
                        );
                        loaded.plugins.push((plugin.name, found));
                        finding
                    }
                });
            }
            loaded
        }
        Err(error) => {
            findings.push(
                Finding::failed("plugins.loaded", both("no plugin could be tried", "无法试加载插件"))
                    .because(same(chain(&error))),
            );
            Loaded {
                is_unknown: true,
                ..Loaded::default()
            }
        }
    };
    (findings, loaded)
}

fn folder(config: &Config) -> Vec<Finding> {
    let folder = config.plugins_dir.display();
    let found = match std::fs::read_dir(&config.plugins_dir) {
        Ok(entries) => {
            let files = entries
                .flatten()
                .filter(|entry| entry.file_name().to_string_lossy().ends_with(".wasm"));
            let count = files.count();
            Finding::ok(
                "plugins.folder",
                both(
                    format!("the folder {folder} holds {}", amount(count, "plugin")),
                    format!("目录 {folder} 中有 {count} 个插件"),
                ),
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::warning(
            "plugins.folder",
            both(format!("there is no folder {folder}"), format!("目录 {folder} 不存在")),
        )
        .cure(both(
            "set CALLBACK_PLUGINS_DIR to the folder with the plugins; an empty one is made at the start",
            "把 CALLBACK_PLUGINS_DIR 设为插件所在目录；启动时会创建空目录",
        )),
        Err(error) => Finding::failed(
            "plugins.folder",
            both(
                format!("the folder {folder} cannot be read"),
                format!("无法读取目录 {folder}"),
            ),
        )
        .because(same(error.to_string()))
        .cure(both("check its owner and mode", "检查它的属主和权限")),
    };
    vec![found]
}

fn of_server(listed: &Value, findings: &mut Vec<Finding>) -> Loaded {
    let mut loaded = Loaded::default();
    let plugins = listed.get("plugins").and_then(Value::as_array);
    for plugin in plugins.into_iter().flatten() {
        let text = |pointer: &str| plugin.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = text("/name");
        let active = plugin.get("active").filter(|active| active.is_object());
        if plugin.get("held").is_some_and(Value::is_object) {
            findings.push(held(name, text("/held/reason"), active.is_some()));
        } else if let Some(active) = active {
            let version = text("/active/version");
            findings.push(Finding::ok(
                "plugins.plugin",
                both(
                    format!("{name} {version} is loaded"),
                    format!("{name} {version} 已加载"),
                ),
            ));
            // A server of an older version does not say what they take.
            loaded.is_unknown |= active.get("event_types").is_none();
        } else {
            findings.push(disabled(name));
        }
        if let Some(active) = active {
            loaded.plugins.push((name.to_owned(), of_json(active)));
        }
    }
    loaded
}

fn of_json(active: &Value) -> LoadedPlugin {
    let texts = |list: &Value| {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let grants = active.get("grant").and_then(Value::as_object);
    LoadedPlugin {
        version: active
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        event_types: active.get("event_types").map(texts).unwrap_or_default(),
        grants: grants
            .into_iter()
            .flatten()
            .map(|(kind, list)| (kind.clone(), texts(list)))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn disabled(name: &str) -> Finding {
    Finding::ok(
        "plugins.plugin",
        both(
            format!("{name} is disabled by {name}.toml"),
            format!("{name} 被 {name}.toml 停用"),
        ),
    )
}

/// The reason says what to do.
fn held(name: &str, reason: &str, serves: bool) -> Finding {
    let result = if serves {
        both(
            format!("a new file of {name} is not used; the one before it still serves"),
            format!("{name} 的新文件没有被使用；之前的版本仍在服务"),
        )
    } else {
        both(format!("{name} is not loaded"), format!("{name} 没有加载"))
    };
    let finding = if serves { Finding::warning } else { Finding::failed };
    finding("plugins.plugin", result).because(same(reason))
}
