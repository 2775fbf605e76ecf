//! `mcp`: what an agent that speaks the Model Context Protocol is answered, and what it cannot do.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    operate::{ask, give_up, place, run},
    support::Place,
};

/// More than any answer takes on a busy machine.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A program that speaks with a test as with an agent.
struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Agent {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lark-callback"))
            .arg("mcp")
            .args(arguments)
            .env_clear()
            .envs(place.settings().iter().cloned())
            .current_dir(place.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// One that has agreed on a revision.
    fn greeted(place: &Place, arguments: &[&str]) -> Self {
        let mut agent = Self::start(place, arguments);
        let hello = agent.asked(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}));
        assert_eq!(hello["result"]["protocolVersion"], "2025-11-25", "{hello}");
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        agent
    }

    fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    fn answer(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(ANSWER_MAX).unwrap()).unwrap()
    }

    fn asked(&mut self, message: &Value) -> Value {
        self.send(&message.to_string());
        self.answer()
    }

    /// Calls a tool; tells whether it failed, and its text.
    fn call(&mut self, name: &str, arguments: &Value) -> (bool, String) {
        let answer = self.asked(&json!({"jsonrpc": "2.0", "id": "c", "method": "tools/call",
            "params": {"name": name, "arguments": arguments}}));
        let result = &answer["result"];
        assert_eq!(answer["id"], "c", "{answer}");
        let text = result["content"][0]["text"].as_str().map(str::to_owned);
        (result["isError"] == true, text.unwrap_or_else(|| panic!("{answer}")))
    }

    fn told(&mut self, name: &str, arguments: &Value) -> Value {
        let (is_error, text) = self.call(name, arguments);
        assert!(!is_error, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Ends the input, and with it the program.
    fn ended(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

#[tokio::test]
async fn an_agent_looks_and_changes_nothing_unless_it_may() {
    let place = place().plugin("moody").set("CALLBACK_OPERATOR", "anna");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;

    let mut agent = Agent::greeted(&place, &[]);
    let letters = agent.told("list_dead_letters", &json!({"plugin": "moody"}));
    assert_eq!(letters["dead"][0]["event_id"], event.as_str(), "{letters}");
    let groups = agent.told("group_dead_letters", &json!({}));
    assert_eq!(
        (&groups["groups"][0]["count"], &groups["groups"][0]["plugin"]),
        (&json!(1), &json!("moody")),
        "{groups}"
    );
    let newest = &agent.told("list_events", &json!({"limit": 1}))["events"][0];
    assert_eq!(newest["event_id"], event.as_str());
    assert_eq!(
        agent.told("show_event", &json!({"event": newest["id"]}))["event_id"],
        event.as_str()
    );
    assert_eq!(
        agent.told("show_event", &json!({"event": event}))["event_id"],
        event.as_str()
    );
    assert_eq!(
        agent.told("show_plugin", &json!({"plugin": "moody"}))["plugin"],
        "moody"
    );
    assert!(
        agent.told("list_plugins", &json!({}))["plugins"]
            .as_array()
            .unwrap()
            .len()
            > 1
    );
    assert!(agent.told("list_refused", &json!({}))["rejected"].is_array());
    assert!(agent.told("status", &json!({}))["migration"].is_u64());
    assert_eq!(
        agent.told("explain_code", &json!({"code": "230002"}))["found"][0]["code"],
        "230002"
    );
    assert_eq!(agent.told("replay_events", &json!({"events": [event]}))["count"], 1);
    let (is_error, refused) = agent.call("replay_events", &json!({"events": [event], "apply": true}));
    assert!(is_error && refused.contains("--allow-changes"), "{refused}");
    assert_eq!(agent.told("list_changes", &json!({}))["audit"], json!([]));
    for (name, arguments, said) in [
        ("show_event", json!({"event": "no-such"}), "there is no event"),
        ("list_events", json!({"plugn": "x"}), "plugn"),
        ("list_events", json!({"limit": "x"}), "not valid"),
        ("replay_events", json!({"events": []}), "1 to 100"),
    ] {
        let (is_error, text) = agent.call(name, &arguments);
        assert!(is_error && text.contains(said), "{name}: {text}");
    }
    assert_eq!(agent.ended(), Some(0));

    let mut agent = Agent::greeted(&place, &["--allow-changes"]);
    assert_eq!(
        agent.told("replay_events", &json!({"events": [event], "apply": true}))["replayed"],
        1
    );
    let changes = agent.told("list_changes", &json!({}));
    assert_eq!(changes["audit"][0]["name"], "anna via mcp", "{changes}");
    assert_eq!(agent.ended(), Some(0));
}

#[tokio::test]
async fn without_a_server_the_database_is_asked_and_left_to_others() {
    let place = place();
    assert_eq!(run(&place, &["db", "migrate"]).await.code, Some(0));
    let mut agent = Agent::greeted(&place, &[]);
    assert_eq!(agent.told("list_events", &json!({}))["events"], json!([]));
    let (is_error, text) = agent.call("list_plugins", &json!({}));
    assert!(is_error && text.contains("no running server"), "{text}");
    let mut program = place.run(&[]);
    program.serving().await;
    assert!(agent.told("list_plugins", &json!({}))["plugins"].is_array());
    assert!(ask(&place, &["audit"]).await["audit"].is_array());
    assert_eq!(agent.ended(), Some(0));
}

#[test]
fn what_is_no_request_is_refused_and_the_next_one_is_answered() {
    let place = place();
    let mut agent = Agent::greeted(&place, &[]);
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(2 << 20));
    for (line, code) in [
        ("{", -32_700),
        ("\u{1}", -32_700),
        (&long, -32_600),
        ("7", -32_600),
        ("[]", -32_600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, -32_601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#, -32_602),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such"}}"#,
            -32_602,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, -32_602),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#,
            -32_602,
        ),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32_600),
    ] {
        agent.send(line);
        let answer = agent.answer();
        assert_eq!(
            answer["error"]["code"],
            code,
            "{}: {answer}",
            &line[..line.len().min(80)]
        );
    }
    for line in [
        r#"{"jsonrpc":"2.0","method":"no/such"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4711}}"#,
        r#"{"jsonrpc":"2.0","id":9,"result":{}}"#,
        "",
    ] {
        agent.send(line);
    }
    let pong = agent.asked(&json!({"jsonrpc": "2.0", "id": "last", "method": "ping"}));
    assert_eq!(
        pong,
        json!({"jsonrpc": "2.0", "id": "last", "result": {}}),
        "nothing before it was answered"
    );
    assert_eq!(agent.ended(), Some(0));
}

