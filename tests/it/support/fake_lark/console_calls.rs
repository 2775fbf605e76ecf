//! What an application may read of its own entry in the console: as documented, and nothing for whoever lacks the scope.
//!
//! `callback_info` is not documented; it is here as other programs were seen to read it.

use serde_json::{Value, json};

use super::{
    Refusal, Reply, Seen, State,
    console::{Application, Version},
};

/// "Manage the application's own resources".
const SELF_MANAGE: &str = "application:application:self_manage";

const LANGUAGES: [&str; 3] = ["zh_cn", "en_us", "ja_jp"];

pub(super) fn call(state: &State, seen: &Seen, call: &[&str]) -> Result<Reply, Refusal> {
    let app_id = seen.check_tenant(state)?;
    let application = state.application(&app_id).unwrap();
    match call {
        ["scopes"] => {
            check_query(seen, &[])?;
            let scopes = application
                .scopes
                .iter()
                .map(|scope| json!({"scope_name": scope, "grant_status": 1}));
            Ok(Reply::data(&json!({"scopes": scopes.collect::<Vec<_>>()})))
        }
        ["applications", id] => {
            check_own(application, id)?;
            check_query(seen, &["lang", "user_id_type"])?;
            Ok(Reply::data(&json!({"app": app(application)})))
        }
        ["applications", id, "app_versions"] => {
            check_own(application, id)?;
            check_query(seen, &["lang", "page_size", "page_token", "order", "user_id_type"])?;
            let size = seen.query("page_size").unwrap_or("20").parse::<usize>();
            let Ok(size @ 1..=50) = size else {
                return Err(Refusal::new(400, 210_001, "the size of a page is 1 to 50"));
            };
            let items: Vec<_> = application
                .versions
                .iter()
                .take(size)
                .map(|one| version(application, one))
                .collect();
            Ok(Reply::data(
                &json!({"items": items, "has_more": application.versions.len() > size}),
            ))
        }
        _ => Err(Refusal::new(404, 99_991_600, "there is no such call")),
    }
}

/// With this scope an application reads itself, and no other.
fn check_own(application: &Application, id: &str) -> Result<(), Refusal> {
    if !application.scopes.contains(SELF_MANAGE) {
        let why = format!("Access denied. One of the following scopes is required: [{SELF_MANAGE}]");
        let violation = json!({"type": "action_scope_required", "subject": SELF_MANAGE, "description": ""});
        return Err(Refusal::expected(400, 99_991_672, &why).violating(violation));
    }
    if id != "me" && id != application.id {
        return Err(Refusal::new(400, 210_508, "insufficient permission level"));
    }
    Ok(())
}

fn check_query(seen: &Seen, known: &[&str]) -> Result<(), Refusal> {
    if let Some((name, _)) = seen.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Refusal::new(400, 9_499, format!("nobody reads `{name}`")));
    }
    let is_wanted = known.contains(&"lang");
    if is_wanted && !seen.query("lang").is_some_and(|lang| LANGUAGES.contains(&lang)) {
        return Err(Refusal::new(400, 210_001, "`lang` is missing"));
    }
    Ok(())
}

fn app(application: &Application) -> Value {
    let online = application.versions.iter().find(|version| version.is_published);
    let pushes = &application.pushes;
    json!({
        "app_id": application.id,
        "status": 1,
        "scene_type": 0,
        "redirect_urls": application.redirect_uris,
        "online_version_id": online.map_or("", |version| &version.id),
        "unaudit_version_id": "",
        "app_name": "tests",
        "scopes": scopes(application.scopes.iter()),
        "callback_info": {
            "callback_type": "webhook",
            "request_url": pushes.request_url,
            "subscribed_callbacks": pushes.callbacks,
        },
    })
}

fn version(application: &Application, version: &Version) -> Value {
    let infos = version
        .events
        .iter()
        .map(|event| json!({"event_type": event, "event_name": event}));
    json!({
        "app_id": application.id,
        "version": "1.0.0",
        "version_id": version.id,
        "status": if version.is_published { 1 } else { 4 },
        "publish_time": if version.is_published { "1610462759" } else { "" },
        "events": [],
        "event_infos": infos.collect::<Vec<_>>(),
        "scopes": scopes(version.scopes.iter()),
        "ability": {"bot": {"card_request_url": ""}},
    })
}

fn scopes<'a>(scopes: impl Iterator<Item = &'a String>) -> Value {
    let scopes = scopes.map(|scope| json!({"scope": scope, "level": 1, "token_types": ["tenant", "user"]}));
    scopes.collect()
}
