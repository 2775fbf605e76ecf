//! Grants by the operator: the valid entries of each kind, and what an entry covers.

pub(super) mod http;

use std::collections::BTreeMap;

use super::name::check_plugin_name;
use crate::{openapi::Request, outward::Reach, telemetry::is_unfit};

/// Lists of entries by their kind, as they stand under `[grant]`.
pub type Grants = BTreeMap<String, Vec<String>>;

/// Calls of Lark as the application: `POST /open-apis/im/v1/messages`.
pub(super) const OPENAPI: &str = "openapi";
/// The same as a user.
pub(super) const OPENAPI_AS_USER: &str = "openapi_as_user";
/// Authorization by users: `authorize`.
pub(super) const OAUTH: &str = "oauth";
/// Tasks for another plugin: `card-auth/request`.
pub(super) const TASKS: &str = "tasks";

/// Requests to public addresses: `POST https://api.example.com/v1/**`.
pub(super) const HTTP: &str = "http";
/// Requests that may also lead inside of the operator's network.
pub(super) const HTTP_PRIVATE: &str = "http_private";

/// Every list under `[grant]`.
pub(super) const KINDS: [&str; 6] = [OPENAPI, OPENAPI_AS_USER, OAUTH, TASKS, HTTP, HTTP_PRIVATE];

/// The one entry of [`OAUTH`].
pub(super) const AUTHORIZE: &str = "authorize";

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "*"];

/// The methods of HTTP requests. `TRACE` and `CONNECT` are for proxies, and would show what the host adds.
pub(super) const METHODS_OF_HTTP: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"];

/// The one path about tokens that hands none out.
const USER_INFO: &str = "/open-apis/authen/v1/user_info";

/// The known name that is nearest to another one.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> &'a str {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.unwrap_or_default()
}

/// Whether an entry can mean anything; otherwise what is wrong with it, and the nearest right one where there is one.
pub(super) fn check(kind: &str, entry: &str) -> Result<(), String> {
    match kind {
        OPENAPI | OPENAPI_AS_USER => check_call(entry),
        TASKS => check_task(entry),
        HTTP => http::check(entry, Reach::Public),
        HTTP_PRIVATE => http::check(entry, Reach::Inside),
        _ if entry == AUTHORIZE => Ok(()),
        _ => Err(format!("the only entry is `{AUTHORIZE}`")),
    }
}

fn check_call(entry: &str) -> Result<(), String> {
    const LIKE: &str = "write it like `POST /open-apis/im/v1/messages`";
    if entry.starts_with('/') {
        return Err(format!("it lacks the method; {LIKE}, or with `*` for any method"));
    }
    let Some((method, path)) = entry.split_once(' ') else {
        return Err(format!("it is no method and path; {LIKE}"));
    };
    if !METHODS.contains(&method) {
        let nearest = nearest(&method.to_ascii_uppercase(), &METHODS);
        return Err(format!("`{method}` is not a method; the nearest one is `{nearest}`"));
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().rev().skip(1).any(|part| *part == "**") {
        return Err("`**` can only be the last part of the path".to_owned());
    }
    if let Some(part) = parts.iter().find(|part| stands_for_any(part)) {
        return Err(format!(
            "no call has `{part}` in its path; for any value write `*`, which stands for a whole part"
        ));
    }
    // A path of this form, to be looked at as a call would be.
    let example = parts.iter().enumerate().map(|(at, part)| match *part {
        "*" | "**" if at == 1 => "open-apis/im",
        "*" | "**" => "x",
        part => part,
    });
    let example = example.collect::<Vec<_>>().join("/");
    let is_user_info = covers(entry, "GET", USER_INFO);
    match Request::check_path(&example) {
        Err(_) if is_user_info => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(()) => Ok(()),
    }
}

/// Whether a part is a placeholder as documentation writes it (`:message_id`, `{message_id}`), or a star inside of other
/// letters.
fn stands_for_any(part: &str) -> bool {
    let is_placeholder = part.starts_with(':') || part.starts_with('{') || part.starts_with('<');
    let has_star = part.contains('*') && !matches!(part, "*" | "**");
    is_placeholder || has_star
}

fn check_task(entry: &str) -> Result<(), String> {
    let Some((plugin, task)) = entry.split_once('/') else {
        return Err(
            "it is no plugin and task; write it like `card-auth/request`, or `card-auth/*` for any task".to_owned(),
        );
    };
    check_plugin_name(plugin).map_err(|error| error.to_string())?;
    if task.is_empty() {
        return Err("it lacks the name of the task; write `*` for any".to_owned());
    }
    Ok(())
}

/// Whether everything that others are granted is granted here, too.
pub fn grants_all_of(grants: &Grants, others: &Grants) -> bool {
    let mut all = others
        .iter()
        .flat_map(|(kind, entries)| entries.iter().map(move |entry| (kind, entry)));
    all.all(|(kind, entry)| is_granted(grants, kind, entry))
}

/// Whether what is granted allows this: one of its entries is the same or covers it.
pub(super) fn is_granted(grants: &Grants, kind: &str, wanted: &str) -> bool {
    let granted = grants.get(kind).map(Vec::as_slice).unwrap_or_default();
    granted.iter().any(|entry| {
        entry == wanted
            || match kind {
                OPENAPI | OPENAPI_AS_USER => wanted
                    .split_once(' ')
                    .is_some_and(|(method, path)| covers(entry, method, path)),
                TASKS => covers_task(entry, wanted),
                HTTP | HTTP_PRIVATE => http::covers_entry(entry, wanted),
                _ => false,
            }
    })
}

/// The line to add and its section.
pub(super) fn line(grants: &Grants, kind: &str, wanted: &str) -> String {
    format!("{} under [grant]", list(grants, kind, &[wanted]))
}

/// The line to add, with what is granted already: a list stands once in a file.
pub(super) fn list(grants: &Grants, kind: &str, wanted: &[&str]) -> String {
    let granted = grants.get(kind).map(Vec::as_slice).unwrap_or_default();
    let all = granted.iter().map(String::as_str).chain(wanted.iter().copied());
    let list: Vec<String> = all.map(quoted).collect();
    format!("`{kind} = [{}]`", list.join(", "))
}

/// A TOML string on one line, good for a value and for a key, that shows no character as it is which a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // All of them have four digits.
            _ if is_unfit(character) => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn covers_task(entry: &str, wanted: &str) -> bool {
    match (entry.split_once('/'), wanted.split_once('/')) {
        (Some((plugin, "*")), Some((wanted, _))) => plugin == wanted,
        _ => false,
    }
}

/// Whether a call is covered: `*` is one part of a path or any method, a last `**` all that follows. Part by part, so that a
/// `*` never reaches over a `/`. A form of calls (with stars of its own) is covered by a wider one.
pub(super) fn covers(entry: &str, method: &str, path: &str) -> bool {
    let Some((wanted_method, wanted_path)) = entry.split_once(' ') else {
        return false;
    };
    (wanted_method == "*" || wanted_method == method) && covers_path(wanted_path.trim(), path)
}

/// The same for the paths alone.
fn covers_path(wanted: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let mut wanted = wanted.split('/').peekable();
    while let Some(want) = wanted.next() {
        match (want, parts.next()) {
            ("**", Some(_)) if wanted.peek().is_none() => return true,
            ("*", Some(part)) if !part.is_empty() && part != "**" => {}
            (want, Some(part)) if want == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests;
