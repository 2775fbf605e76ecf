//! Paths at which applications are served.

use crate::codes::told;
use std::collections::BTreeMap;

use super::{AppConfig, apps::spelled, read::Reader, settings, source::Value};
use crate::http::HEALTH_PATH;

/// Longer than any path that a person would enter in the console.
const PATH_BYTES_MAX: usize = 200;

impl Reader<'_> {
    /// `CALLBACK_PATH`.
    pub(super) fn callback_path(&mut self) -> String {
        let setting = &settings::CALLBACK_PATH;
        let given = self.value(setting.name).filter(|value| !value.text.trim().is_empty());
        let path = given.and_then(|value| self.path(setting.name, value));
        // With an invalid path, later checks use the default.
        path.unwrap_or_else(|| setting.default_text())
    }

    /// Path of an application: its own, or its name below the common path.
    pub(super) fn path_of(&mut self, app: &str) -> String {
        if app.is_empty() {
            return self.callback_path();
        }
        let own = self.of_app(app, "path");
        if let Some(path) = own.and_then(|value| self.path(&spelled(app, "path"), value)) {
            return path;
        }
        format!("{}/{app}", self.callback_path().trim_end_matches('/'))
    }

    /// `CALLBACK_PUBLIC_URL`. People copy the whole callback address, so the common path at its end is taken off.
    pub(super) fn public_url(&mut self) -> Option<String> {
        let name = settings::CALLBACK_PUBLIC_URL.name;
        let value = self.value(name).filter(|value| !value.text.trim().is_empty())?;
        let url = self.url_of(name, value)?;
        let authority = url.split("://").nth(1).and_then(|rest| rest.split('/').next());
        if url.contains('?') || authority.is_some_and(|authority| authority.contains('@')) {
            self.problem(
                name,
                value,
                &told!(
                    "must be an address without user, password and query",
                    "必须是不带用户名、密码和参数的地址"
                ),
            );
            return None;
        }
        let common = self.callback_path();
        let url = url.trim_end_matches('/');
        Some(url.strip_suffix(common.trim_end_matches('/')).unwrap_or(url).to_owned())
    }

    /// Path as in a request line, without a trailing slash.
    fn path(&mut self, name: &str, value: &Value) -> Option<String> {
        let text = value.text.trim();
        let path = if text == "/" {
            text
        } else {
            text.strip_suffix('/').unwrap_or(text)
        };
        let is_segment = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        let is_path = path
            .strip_prefix('/')
            .is_some_and(|rest| rest.is_empty() || rest.split('/').all(is_segment));
        if is_path && path.len() <= PATH_BYTES_MAX {
            return Some(path.to_owned());
        }
        self.problem(
            name,
            value,
            &told!("must be a path such as /webhook/event: it begins with /, has letters, digits, - . _ ~ between the slashes, \
             and neither host nor query", "必须是 /webhook/event 这样的路径：以 / 开头，斜杠之间是字母、数字和 - . _ ~，不带主机和参数"),
        );
        None
    }

    /// Checks that paths are unique and do not hide the health check.
    pub(super) fn check_paths(&mut self, apps: &[AppConfig]) {
        let spell = |app: &AppConfig| match &*app.name {
            "" => "CALLBACK_PATH".to_owned(),
            name => format!("apps.{name}.path"),
        };
        let mut first = BTreeMap::new();
        for app in apps {
            if app.path == HEALTH_PATH {
                self.problems.push(told!(
                    "{} cannot be {HEALTH_PATH}, where load balancers ask",
                    "{} 不能是 {HEALTH_PATH}，那是负载均衡的健康检查地址",
                    spell(app)
                ));
            } else if let Some(other) = first.insert(&app.path, app) {
                self.problems.push(told!(
                    "{} and {} are both {}; each application has a path of its own",
                    "{} 和 {} 都是 {}；每个应用有自己的路径",
                    spell(other),
                    spell(app),
                    app.path
                ));
            }
        }
    }
}
