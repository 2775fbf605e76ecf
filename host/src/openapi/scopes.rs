//! The scopes that calls and events need, as Lark documents them on the page of each: the calls that the SDK for plugins
//! helps with and their neighbours, and the events of chats and contacts.
//!
//! Any one scope of a row is enough. Lark adds scopes to the pages from time to time; an application that has another one is
//! not denied by what stands here, it is only told that these are known.

/// Requirement of a call or an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeNeed {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// None.
    Nothing,
    /// Not in the table.
    Unknown,
}

const SEND: &[&str] = &["im:message", "im:message:send_as_bot", "im:message:send"];
const CHANGE: &[&str] = &["im:message", "im:message:send_as_bot", "im:message:update"];
const READ: &[&str] = &["im:message", "im:message:readonly"];
const CHAT: &[&str] = &["im:chat", "im:chat:readonly", "im:chat:read"];
const CHATS: &[&str] = &[
    "im:chat",
    "im:chat:readonly",
    "im:chat:read",
    "im:chat.group_info:readonly",
];
const MEMBERS: &[&str] = &[
    "im:chat",
    "im:chat:readonly",
    "im:chat.members:read",
    "im:chat.group_info:readonly",
];
const UPLOAD: &[&str] = &["im:resource", "im:resource:upload"];
const CARD: &[&str] = &["cardkit:card:write"];
const PERSON: &[&str] = &[
    "contact:contact.base:readonly",
    "contact:contact:readonly_as_app",
    "contact:contact:access_as_app",
    "contact:contact:readonly",
];
const PEOPLE: &[&str] = &[
    "contact:contact.base:readonly",
    "contact:department.organize:readonly",
    "contact:contact:readonly_as_app",
    "contact:contact:access_as_app",
    "contact:contact:readonly",
];

/// Method, path with `*` for each parameter, and the scopes.
const CALLS: &[(&str, &str, &[&str])] = &[
    ("POST", "/open-apis/im/v1/messages", SEND),
    (
        "GET",
        "/open-apis/im/v1/messages",
        &["im:message", "im:message:readonly", "im:message.history:readonly"],
    ),
    ("GET", "/open-apis/im/v1/messages/*", READ),
    ("PUT", "/open-apis/im/v1/messages/*", CHANGE),
    ("PATCH", "/open-apis/im/v1/messages/*", CHANGE),
    (
        "DELETE",
        "/open-apis/im/v1/messages/*",
        &["im:message", "im:message:send_as_bot", "im:message:recall"],
    ),
    ("POST", "/open-apis/im/v1/messages/*/reply", SEND),
    (
        "POST",
        "/open-apis/im/v1/messages/*/forward",
        &["im:message", "im:message:send_as_bot"],
    ),
    (
        "GET",
        "/open-apis/im/v1/messages/*/read_users",
        &["im:message", "im:message:readonly", "im:message:basic"],
    ),
    (
        "POST",
        "/open-apis/im/v1/messages/*/reactions",
        &["im:message", "im:message.reactions:write_only"],
    ),
    (
        "GET",
        "/open-apis/im/v1/messages/*/reactions",
        &["im:message:readonly", "im:message.reactions:read"],
    ),
    (
        "DELETE",
        "/open-apis/im/v1/messages/*/reactions/*",
        &["im:message", "im:message.reactions:write_only"],
    ),
    (
        "GET",
        "/open-apis/im/v1/messages/*/resources/*",
        &["im:message", "im:message:readonly", "im:message.history:readonly"],
    ),
    (
        "PATCH",
        "/open-apis/im/v1/messages/*/urgent_app",
        &["im:message.urgent", "im:message.urgent:app_send"],
    ),
    ("POST", "/open-apis/interactive/v1/card/update", CHANGE),
    ("POST", "/open-apis/im/v1/images", UPLOAD),
    ("POST", "/open-apis/im/v1/files", UPLOAD),
    ("GET", "/open-apis/im/v1/images/*", &[]),
    ("GET", "/open-apis/im/v1/files/*", &[]),
    ("GET", "/open-apis/im/v1/chats", CHATS),
    ("POST", "/open-apis/im/v1/chats", &["im:chat", "im:chat:create"]),
    ("GET", "/open-apis/im/v1/chats/search", CHATS),
    ("GET", "/open-apis/im/v1/chats/*", CHAT),
    ("PUT", "/open-apis/im/v1/chats/*", &["im:chat", "im:chat:update"]),
    ("DELETE", "/open-apis/im/v1/chats/*", &["im:chat", "im:chat:delete"]),
    ("GET", "/open-apis/im/v1/chats/*/members", MEMBERS),
    (
        "POST",
        "/open-apis/im/v1/chats/*/members",
        &["im:chat", "im:chat.members:write_only"],
    ),
    (
        "DELETE",
        "/open-apis/im/v1/chats/*/members",
        &["im:chat", "im:chat.members:write_only"],
    ),
    ("GET", "/open-apis/im/v1/chats/*/members/is_in_chat", MEMBERS),
    ("POST", "/open-apis/cardkit/v1/cards", CARD),
    ("PUT", "/open-apis/cardkit/v1/cards/*", CARD),
    ("POST", "/open-apis/cardkit/v1/cards/*/batch_update", CARD),
    ("PATCH", "/open-apis/cardkit/v1/cards/*/settings", CARD),
    ("PUT", "/open-apis/cardkit/v1/cards/*/elements/*/content", CARD),
    ("GET", "/open-apis/contact/v3/users/*", PERSON),
    (
        "GET",
        "/open-apis/contact/v3/users/batch",
        &["contact:contact.base:readonly"],
    ),
    (
        "POST",
        "/open-apis/contact/v3/users/batch_get_id",
        &["contact:user.id:readonly"],
    ),
    ("GET", "/open-apis/contact/v3/users/find_by_department", PEOPLE),
    ("GET", "/open-apis/contact/v3/departments/*", PERSON),
    ("GET", "/open-apis/contact/v3/departments/*/children", PEOPLE),
    ("GET", "/open-apis/bot/v3/info", &[]),
    ("GET", "/open-apis/authen/v1/user_info", &[]),
];

