//! Which calls the operator granted: `"POST /open-apis/im/v1/messages"`, with `*` for one part of a path and a last `**`
//! for all that follows.

use crate::plugin::{description::Want, imports::Scope};

/// Nothing when it is granted, otherwise the line to add.
pub(super) fn check(scope: &Scope, kind: &str, method: &str, path: &str) -> Result<(), String> {
    let granted = scope.settings.grant.get(kind).map(Vec::as_slice).unwrap_or_default();
    if granted.iter().any(|pattern| covers(pattern, method, path)) {
        return Ok(());
    }
    let want = Want {
        kind: kind.to_owned(),
        value: format!("{method} {}", general(path)),
        reason: String::new(),
    };
    let line = want.missing(&scope.settings).unwrap_or_default();
    Err(format!(
        "{method} {path} is not granted; add {line} in {}.toml",
        scope.plugin
    ))
}

/// Part by part, so that a `*` never reaches over a `/`.
fn covers(pattern: &str, method: &str, path: &str) -> bool {
    let Some((wanted_method, wanted_path)) = pattern.split_once(' ') else {
        return false;
    };
    if wanted_method != "*" && wanted_method != method {
        return false;
    }
    let mut parts = path.split('/');
    let mut wanted = wanted_path.trim().split('/').peekable();
    while let Some(want) = wanted.next() {
        match (want, parts.next()) {
            ("**", Some(_)) if wanted.peek().is_none() => return true,
            ("*", Some(part)) if !part.is_empty() => {}
            (want, Some(part)) if want == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
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
    use super::{covers, general};

    #[test]
    fn a_star_is_one_part_and_two_are_the_rest() {
        let covered = [
            ("GET /open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats"),
            ("* /open-apis/im/v1/chats", "POST", "/open-apis/im/v1/chats"),
            ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats/oc_1"),
            (
                "POST /open-apis/im/v1/messages/*/reply",
                "POST",
                "/open-apis/im/v1/messages/om_1/reply",
            ),
            ("GET /open-apis/im/**", "GET", "/open-apis/im/v1/chats/oc_1/members"),
        ];
        for (pattern, method, path) in covered {
            assert!(covers(pattern, method, path), "{pattern} {path}");
        }
        let not_covered = [
            ("GET /open-apis/im/v1/chats", "POST", "/open-apis/im/v1/chats"),
            ("GET /open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats/oc_1"),
            ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats"),
            (
                "GET /open-apis/im/v1/chats/*",
                "GET",
                "/open-apis/im/v1/chats/oc_1/members",
            ),
            ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats/"),
            ("GET /open-apis/im/**", "GET", "/open-apis/im"),
            ("GET /open-apis/im/**", "GET", "/open-apis/imx/v1"),
            ("GET /open-apis/**/v1", "GET", "/open-apis/im/v1"),
            ("/open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats"),
            ("", "GET", "/open-apis/im/v1/chats"),
        ];
        for (pattern, method, path) in not_covered {
            assert!(!covers(pattern, method, path), "{pattern} {path}");
        }
    }

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
}
