//! Members of the files of a fixture, and the canned answers of `NAME.host.json`: which calls they are for, and what stands in
//! them.

use serde_json::{Map, Value};

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"];

/// What has an answer without being asked for: tokens.
const TOKENS: &str = "/open-apis/auth/v3/";

/// Kind of service that an answer is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Lark,
    Http,
}

impl Part {
    /// The member of the file with its answers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lark => "lark",
            Self::Http => "http",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Lark => "POST /open-apis/im/v1/messages",
            Self::Http => "POST https://api.example.com/v1/chat",
        }
    }

    /// Members of an answer that says more than its body.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Lark => &["status", "body", "file"],
            Self::Http => &["status", "body"],
        }
    }
}

/// Checks that an object of a fixture has only members that are read.
pub(super) fn check_members(place: &str, value: &Value, known: &[&'static str]) -> Result<(), String> {
    let mut names = value.as_object().into_iter().flat_map(Map::keys);
    let Some(name) = names.find(|name| !known.contains(&name.as_str())) else {
        return Ok(());
    };
    let hint = nearest(name, known).map_or_else(
        || format!("; it may have `{}`", known.join("`, `")),
        |near| format!("; did you mean `{near}`?"),
    );
    Err(format!("{place} has no `{name}`{hint}"))
}

/// Checks an entry under `lark` or `http`: its key, and one answer or several.
pub(super) fn check(part: Part, call: &str, answer: &Value) -> Result<(), String> {
    check_call(part, call)?;
    match answer {
        Value::Array(several) if several.is_empty() => Err("a list of answers has at least one".to_owned()),
        Value::Array(several) => several
            .iter()
            .enumerate()
            .try_for_each(|(at, one)| check_answer(part, one).map_err(|why| format!("[{at}]: {why}"))),
        one => check_answer(part, one),
    }
}

fn check_call(part: Part, call: &str) -> Result<(), String> {
    let example = part.example();
    let Some((method, place)) = call.split_once(' ') else {
        return Err(format!("a method and a place are wanted, as in `{example}`"));
    };
    if !METHODS.contains(&method) {
        let near = nearest(&method.to_ascii_uppercase(), &METHODS).unwrap_or("GET, POST, …, or * for any");
        return Err(format!("{method} is no method; did you mean {near}?"));
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| place.starts_with(start));
    let is_reachable = match part {
        Part::Lark => begins(&["/", "*"]),
        Part::Http => begins(&["https://", "http://", "*"]),
    };
    if !is_reachable {
        return Err(format!("nothing is called at {place}; write it as in `{example}`"));
    }
    if let Some((before, _)) = place.split_once(['?', '#']) {
        return Err(format!(
            "the query of a call is not looked at; write it without: `{method} {before}`"
        ));
    }
    if part == Part::Lark && place.starts_with(TOKENS) {
        return Err("the host fetches tokens by itself, and always gets one here".to_owned());
    }
    Ok(())
}

fn check_answer(part: Part, answer: &Value) -> Result<(), String> {
    check_members_of_answer(part, answer)?;
    let status = answer.get("status").and_then(Value::as_u64);
    match (part, answer.get("body")) {
        // A gateway in front of Lark says what it likes.
        (Part::Lark, Some(body)) if status.is_none_or(|status| status < 400) => check_body_of_lark(body),
        (Part::Lark, None) if status.is_none() && answer.get("file").is_none() => check_body_of_lark(answer),
        (Part::Lark | Part::Http, _) => Ok(()),
    }
}

/// Lark's bodies have a `code`; a plugin would be told of any other one that Lark is not there.
fn check_body_of_lark(body: &Value) -> Result<(), String> {
    const WANTED: &str = "Lark answers with an object that has a number as `code`, as in {\"code\": 0, \"data\": {…}}";
    let Value::Object(members) = body else {
        return Err(format!("{WANTED}; this is {body}"));
    };
    match members.get("code") {
        Some(code) if code.is_i64() => Ok(()),
        Some(code) => Err(format!("{WANTED}; here it is {code}")),
        None if members.is_empty() => Ok(()),
        None => Err(format!("{WANTED}; here it is missing")),
    }
}

fn check_members_of_answer(part: Part, answer: &Value) -> Result<(), String> {
    let Value::Object(members) = answer else { return Ok(()) };
    let known = part.members();
    if let Some(status) = members.get("status")
        && !is_status(status)
    {
        return Err(format!("`status` must be a number from 100 to 599, and is {status}"));
    }
    if let (Part::Lark, Some(file)) = (part, members.get("file")) {
        if !file.is_string() {
            return Err(format!(
                "`file` must be the name of a file beside the fixture, and is {file}"
            ));
        }
        if members.contains_key("body") {
            return Err("an answer has a `body` or a `file`, and not both".to_owned());
        }
    }
    let is_told = known.iter().any(|name| members.contains_key(*name));
    let unknown = if is_told {
        members.keys().find(|name| !known.contains(&name.as_str()))
    } else {
        // A body as it is may have any members. One of which all are nearly those of an answer is a slip.
        let all_near = members.iter().all(|(name, value)| is_slip(part, name, value));
        members.keys().next().filter(|_| all_near)
    };
    let Some(name) = unknown else { return Ok(()) };
    let near = nearest(name, known).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
    let file = if part == Part::Lark { ", `file`" } else { "" };
    Err(format!(
        "an answer has no `{name}`{near} It is `status` and `body`{file}, or a body as it is; a stream is a text as \
         `body`: \"data: …\\n\\n\""
    ))
}

/// Whether a member of what could be a body is rather a misspelt one of an answer. Bodies of Lark have a `code`; those of
/// other services may have members that are much like these.
fn is_slip(part: Part, name: &str, value: &Value) -> bool {
    match nearest(name, part.members()) {
        None => false,
        Some("status") => is_status(value),
        Some(near) => part == Part::Lark || strsim::damerau_levenshtein(near, name) == 1,
    }
}

/// The name that differs by a slip, or by one in every three letters: `code` is no `body`.
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    const LETTERS_PER_SLIP: usize = 3;
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), *known))
        .min()?;
    (near.0 <= (near.1.len() / LETTERS_PER_SLIP).max(1)).then_some(near.1)
}