const CHAT_EVENT: &[&str] = &["im:chat", "im:chat:readonly", "im:chat:read"];
const BOT_EVENT: &[&str] = &["im:chat", "im:chat:readonly", "im:chat.members:bot_access"];
const MEMBER_EVENT: &[&str] = &["im:chat", "im:chat:readonly", "im:chat.members:read"];
const CONTACT_EVENT: &[&str] = &[
    "contact:contact.base:readonly",
    "contact:contact:readonly_as_app",
    "contact:contact:access_as_app",
];

/// Event types and the scopes, one of which Lark asks for before it sends them. For messages each scope brings a part of
/// them: of private chats, of groups where the bot is mentioned, or of whole groups.
const EVENTS: &[(&str, &[&str])] = &[
    (
        "im.message.receive_v1",
        &[
            "im:message.p2p_msg:readonly",
            "im:message.group_at_msg:readonly",
            "im:message.group_msg",
            "im:message.p2p_msg",
            "im:message.group_at_msg",
            "im:message.group_msg:readonly",
            "im:message.group_at_msg.include_bot:readonly",
        ],
    ),
    ("im.message.message_read_v1", READ),
    ("im.message.recalled_v1", READ),
    (
        "im.message.reaction.created_v1",
        &["im:message:readonly", "im:message.reactions:read"],
    ),
    (
        "im.message.reaction.deleted_v1",
        &["im:message:readonly", "im:message.reactions:read"],
    ),
    ("im.chat.disbanded_v1", CHAT_EVENT),
    ("im.chat.updated_v1", CHAT_EVENT),
    ("im.chat.member.bot.added_v1", BOT_EVENT),
    ("im.chat.member.bot.deleted_v1", BOT_EVENT),
    ("im.chat.member.user.added_v1", MEMBER_EVENT),
    ("im.chat.member.user.deleted_v1", MEMBER_EVENT),
    ("im.chat.member.user.withdrawn_v1", MEMBER_EVENT),
    ("im.chat.access_event.bot_p2p_chat_entered_v1", &[]),
    ("application.bot.menu_v6", &[]),
    ("p2p_chat_create", &[]),
    ("contact.user.created_v3", CONTACT_EVENT),
    ("contact.user.deleted_v3", CONTACT_EVENT),
    ("contact.user.updated_v3", CONTACT_EVENT),
    (
        "calendar.calendar.changed_v4",
        &[
            "calendar:calendar",
            "calendar:calendar:read",
            "calendar:calendar:readonly",
        ],
    ),
    (
        "calendar.calendar.event.changed_v4",
        &[
            "calendar:calendar",
            "calendar:calendar.event:read",
            "calendar:calendar:readonly",
        ],
    ),
];

