//! The users: their browsers at the authorize page, and what Lark tells about them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{
    FakeLark, Refusal, Reply, Seen, State,
    oauth::{self, Grant},
    request::{Bearer, pairs},
};

#[derive(Debug, Clone)]
pub(super) struct Person {
    open_id: &'static str,
    union_id: &'static str,
    name: &'static str,
}

/// The one whom cards are made for, and another one.
pub(super) fn everybody() -> Vec<Person> {
    vec![
        Person {
            open_id: crate::support::OPERATOR,
            union_id: "on_of_the_operator",
            name: "张三",
        },
        Person {
            open_id: "ou_of_somebody_else",
            union_id: "on_of_somebody_else",
            name: "Li Si <b>",
        },
    ]
}

/// A user's choice at the authorize page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Consent,
    Refuse,
    ConsentAsSomebodyElse,
}

impl State {
    /// Whether there is a person of this id.
    pub(super) fn knows(&self, open_id: &str) -> bool {
        self.people.iter().any(|person| person.open_id == open_id)
    }
}

impl FakeLark {
    /// A user opens a link, does something there, and tells with which query the browser is sent back.
    pub(crate) fn visit(&self, url: &str, decision: Decision) -> Vec<(String, String)> {
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(address, self.url() + "/open-apis/authen/v1/authorize");
        let mut query = pairs(query);
        let (word, person) = match decision {
            Decision::Consent => ("allow", 0),
            Decision::Refuse => ("refuse", 0),
            Decision::ConsentAsSomebodyElse => ("allow", 1),
        };
        let mut state = self.state();
        query.push(("decision".into(), word.into()));
        query.push(("person".into(), state.people[person].open_id.into()));
        let back = decide(&mut state, &query).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        pairs(back.split_once('?').unwrap().1)
    }
}

/// The page with its buttons, or the way back after one was pressed.
pub(super) fn authorize(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    if seen.query("decision").is_some() {
        let back = decide(state, &seen.query)?;
        return Ok(Reply {
            status: 302,
            headers: vec![("location".into(), back)],
            body: String::new(),
        });
    }
    check(state, &seen.query)?;
    let hidden: String = seen
        .query
        .iter()
        .map(|(name, value)| {
            format!(
                r#"<input type="hidden" name="{}" value="{}">"#,
                escape(name),
                escape(value)
            )
        })
        .collect();
    let form = |id: &str, decision: &str, person: &str, text: &str| {
        format!(
            r#"<form method="get">{hidden}<input type="hidden" name="person" value="{person}">
            <button id="{id}" name="decision" value="{decision}">{text}</button></form>"#
        )
    };
    let [me, other] = [0, 1].map(|index: usize| state.people[index].open_id);
    let forms = [
        form("allow", "allow", me, "授权"),
        form("refuse", "refuse", me, "拒绝"),
        form("other", "allow", other, "切换账号"),
    ];
    Ok(Reply {
        status: 200,
        headers: vec![("content-type".into(), "text/html; charset=utf-8".into())],
        body: format!("<!doctype html><title>授权</title>{}", forms.concat()),
    })
}

fn find<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    let pair = query.iter().find(|(other, _)| other == name);
    pair.map(|(_, value)| value.as_str())
}

/// The checked parts of a link: the application, and where it leads back to.
fn check<'q>(state: &State, query: &'q [(String, String)]) -> Result<(&'static str, &'q str), Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    let Some(application) = state.application(find(query, "client_id").unwrap_or_default()) else {
        return refuse(20_048, "there is no such application");
    };
    let redirect_uri = find(query, "redirect_uri").unwrap_or_default();
    if !application
        .redirect_uris
        .iter()
        .any(|registered| registered == redirect_uri)
    {
        return refuse(20_029, "the redirect_uri is not registered");
    }
    let scopes = find(query, "scope").unwrap_or_default();
    if let Some(scope) = application.closed_scope(scopes) {
        return refuse(20_027, &format!("the application has not applied for: {scope}"));
    }
    let words: Vec<_> = scopes.split(' ').collect();
    if words.len() > 50 || scopes.len() > 2048 {
        return refuse(20_043, "too many scopes");
    }
    if words.iter().enumerate().any(|(at, scope)| words[..at].contains(scope)) {
        return refuse(20_067, "a scope twice");
    }
    if find(query, "response_type") != Some("code") {
        return refuse(20_001, "response_type must be code");
    }
    let challenge = find(query, "code_challenge");
    let method = find(query, "code_challenge_method");
    let is_digest = |challenge: &str| {
        challenge.len() == 43
            && challenge
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if challenge.is_some_and(|challenge| !is_digest(challenge)) || challenge.is_some() != (method == Some("S256")) {
        return refuse(20_063, "the challenge is malformed");
    }
    Ok((application.id, redirect_uri))
}

/// Where the browser goes.
fn decide(state: &mut State, query: &[(String, String)]) -> Result<String, Refusal> {
    let (client_id, redirect_uri) = check(state, query)?;
    let word = find(query, "state").unwrap_or_default();
    state.oauth.states.push(word.to_owned());
    let back = utf8_percent_encode(word, NON_ALPHANUMERIC).to_string();
    if find(query, "decision") == Some("refuse") {
        return Ok(format!("{redirect_uri}?error=access_denied&state={back}"));
    }
    let grant = Grant::new(
        client_id,
        find(query, "person").unwrap(),
        find(query, "scope").unwrap_or_default(),
        find(query, "code_challenge"),
        redirect_uri,
    );
    let code = oauth::code(state, grant);
    Ok(format!("{redirect_uri}?code={code}&state={back}"))
}

pub(super) fn user_info(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    match seen.check_bearer(state)? {
        Bearer::User(open_id) => describe(state, &open_id),
        Bearer::Tenant(_) => Err(Refusal::new(400, 99_991_668, "a user's token is wanted")),
    }
}

pub(super) fn contact(state: &mut State, seen: &Seen, id: &str) -> Result<Reply, Refusal> {
    seen.check_bearer(state)?;
    describe(state, id)
}

fn describe(state: &State, open_id: &str) -> Result<Reply, Refusal> {
    let person = state.people.iter().find(|person| person.open_id == open_id);
    let person = person.ok_or_else(|| Refusal::new(400, 41_050, "there is no such user"))?;
    Ok(Reply::data(&json!({
        "open_id": person.open_id, "union_id": person.union_id, "name": person.name, "tenant_key": "t",
    })))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
