//! Plugins in TypeScript and Python whose code has no end, in the build and in a call.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use test_guests::parts::Part;

use super::languages::{plugin, project, with_programs};

/// A loop outside of functions, behind a line of a module that is imported.
const LOOP_TYPESCRIPT: [&str; 2] = [
    "import { definePlugin } from \"lark-plugin-sdk\";\nimport { half } from \"./half.ts\";\n\nexport default definePlugin({ events: { \"*\": () => console.log(half) } });\n",
    "export let half = 1;\n\nwhile (half > -1) {\n  half = half / 2;\n}\n",
];
const LOOP_PYTHON: [&str; 2] = [
    "from lark_plugin import Plugin\nfrom half import half\n\nplugin = Plugin()\n",
    "half = 1\n\nwhile half > -1:\n    half = half / 2\n",
];

#[tokio::test]
async fn a_build_that_has_no_end_is_ended_and_names_the_file_and_the_line() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    for (language, [main, other], file, places) in [
        ("ts", LOOP_TYPESCRIPT, "src/half.ts", ["src/half.ts:3", "src/half.ts:4"]),
        ("python", LOOP_PYTHON, "src/half.py", ["src/half.py:3", "src/half.py:4"]),
    ] {
        let folder = project(&place, &format!("p-{language}-loop"), language, main).await;
        fs::write(folder.join(file), other).unwrap();
        let begun = Instant::now();
        let refused = plugin(&place, &["build", folder.to_str().unwrap(), "--seconds-max", "15"]).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{refused:?}");
        for told in [
            "the build has taken 15 s and is ended",
            "does not come to an end. Move it into a function",
            "`plugin build --seconds-max`",
        ] {
            assert!(refused.stderr.contains(told), "{told}: {refused:?}");
        }
        assert!(places.iter().any(|place| refused.stderr.contains(place)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_limit_of_a_build_that_is_none_is_told_what_it_must_be() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs().set("LARK_PLUGIN_BUILD_SECONDS_MAX", "2 minutes");
    let folder = project(&place, "p-ts-limit", "ts", LOOP_TYPESCRIPT[0]).await;
    let refused = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert!(
        refused
            .stderr
            .contains("is 2 minutes, and must be a number of seconds from 1 to 99999"),
        "{refused:?}"
    );
}

/// A plugin that does without end what the button says.
const GREEDY: [(&str, &str); 2] = [
    (
        "ts",
        r#"import { definePlugin } from "lark-plugin-sdk";

const ends: Record<string, () => unknown> = {
  spin() {
    for (let at = 0; ; at += 1) {}
  },
  descend: (): unknown => [ends["descend"]!()],
  hoard() {
    const all: unknown[] = [];
    for (;;) all.push(new Uint8Array(100_000));
  },
  swell: () => "x".repeat(2 ** 29),
  text: () => "done",
};

export default definePlugin({
  events: { "card.action.trigger": (event) => ends[(event.payload.action.value as { kind: string }).kind]!() as never },
});
"#,
    ),
    (
        "python",
        r#"import json

from lark_plugin import Plugin

plugin = Plugin()


def spin():
    while True:
        pass


def descend():
    return [descend()]


def hoard():
    everything = []
    while True:
        everything.append(bytearray(100_000))


def swell():
    return "x" * 2**29


def nest():
    value = []
    for _ in range(20000):
        value = [value]
    return json.dumps(value)


def text():
    return "done"


@plugin.on("card.action.trigger")
def clicked(event):
    return globals()[event.payload["action"]["value"]["kind"]]()
"#,
    ),
];

const QUICKJS: &str = "in a function without a name (if it is TypeScript: QuickJS, which runs it, cannot tell the line; a test with the same event in `npm test` tells it)";
const PYTHON: &str =
    "(of Python's interpreter, which cannot tell the line; a test with the same event in pytest tells it)";

#[tokio::test]
async fn a_call_that_has_no_end_is_told_with_its_line_or_with_what_tells_the_line() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    for (language, source) in GREEDY {
        let folder = project(&place, &format!("p-{language}-greedy"), language, source).await;
        let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_eq!(built.code, Some(0), "{built:?}");
        let wasm = folder.join(format!("dist/p-{language}-greedy.wasm"));
        let cases: &[(&str, &[&str])] = if language == "ts" {
            &[
                // On a busy machine it is the time budget that ends it.
                ("spin", &[QUICKJS]),
                ("descend", &["its call stack is full", QUICKJS]),
                (
                    "hoard",
                    &["memory_bytes_max = 67108864", "out of memory at src/plugin.ts:"],
                ),
                (
                    "swell",
                    &["memory_bytes_max = 67108864", "out of memory at src/plugin.ts:12"],
                ),
                (
                    "text",
                    &["the handler of \"card.action.trigger\" returned the text \"done\""],
                ),
            ]
        } else {
            &[
                ("spin", &[PYTHON]),
                ("descend", &["RecursionError: ", "at src/plugin.py:14 in descend"]),
                (
                    "hoard",
                    &[
                        "memory_bytes_max = 67108864",
                        "MemoryError at src/plugin.py:20 in hoard",
                    ],
                ),
                (
                    "swell",
                    &[
                        "memory_bytes_max = 67108864",
                        "MemoryError at src/plugin.py:24 in swell",
                    ],
                ),
                ("nest", &["its call stack is full", PYTHON]),
                (
                    "text",
                    &["the handler of \"card.action.trigger\" returned the text \"done\""],
                ),
            ]
        };
        for (kind, told) in cases {
            let event = folder.join(format!("{kind}.event.json"));
            fs::write(&event, click(kind)).unwrap();
            let tested = plugin(
                &place,
                &["test", wasm.to_str().unwrap(), "--event", event.to_str().unwrap()],
            )
            .await;
            for told in *told {
                assert!(tested.stdout.contains(told), "{language} {kind}: {told}: {tested:?}");
            }
        }
    }
}

fn click(kind: &str) -> String {
    let body = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": {"kind": kind}, "tag": "button"}},
    });
    body.to_string()
}

#[tokio::test]
async fn a_loop_without_end_in_a_handler_ends_the_tests_of_a_project_with_its_line() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    let source = "import { definePlugin } from \"lark-plugin-sdk\";\n\nfunction spin() {\n  for (let at = 0; ; at += 1) {}\n}\n\nexport default definePlugin({ events: { \"*\": () => spin() } });\n";
    let test = "import { test } from \"node:test\";\nimport { FakeHost, handle } from \"lark-plugin-sdk/testing\";\nimport plugin from \"../src/plugin.ts\";\n\ntest(\"it ends\", async () => {\n  new FakeHost();\n  await handle(plugin, \"a.b\", {});\n});\n";
    let folder = project(&place, "p-ts-spins", "ts", source).await;
    for old in fs::read_dir(folder.join("tests")).unwrap() {
        fs::remove_file(old.unwrap().path()).unwrap();
    }
    fs::write(folder.join("tests/spin.test.ts"), test).unwrap();
    let mut tests = Command::new("node");
    tests
        .args(["vendor/lark-plugin-sdk/bin/lark-plugin.mjs", "test"])
        .env("LARK_PLUGIN_BUSY_SECONDS_MAX", "2")
        .current_dir(&folder);
    let run = tests.output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(!run.status.success(), "{said}");
    assert!(said.contains("src/plugin.ts:4 in spin has been busy for 2 s"), "{said}");
}