/// Scopes for the calls that an entry of `[grant]` allows. An entry that allows several calls is unknown.
pub fn scopes_of_grant(entry: &str) -> ScopeNeed {
    let Some((method, path)) = entry.split_once(' ') else {
        return ScopeNeed::Unknown;
    };
    let exact = CALLS.iter().find(|(other, form, _)| *other == method && *form == path);
    // A path with an id in it, as somebody may grant for one chat alone.
    let found = exact.or_else(|| {
        CALLS
            .iter()
            .find(|(other, form, _)| *other == method && is_of_form(path, form))
    });
    found.map_or(ScopeNeed::Unknown, |(_, _, scopes)| need(scopes))
}

/// Scopes for a type of event.
pub fn scopes_of_event(event_type: &str) -> ScopeNeed {
    let found = EVENTS.iter().find(|(other, _)| *other == event_type);
    found.map_or(ScopeNeed::Unknown, |(_, scopes)| need(scopes))
}

/// Every scope of the tables, once.
pub fn known_scopes() -> Vec<&'static str> {
    let calls = CALLS.iter().flat_map(|(_, _, scopes)| scopes.iter().copied());
    let events = EVENTS.iter().flat_map(|(_, scopes)| scopes.iter().copied());
    let mut scopes: Vec<_> = calls.chain(events).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn need(scopes: &'static [&'static str]) -> ScopeNeed {
    if scopes.is_empty() {
        ScopeNeed::Nothing
    } else {
        ScopeNeed::OneOf(scopes)
    }
}

fn is_of_form(path: &str, form: &str) -> bool {
    if path.contains("**") {
        return false;
    }
    let (mut parts, mut forms) = (path.split('/'), form.split('/'));
    loop {
        match (parts.next(), forms.next()) {
            (None, None) => return true,
            (Some(part), Some(form)) if form == "*" || form == part => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grants_of_the_sdk_are_known() {
        assert_eq!(
            scopes_of_grant("POST /open-apis/im/v1/messages"),
            ScopeNeed::OneOf(SEND)
        );
        assert_eq!(
            scopes_of_grant("PATCH /open-apis/im/v1/messages/*"),
            ScopeNeed::OneOf(CHANGE)
        );
        assert_eq!(
            scopes_of_grant("PATCH /open-apis/im/v1/messages/om_1"),
            ScopeNeed::OneOf(CHANGE)
        );
        assert_eq!(
            scopes_of_grant("GET /open-apis/authen/v1/user_info"),
            ScopeNeed::Nothing
        );
        for unknown in [
            "GET /open-apis/contact/**",
            "* /open-apis/im/v1/messages",
            "GET /open-apis/x/v1/y",
            "?",
        ] {
            assert_eq!(scopes_of_grant(unknown), ScopeNeed::Unknown, "{unknown}");
        }
    }

    #[test]
    fn each_row_stands_once() {
        for (at, (method, path, _)) in CALLS.iter().enumerate() {
            let first = CALLS
                .iter()
                .position(|(other, form, _)| other == method && form == path);
            assert_eq!(first, Some(at), "{method} {path}");
        }
        for (at, (event_type, _)) in EVENTS.iter().enumerate() {
            assert_eq!(
                EVENTS.iter().position(|(other, _)| other == event_type),
                Some(at),
                "{event_type}"
            );
        }
    }
}
