//! Settings for authorization by users: redirect URL, offline access, and display name.

use super::{
    apps::spelled,
    read::{Reader, SWITCH},
    source::Value,
};
use crate::codes::{Text, told};
use crate::{listen::is_loopback, openapi::AuthorizeSettings};

/// The page has one line for the name.
const NAME_CHARS_MAX: usize = 60;

impl Reader<'_> {
    /// Authorization settings of an application; the main one has the empty name.
    pub(super) fn authorize(&mut self, app: &str) -> AuthorizeSettings {
        let key = "oauth_offline_access";
        let own = self.choice_of(&spelled(app, key), self.of_app(app, key), &SWITCH);
        let offline_access = own.or_else(|| {
            // An invalid word of the main application is reported there.
            let main = self.of_app("", key)?;
            let word = main.text.trim();
            SWITCH
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(word))
                .map(|(_, is_on)| *is_on)
        });
        AuthorizeSettings {
            redirect_uri: self.redirect_uri(app),
            offline_access: offline_access.unwrap_or(true),
        }
    }

    /// Name of an application as shown to people.
    pub(super) fn display_name(&mut self, app: &str) -> Option<String> {
        let value = self.of_app(app, "app_name")?;
        let name = value.text.trim();
        if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            let wanted = told!(
                "must be one line of at most {NAME_CHARS_MAX} characters",
                "必须是一行，最多 {NAME_CHARS_MAX} 个字符"
            );
            self.problem(&spelled(app, "app_name"), value, &wanted);
            return None;
        }
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Redirect URL of an application, or the one derived from the main application's.
    fn redirect_uri(&mut self, app: &str) -> Option<String> {
        let key = "oauth_redirect_uri";
        if let Some(value) = self.of_app(app, key) {
            return self.checked(app, &spelled(app, key), value);
        }
        let main = self.of_app("", key)?;
        let served = self.path_of(app);
        let base = main.text.trim().trim_end_matches('/');
        if app.is_empty() || base.ends_with(&served) {
            return self.checked(app, &spelled("", key), main);
        }
        let common = self.callback_path();
        let main = self.checked("", &spelled("", key), main)?;
        // The derived URL replaces only the path; the prefix is the main application's.
        let base = main.trim_end_matches('/');
        let base = base.strip_suffix(common.trim_end_matches('/')).unwrap_or(base);
        Some(format!("{base}{served}"))
    }

    /// Validates a redirect URL without changing it, because Lark compares it with the registered one character by
    /// character.
    fn checked(&mut self, app: &str, name: &str, value: &Value) -> Option<String> {
        let uri = value.text.trim();
        let served = self.path_of(app);
        let (problem, notice) = look_at(uri, served.trim_end_matches('/'));
        // Applications with a derived URL share the main one's problem, which is reported once.
        let told = |what: Text| told!("{name} ({}) {what}", "{name}（{:#}）{what:#}", value.origin);
        if let Some(problem) = problem.map(told) {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
            return None;
        }
        if let Some(notice) = notice.map(told).filter(|notice| !self.notices.contains(notice)) {
            self.notices.push(notice);
        }
        Some(uri.to_owned())
    }
}

/// Problem with a redirect URL, and a notice about it.
fn look_at(uri: &str, served: &str) -> (Option<Text>, Option<Text>) {
    let wrong = |what: Text| (Some(what), None);
    let whole = told!(
        "must be a whole URL without a query: https://host/callback",
        "必须是不带参数的完整 URL：https://host/callback"
    );
    let Some((scheme @ ("https" | "http"), rest)) = uri.split_once("://") else {
        return wrong(whole);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_plain = uri
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'?' | b'"' | b'<' | b'>' | b'\\'));
    if authority.is_empty() || authority.contains('@') || !is_plain {
        return wrong(whole);
    }
    if scheme == "http" && !is_local(authority) {
        return wrong(told!(
            "must begin with https://: over http:// anybody on the way can read the code of an authorization; only \
             localhost may do without",
            "必须以 https:// 开头：用 http:// 时，链路上的任何人都能读到授权码；只有 localhost 例外"
        ));
    }
    match path.strip_suffix('/').unwrap_or(path).strip_suffix(served) {
        Some("") => (None, None),
        Some(prefix) => {
            let notice = told!(
                "has {prefix} before {served}: that works only behind a proxy that takes {prefix} away, because this \
                 server answers at {served}",
                "在 {served} 之前有 {prefix}：只有反向代理去掉 {prefix} 时才有效，因为本服务的路径是 {served}"
            );
            (None, Some(notice))
        }
        None => wrong(told!(
            "leads to a path that this server does not serve: it must end in {served} (see CALLBACK_PATH), and be registered in the console \
             under Security Settings > Redirect URLs",
            "指向本服务没有的路径：必须以 {served} 结尾（见 CALLBACK_PATH），并登记在开发者后台“安全设置 > 重定向 URL”中"
        )),
    }
}

/// Whether the address can only mean this machine; a port may follow.
fn is_local(authority: &str) -> bool {
    let host = match authority.split_once(']') {
        Some((host, _port)) => host.trim_start_matches('['),
        None => authority.split(':').next().unwrap_or_default(),
    };
    is_loopback(host)
}
