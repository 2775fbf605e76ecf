//! Addresses of the server and of Lark.

use crate::codes::told;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use super::{AppConfig, apps::spelled, read::Reader, setting::Setting, settings};
use crate::{
    admin::AdminSettings,
    listen::{SOCKET_PATH_BYTES_MAX, bare, is_loopback, unix_path},
    openapi::{LarkAddresses, OpenapiSettings, TokenEndpoint},
};

/// Service operated by Lark; an application belongs to one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brand {
    /// China.
    Feishu,
    /// International.
    Lark,
}

/// Kind of address of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Api,
    Accounts,
}

const KNOWN: [(&str, Brand, Role); 4] = [
    ("open.feishu.cn", Brand::Feishu, Role::Api),
    ("accounts.feishu.cn", Brand::Feishu, Role::Accounts),
    ("open.larksuite.com", Brand::Lark, Role::Api),
    ("accounts.larksuite.com", Brand::Lark, Role::Accounts),
];

impl Brand {
    fn addresses(self) -> LarkAddresses {
        match self {
            Self::Feishu => LarkAddresses::feishu(),
            Self::Lark => LarkAddresses::lark(),
        }
    }
}

impl Reader<'_> {
    /// Host to listen on. Brackets belong in URLs, but people write them here too.
    pub(super) fn host(&mut self, setting: &Setting) -> String {
        self.host_or(setting, self.text_of(setting))
    }

    /// Does the same with a different default.
    pub(super) fn host_or(&mut self, setting: &Setting, default: &str) -> String {
        let name = setting.name;
        let Some(host) = self.text(name).map(bare) else {
            return default.to_owned();
        };
        if let Some(path) = unix_path(host) {
            self.check_socket_path(name, path);
            return host.to_owned();
        }
        let is_with_port = host.parse::<SocketAddr>().is_ok()
            || host.split_once(':').is_some_and(|(host, port)| {
                !host.is_empty() && !port.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit())
            });
        if host.contains("://") || host.contains('/') || is_with_port {
            let port = name.replace("_HOST", "_PORT");
            self.problems.push(told!(
                "{name} must be an address or a name alone, like 0.0.0.0; the port is set with {port}",
                "{name} 只能是地址或主机名，例如 0.0.0.0；端口用 {port} 设置"
            ));
        }
        host.to_owned()
    }

    fn check_socket_path(&mut self, name: &str, path: &Path) {
        let bytes = path.as_os_str().len();
        let is_file =
            path.is_absolute() && path.file_name().is_some() && !path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if !is_file {
            self.problems.push(told!("{name}: `unix:` must be followed by the whole path of a socket, as in unix:/run/lark-callback/callback.sock", "{name}：`unix:` 之后必须是套接字的完整路径，例如 unix:/run/lark-callback/callback.sock"
            ));
        } else if bytes > SOCKET_PATH_BYTES_MAX {
            self.problems.push(told!(
                "{name}: the path of the socket is {bytes} bytes long, and the system allows {SOCKET_PATH_BYTES_MAX}; \
                 choose a shorter one",
                "{name}：套接字的路径长 {bytes} 字节，系统最多允许 {SOCKET_PATH_BYTES_MAX} 字节；请换一个更短的路径"
            ));
        }
    }

    /// Permissions of the file of a socket, in octal digits.
    pub(super) fn mode(&mut self, setting: &Setting) -> u32 {
        let text = self.text_of(setting);
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 && text.len() >= 3 => mode,
            _ => {
                if let Some(value) = self.value(setting.name) {
                    self.problem(
                        setting.name,
                        value,
                        &told!(
                            "must be permissions in octal digits, like 0660",
                            "必须是八进制的权限，例如 0660"
                        ),
                    );
                }
                0o600
            }
        }
    }

    /// Makes sure that the two listeners are at different addresses.
    pub(super) fn apart(&mut self, mut admin: AdminSettings, host: &str, port: u16) -> AdminSettings {
        let is_same = if unix_path(host).is_some() || unix_path(&admin.host).is_some() {
            host == admin.host
        } else {
            let is_everywhere = |host: &str| {
                bare(host)
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_unspecified())
            };
            port == admin.port && port != 0 && (host == admin.host || is_everywhere(host) || is_everywhere(&admin.host))
        };
        if !admin.is_on || !is_same {
            return admin;
        }
        if admin.is_usual_port {
            self.notices.push(told!("CALLBACK_SERVER_PORT is {port}, which is also the default of CALLBACK_ADMIN_PORT, so this server runs \
                 without the operator's listener; set CALLBACK_ADMIN_PORT to another port", "CALLBACK_SERVER_PORT 为 {port}，与 CALLBACK_ADMIN_PORT 的默认值相同，因此本服务不启动运维端口；请把 CALLBACK_ADMIN_PORT 设为其他端口"
            ));
            admin.is_on = false;
        } else if unix_path(host).is_some() {
            self.problems.push(told!(
                "CALLBACK_SERVER_HOST and CALLBACK_ADMIN_HOST are both {host}; the two listeners need a socket each",
                "CALLBACK_SERVER_HOST 和 CALLBACK_ADMIN_HOST 都是 {host}；两个监听需要各自的套接字"
            ));
        } else {
            self.problems.push(told!(
                "CALLBACK_SERVER_PORT and CALLBACK_ADMIN_PORT are both {port}; the two listeners need a port each",
                "CALLBACK_SERVER_PORT 和 CALLBACK_ADMIN_PORT 都是 {port}；两个监听需要各自的端口"
            ));
        }
        admin
    }

    /// Addresses of Lark; Feishu's by default.
    pub(super) fn openapi(&mut self, apps: &[AppConfig]) -> OpenapiSettings {
        let main = self.addresses("", &LarkAddresses::feishu());
        let mut of_apps = HashMap::new();
        for app in apps.iter().filter(|app| !app.name.is_empty()) {
            let addresses = self.addresses(&app.name, &main);
            if addresses != main {
                of_apps.insert(app.app_id.clone(), addresses);
            }
        }
        OpenapiSettings {
            token_endpoint: self.choice(
                &settings::LARK_OAUTH_TOKEN_ENDPOINT,
                &[TokenEndpoint::V2, TokenEndpoint::V3],
            ),
            of_apps,
            ..OpenapiSettings::at(main.api, main.accounts)
        }
    }

    /// Address of Lark's API for an application.
    pub(super) fn api_of(&mut self, app: &str) -> String {
        let main = self.addresses("", &LarkAddresses::feishu());
        match app {
            "" => main.api,
            app => self.addresses(app, &main).api,
        }
    }

    /// The two addresses of an application. One alone identifies the service, and thereby the other.
    fn addresses(&mut self, app: &str, default: &LarkAddresses) -> LarkAddresses {
        let api = self.lark_url(app, "api_base_url", Role::Api);
        let accounts = self.lark_url(app, "accounts_base_url", Role::Accounts);
        match (api, accounts) {
            (None, None) => default.clone(),
            (Some(api), None) => {
                let derived = brand(&api).map(|brand| brand.addresses().accounts);
                self.told(app, derived.is_none(), "accounts_base_url", &default.accounts);
                LarkAddresses {
                    accounts: derived.unwrap_or_else(|| default.accounts.clone()),
                    api,
                }
            }
            (None, Some(accounts)) => {
                let derived = brand(&accounts).map(|brand| brand.addresses().api);
                self.told(app, derived.is_none(), "api_base_url", &default.api);
                LarkAddresses {
                    api: derived.unwrap_or_else(|| default.api.clone()),
                    accounts,
                }
            }
            (Some(api), Some(accounts)) => {
                if let (Some(one), Some(other)) = (brand(&api), brand(&accounts))
                    && one != other
                {
                    self.problems.push(told!(
                        "{} and {} belong to different services: {} goes with {}, and {} with {}",
                        "{} 与 {} 属于不同的服务：{} 对应 {}，{} 对应 {}",
                        spelled(app, "api_base_url"),
                        spelled(app, "accounts_base_url"),
                        LarkAddresses::feishu().api,
                        LarkAddresses::feishu().accounts,
                        LarkAddresses::lark().api,
                        LarkAddresses::lark().accounts,
                    ));
                }
                LarkAddresses { api, accounts }
            }
        }
    }

    /// Adds a notice: an unknown address leaves the other one at its default.
    fn told(&mut self, app: &str, is_unknown: bool, key: &str, used: &str) {
        if is_unknown {
            let other = if key == "api_base_url" {
                "accounts_base_url"
            } else {
                "api_base_url"
            };
            self.notices.push(told!(
                "{} is set and {} is not, so that one stays {used}; set both when they belong together",
                "设置了 {} 而没有设置 {}，后者仍为 {used}；如果两者应当一致，请都设置",
                spelled(app, other),
                spelled(app, key),
            ));
        }
    }

    /// Validates an address of Lark. The App Secret and users' tokens are sent there, so anything beyond this machine
    /// must be encrypted.
    fn lark_url(&mut self, app: &str, key: &str, role: Role) -> Option<String> {
        let (name, value) = (spelled(app, key), self.of_app(app, key)?);
        let url = self.url_of(&name, value)?;
        let host = host_of(&url);
        if url.starts_with("http://") && !is_loopback(host) {
            self.problem(
                &name,
                value,
                &told!(
                    "must begin with https://: the App Secret and users' tokens would travel in clear",
                    "必须以 https:// 开头：否则 App Secret 和用户的访问凭证会以明文传输"
                ),
            );
        }
        if KNOWN
            .iter()
            .any(|(known, _, other)| known.eq_ignore_ascii_case(host) && *other != role)
        {
            let other = if role == Role::Api {
                "accounts_base_url"
            } else {
                "api_base_url"
            };
            let what = told!(
                "is the other address of Lark's; it belongs to {}",
                "是飞书的另一个地址；应当写在 {} 中",
                spelled(app, other)
            );
            self.problem(&name, value, &what);
        }
        if authority_of(&url).contains('@') || url.contains('?') {
            self.problem(
                &name,
                value,
                &told!(
                    "must have no user, no password and no query: links that users see begin with it",
                    "不能带用户名、密码和参数：用户看到的链接以它开头"
                ),
            );
        }
        if url.trim_end_matches('/').ends_with("/open-apis") {
            self.problem(
                &name,
                value,
                &told!(
                    "must end before /open-apis, which each call adds",
                    "必须在 /open-apis 之前结束，每次调用都会自动加上它"
                ),
            );
        }
        Some(url)
    }
}