#[test]
fn each_revision_is_spoken_as_it_says() {
    let place = place();
    let initialize = |version: &str| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": version,
            "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}})
    };
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-06-18", "2025-06-18"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let mut agent = Agent::start(&place, &[]);
        let early = agent.asked(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
        assert_eq!(early["error"]["code"], -32_600, "{early}");
        assert_eq!(agent.asked(&initialize(asked))["result"]["protocolVersion"], agreed);
        let tools = agent.asked(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}));
        assert!(tools["result"]["tools"].as_array().unwrap().len() >= 10, "{tools}");
        assert!(tools["result"].get("resultType").is_none());
    }
    let mut agent = Agent::start(&place, &[]);
    agent.asked(&initialize("2025-03-26"));
    let both = agent.asked(&json!([
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "ping"},
    ]));
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");

    let meta = |version: &str| {
        json!({"_meta": {"io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {}}})
    };
    let mut agent = Agent::start(&place, &[]);
    let found =
        agent.asked(&json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": meta("2026-07-28")}));
    assert_eq!(found["result"]["supportedVersions"], json!(["2026-07-28"]), "{found}");
    let tools = agent.asked(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": meta("2026-07-28")}));
    assert_eq!(tools["result"]["resultType"], "complete", "{tools}");
    let other = agent.asked(&json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": meta("2031-01-01")}));
    assert_eq!(other["error"]["code"], -32_022, "{other}");
    assert_eq!(other["error"]["data"]["requested"], "2031-01-01");
}

#[test]
fn a_call_that_is_cancelled_is_not_answered() {
    // A server that takes the request and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let place = place()
        .set("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
        .set("CALLBACK_ADMIN_PORT", &port);
    let mut agent = Agent::greeted(&place, &[]);
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_refused"}});
    agent.send(&call.to_string());
    let (held, _) = silent.accept().unwrap();
    let again = agent.asked(&call);
    assert_eq!(again["error"]["code"], -32_600, "its id is taken: {again}");
    agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}).to_string());
    let pong = agent.asked(&json!({"jsonrpc": "2.0", "id": 8, "method": "ping"}));
    assert_eq!(pong["id"], 8, "the cancelled call is not answered: {pong}");
    drop(held);
    assert_eq!(agent.ended(), Some(0));
}
