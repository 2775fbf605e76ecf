//! Whether a call is granted: first whether it can be one of the OpenAPI at all, then whether the operator allowed it.

use crate::{
    openapi::{Request, RequestError},
    plugin::{
        bindings::lark_callback::plugin::openapi::Error,
        grant::{self, covers},
        imports::Scope,
    },
    telemetry::cut,
};

/// The shown part of a path; Lark's have some 100 bytes.
const SHOWN_BYTES_MAX: usize = 200;

/// Nothing when it may be sent, otherwise what to do: to correct the plugin, or to add a line.
pub(super) fn check(scope: &Scope, kind: &str, method: &str, path: &str) -> Result<(), Error> {
    if let Err(error) = Request::check_method(method).and_then(|()| Request::check_path(path)) {
        return Err(Error::Refused(refused(&error, path)));
    }
    let granted = scope.settings.grant.get(kind).map(Vec::as_slice).unwrap_or_default();
    if granted.iter().any(|entry| covers(entry, method, path)) {
        return Ok(());
    }
    let line = grant::line(&scope.settings.grant, kind, &format!("{method} {}", general(path)));
    Err(Error::NotGranted(format!(
        "{method} {} is not granted; add {line} in {}.toml",
        cut(path, SHOWN_BYTES_MAX),
        scope.plugin
    )))
}

/// No line of the operator's would help: what would.
fn refused(error: &RequestError, path: &str) -> String {
    let is_address = path.starts_with("http://") || path.starts_with("https://");
    let inside = path.split_once("/open-apis/").map(|(_, rest)| rest);
    match (error, inside) {
        (RequestError::Path { .. }, Some(rest)) if is_address => {
            let path = format!("/open-apis/{}", cut(rest, SHOWN_BYTES_MAX));
            format!("{error}: leave out the address of Lark and call `{path}`")
        }
        (RequestError::Path { .. }, _) if is_address => {
            format!(
                "{error}: a plugin reaches Lark's OpenAPI and nothing else over HTTP, so no grant allows this address"
            )
        }
        _ => error.to_string(),
    }
}

/// The path with `*` for what looks like an id: ids begin after the service, the version and the resource.
fn general(path: &str) -> String {
    let general = path.split('/').enumerate().map(|(index, part)| {
        let is_id = index > 4
            && part
                .bytes()
                .any(|byte| byte.is_ascii_digit() || byte == b'_' || byte == b'%');
        if is_id { "*" } else { part }
    });
    general.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{Request, general, refused};

    #[test]
    fn the_line_to_add_is_not_about_one_message() {
        assert_eq!(
            general("/open-apis/im/v1/messages/om_dc13/reply"),
            "/open-apis/im/v1/messages/*/reply"
        );
        assert_eq!(
            general("/open-apis/authen/v1/user_info"),
            "/open-apis/authen/v1/user_info"
        );
    }

    #[test]
    fn what_is_no_path_of_the_openapi_is_told_the_way_that_exists() {
        let told = |path: &str| refused(&Request::check_path(path).unwrap_err(), path);
        let of_lark = told("https://open.feishu.cn/open-apis/im/v1/chats");
        assert!(
            of_lark.ends_with("leave out the address of Lark and call `/open-apis/im/v1/chats`"),
            "{of_lark}"
        );
        let elsewhere = told("http://10.0.0.1/metadata");
        assert!(elsewhere.contains("no grant allows this address"), "{elsewhere}");
        let query = told("/open-apis/im/v1/chats?page_size=5");
        assert!(query.contains("belong into the query"), "{query}");
        for text in [of_lark, elsewhere, query] {
            assert!(!text.contains("add "), "{text}");
        }
    }
}