fn brand(url: &str) -> Option<Brand> {
    let host = host_of(url);
    let known = KNOWN.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(host));
    known.map(|(_, brand, _)| *brand)
}

/// Host of a URL, without the port; an IPv6 address keeps its brackets.
fn host_of(url: &str) -> &str {
    let authority = authority_of(url);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.find(']') {
        Some(end) => authority.get(..=end).unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a URL names a host that can exist, and a port if it has one.
pub fn has_host(url: &str) -> bool {
    let authority = authority_of(url);
    if authority.contains('\\') {
        // Some programs end the host there.
        return false;
    }
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, rest) = authority.split_at(host_of(url).len().min(authority.len()));
    let is_ipv6 = || {
        let inner = host.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<std::net::Ipv6Addr>().ok()
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_plain);
    let is_name = || host.strip_suffix('.').unwrap_or(host).split('.').all(is_label);
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0);
    (is_ipv6().is_some() || is_name()) && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// Part between the slashes and the path.
fn authority_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::has_host;

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port_is_a_number() {
        for url in [
            "https://bot.example.com",
            "https://bot.example.com./callback",
            "https://my_host-1:8443/x?y",
            "http://127.0.0.1:8080",
            "http://[::1]:4318/v1/traces",
            "https://user:password@collector/x",
        ] {
            assert!(has_host(url), "{url}");
        }
        for url in [
            "https://",
            "https://:80",
            "https://javascript:alert(1)",
            "https://x:99999",
            "https://x:0",
            "https://x:+80",
            "https://x:",
            "https://[::1",
            "https://[::1]x",
            "https://[x]",
            "https://$(id).x",
            "https://x;y",
            "https://a..b",
            "https://x\\@y",
        ] {
            assert!(!has_host(url), "{url}");
        }
    }
}