fn is_status(value: &Value) -> bool {
    value.as_u64().is_some_and(|status| (100..600).contains(&status))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Part, check, check_members};

    #[test]
    fn an_entry_that_would_never_be_asked_for_is_refused_with_the_nearest_right_one() {
        for (part, call, told) in [
            (Part::Lark, "GTE /open-apis/y", "GET"),
            (Part::Lark, "get /open-apis/y", "GET"),
            (Part::Lark, "/open-apis/y", "POST /open-apis/im/v1/messages"),
            (
                Part::Lark,
                "GET https://open.feishu.cn/open-apis/y",
                "POST /open-apis/im/v1/messages",
            ),
            (Part::Http, "POST /v1/chat", "POST https://api.example.com/v1/chat"),
            (
                Part::Http,
                "GET https://a.example.com/x?page=2",
                "write it without: `GET https://a.example.com/x`",
            ),
            (
                Part::Lark,
                "POST /open-apis/auth/v3/tenant_access_token/internal",
                "by itself",
            ),
        ] {
            let why = check(part, call, &json!({})).unwrap_err();
            assert!(why.contains(told), "{call}: {why}");
        }
        for (part, call) in [
            (Part::Lark, "GET /open-apis/contact/v3/users/*"),
            (Part::Lark, "* /**"),
            (Part::Http, "POST https://api.example.com/v1/chat"),
            (Part::Http, "* **"),
        ] {
            check(part, call, &json!({})).unwrap();
        }
    }

    #[test]
    fn a_member_that_would_not_be_read_is_refused_and_a_body_as_it_is_may_have_any() {
        let check = |answer: Value| check(Part::Http, "GET https://a.example.com/", &answer);
        let of_lark = |answer: Value| super::check(Part::Lark, "GET /open-apis/x", &answer);
        for (answer, told) in [
            (json!({"statuss": 500}), "did you mean `status`?"),
            (json!({"statuss": 500, "body": "x"}), "did you mean `status`?"),
            (json!({"status": 200, "events": ["a"]}), "a stream is a text"),
            (
                json!([{"status": 200}, {"status": 200, "boddy": 1}]),
                "[1]: an answer has no `boddy`; did you mean `body`?",
            ),
            (json!({"boddy": {"title": "x"}}), "did you mean `body`?"),
            (json!({"statuss": 500, "boddy": "x"}), "did you mean `body`?"),
            (json!({"status": 200, "file": "photo.png"}), "an answer has no `file`"),
            (json!([]), "at least one"),
            (json!({"status": "200"}), "a number from 100 to 599"),
        ] {
            let why = check(answer).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
        for answer in [
            json!({"code": 0, "data": {}}),
            json!({"state": "open", "events": []}),
            json!({"status": 200, "body": "data: a\n\n"}),
            json!("text"),
            json!({"states": {"open": 1}}),
            json!({}),
        ] {
            check(answer).unwrap();
        }
        for (answer, told) in [
            (json!({"fiel": "photo.png"}), "did you mean `file`?"),
            (json!({"file": "photo.png", "statsu": 404}), "did you mean `status`?"),
            (json!({"file": 1}), "the name of a file"),
            (json!({"file": "photo.png", "body": {}}), "not both"),
        ] {
            let why = of_lark(answer).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
        for (answer, told) in [
            (json!({"data": {}}), "a number as `code`"),
            (json!("text"), "this is \"text\""),
            (json!({"code": "0"}), "here it is \"0\""),
            (json!({"status": 200, "body": "busy"}), "this is \"busy\""),
        ] {
            let why = of_lark(answer).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
        for answer in [
            json!({}),
            json!({"status": 502, "body": "busy"}),
            json!({"status": 500}),
            json!({"file": "photo.png"}),
            json!({"status": 200, "file": "photo.png"}),
            json!({"code": 0, "boddy": 1}),
        ] {
            of_lark(answer).unwrap();
        }
    }

    #[test]
    fn a_member_that_no_file_of_a_fixture_has_is_told_with_its_place() {
        let known = ["now_ms", "kv", "lark", "http"];
        for (file, told) in [
            (json!({"htpp": {}}), "the file has no `htpp`; did you mean `http`?"),
            (
                json!({"storage": {}}),
                "the file has no `storage`; it may have `now_ms`, `kv`, `lark`, `http`",
            ),
        ] {
            assert_eq!(check_members("the file", &file, &known).unwrap_err(), told);
        }
        check_members("the file", &json!({"kv": {"any": 1}}), &known).unwrap();
    }
}
