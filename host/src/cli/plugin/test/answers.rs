//! Canned answers of `NAME.host.json`: which calls they are for, and what stands in them.

use serde_json::{Map, Value};

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"];

/// Members of an answer that says more than its body.
const MEMBERS: [&str; 3] = ["status", "body", "file"];

/// Checks an entry under `lark` or `http`: its key, and one answer or several.
pub(super) fn check(part: &str, call: &str, answer: &Value) -> Result<(), String> {
    check_call(part, call)?;
    match answer {
        Value::Array(several) => several.iter().try_for_each(check_answer),
        one => check_answer(one),
    }
}

fn check_call(part: &str, call: &str) -> Result<(), String> {
    let example = match part {
        "lark" => "POST /open-apis/im/v1/messages",
        _ => "POST https://api.example.com/v1/chat",
    };
    let Some((method, place)) = call.split_once(' ') else {
        return Err(format!("a method and a place are wanted, as in `{example}`"));
    };
    if !METHODS.contains(&method) {
        let near = nearest(&method.to_ascii_uppercase(), &METHODS).unwrap_or("GET, POST, …, or * for any");
        return Err(format!("{method} is no method; did you mean {near}?"));
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| place.starts_with(start));
    let is_reachable = match part {
        "lark" => begins(&["/", "*"]),
        _ => begins(&["https://", "http://", "*"]),
    };
    if is_reachable {
        return Ok(());
    }
    Err(format!("nothing is called at {place}; write it as in `{example}`"))
}

fn check_answer(answer: &Value) -> Result<(), String> {
    let Value::Object(members) = answer else { return Ok(()) };
    let is_told = MEMBERS.iter().any(|name| members.contains_key(*name));
    match members.get("status") {
        Some(status) if !is_status(status) => {
            return Err(format!("`status` must be a number from 100 to 599, and is {status}"));
        }
        _ => {}
    }
    let unknown = members.iter().find(|(name, value)| match is_told {
        true => !MEMBERS.contains(&name.as_str()),
        // A body as it is may have any members; but a status is none of them.
        false => is_status(value) && nearest(name, &["status"]).is_some() && is_alone(members),
    });
    let Some((name, _)) = unknown else { return Ok(()) };
    let near = nearest(name, &MEMBERS).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!(
        "an answer has no `{name}`{near} It is `status` and `body`, `file`, or a body as it is; a stream is a text as \
         `body`: \"data: …\\n\\n\""
    ))
}

/// The name that differs by a slip or two, if there is one.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    const SLIPS_MAX: usize = 2;
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), *known))
        .min()?;
    (near.0 <= SLIPS_MAX).then_some(near.1)
}

fn is_alone(members: &Map<String, Value>) -> bool {
    members.len() == 1
}

fn is_status(value: &Value) -> bool {
    value.as_u64().is_some_and(|status| (100..600).contains(&status))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    #[test]
    fn an_entry_that_would_never_be_asked_for_is_refused_with_the_nearest_right_one() {
        for (part, call, told) in [
            ("lark", "GTE /open-apis/y", "GET"),
            ("lark", "get /open-apis/y", "GET"),
            ("lark", "/open-apis/y", "POST /open-apis/im/v1/messages"),
            (
                "lark",
                "GET https://open.feishu.cn/open-apis/y",
                "POST /open-apis/im/v1/messages",
            ),
            ("http", "POST /v1/chat", "POST https://api.example.com/v1/chat"),
        ] {
            let why = check(part, call, &json!({})).unwrap_err();
            assert!(why.contains(told), "{call}: {why}");
        }
        for (part, call) in [
            ("lark", "GET /open-apis/contact/v3/users/*"),
            ("lark", "* /**"),
            ("http", "POST https://api.example.com/v1/chat"),
            ("http", "* **"),
        ] {
            check(part, call, &json!({})).unwrap();
        }
    }

    #[test]
    fn a_member_that_would_not_be_read_is_refused_and_a_body_as_it_is_may_have_any() {
        let check = |answer: Value| check("http", "GET https://a.example.com/", &answer);
        for (answer, told) in [
            (json!({"statuss": 500}), "did you mean `status`?"),
            (json!({"statuss": 500, "body": "x"}), "did you mean `status`?"),
            (json!({"status": 200, "events": ["a"]}), "a stream is a text"),
            (
                json!([{"status": 200}, {"status": 200, "boddy": 1}]),
                "did you mean `body`?",
            ),
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
            json!({"file": "photo.png"}),
        ] {
            check(answer).unwrap();
        }
    }
}
