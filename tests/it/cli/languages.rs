//! Plugins in three languages: projects that build and pass their tests, and examples that answer the same fixtures alike.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use test_guests::{guest, parts::Part};

use crate::support::{Finished, Place};

const EXAMPLES: [&str; 3] = ["approval", "assistant", "ticket"];

pub(super) async fn plugin(place: &Place, arguments: &[&str]) -> Finished {
    place.run(&[&["plugin"], arguments].concat()).finished().await
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A place that finds programs, and keeps what was compiled: compiling Python takes seconds. The folder is made by who keeps
/// something there, so that nobody else can read it.
pub(super) fn with_programs() -> Place {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages");
    let mut place = Place::new().set("CALLBACK_CACHE_DIR", cache.to_str().unwrap());
    for name in ["PATH", "HOME"] {
        #[expect(clippy::disallowed_methods, reason = "programs are found by the environment")]
        if let Ok(value) = std::env::var(name) {
            place = place.set(name, &value);
        }
    }
    place
}

pub(super) fn ran(mut command: Command) {
    let run = command.output().unwrap();
    assert!(
        run.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

/// What `npm install` would do, without npm.
fn installed(tools: &Path, folder: &Path) {
    let modules = folder.join("node_modules");
    fs::create_dir(&modules).unwrap();
    for entry in fs::read_dir(tools.join("node_modules")).unwrap() {
        let entry = entry.unwrap();
        // What the builds of other projects leave there is not a package.
        if entry.file_name() == ".lark-plugin" {
            continue;
        }
        symlink(entry.path(), modules.join(entry.file_name())).unwrap();
    }
    symlink("../vendor/lark-plugin-sdk", modules.join("lark-plugin-sdk")).unwrap();
}

/// A new project whose tools are installed, and whose source is this.
pub(super) async fn project(place: &Place, name: &str, language: &str, source: &str) -> PathBuf {
    let folder = place.path(name);
    let made = plugin(place, &["new", folder.to_str().unwrap(), "--lang", language]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let tools = root().join("target/languages");
    let file = if language == "ts" {
        installed(&tools, &folder);
        "src/plugin.ts"
    } else {
        symlink(tools.join("venv"), folder.join(".venv")).unwrap();
        "src/plugin.py"
    };
    fs::write(folder.join(file), source).unwrap();
    folder
}

/// Builds what its author cannot mean, and returns what the build says.
pub(super) async fn not_built(place: &Place, folder: &Path) -> String {
    let refused = plugin(place, &["build", folder.to_str().unwrap()]).await;
    assert_ne!(refused.code, Some(0), "{refused:?}");
    refused.stderr
}

/// Holds that a component answers the fixtures of an example.
async fn answers(place: &Place, example: &str, component: &Path) {
    let folder = root().join("plugins/examples").join(example);
    let (fixtures, settings) = (folder.join("fixtures"), folder.join(format!("{example}.toml")));
    let arguments = [
        "test",
        component.to_str().unwrap(),
        "--fixtures",
        fixtures.to_str().unwrap(),
        "--settings",
        settings.to_str().unwrap(),
    ];
    let tested = plugin(place, &arguments).await;
    assert_eq!(tested.code, Some(0), "{}: {tested:?}", component.display());
    assert!(tested.stdout.contains("fixtures, all as expected"), "{tested:?}");
}

#[tokio::test]
async fn the_examples_in_rust_do_what_their_fixtures_say() {
    let place = Place::new();
    for example in EXAMPLES {
        answers(&place, example, &guest(example)).await;
    }
}

#[tokio::test]
async fn the_examples_in_typescript_and_python_do_what_the_same_fixtures_say() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let root = root();
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let mut build = Command::new(root.join("plugins/examples/build.sh"));
    build.arg(&built);
    ran(build);
    let place = with_programs();
    for example in EXAMPLES {
        for language in ["ts", "py"] {
            answers(&place, example, &built.join(format!("{example}-{language}.wasm"))).await;
        }
    }
}

#[tokio::test]
async fn the_link_preview_in_c_does_what_the_same_fixtures_say() {
    if !Part::C.is_here_or_said() {
        return;
    }
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples/ticket-c.wasm");
    let mut build = Command::new(root().join("plugins/examples/ticket/c/build.sh"));
    build.arg(&built);
    ran(build);
    answers(&with_programs(), "ticket", &built).await;
    // No more of the host than it uses, and nothing of WASI.
    let inspected = plugin(&with_programs(), &["inspect", built.to_str().unwrap(), "--json"]).await;
    let said: serde_json::Value = serde_json::from_str(&inspected.stdout).unwrap();
    let imports = said["imports"].as_array().unwrap().iter();
    let imports: Vec<_> = imports.filter_map(|import| import.as_str()).collect();
    assert_eq!(
        imports,
        [
            "lark-callback:plugin/log@0.1.0",
            "lark-callback:plugin/http@0.1.0",
            "lark-callback:plugin/types@0.1.0",
        ]
    );
    assert!(said["bytes"].as_u64().unwrap() < 20_000, "{said}");
}

#[tokio::test]
async fn a_new_project_in_typescript_and_in_python_passes_its_test_and_answers_in_the_sandbox() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let tools = root().join("target/languages");
    let place = with_programs();
    for language in ["ts", "python"] {
        for kind in ["card", "bot", "preview", "task", "event"] {
            let folder = place.path(&format!("p-{language}-{kind}"));
            let mut arguments = vec!["new", folder.to_str().unwrap(), "--lang", language, "--kind", kind];
            if kind == "event" {
                arguments.extend(["--event", "contact.user.updated_v3"]);
            }
            let made = plugin(&place, &arguments).await;
            assert_eq!(made.code, Some(0), "{made:?}");
            let mut tests = if language == "ts" {
                installed(&tools, &folder);
                let mut check = Command::new("node");
                check
                    .args(["node_modules/typescript/bin/tsc", "--noEmit"])
                    .current_dir(&folder);
                ran(check);
                let mut tests = Command::new("node");
                tests.args(["vendor/lark-plugin-sdk/bin/lark-plugin.mjs", "test"]);
                tests
            } else {
                symlink(tools.join("venv"), folder.join(".venv")).unwrap();
                let mut tests = Command::new(".venv/bin/python");
                tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
                tests
            };
            tests.current_dir(&folder);
            ran(tests);
        }
        let folder = place.path(&format!("p-{language}-card"));
        let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_eq!(built.code, Some(0), "{built:?}");
        let wasm = folder.join(format!("dist/p-{language}-card.wasm"));
        let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
        assert_eq!(tested.code, Some(0), "{tested:?}");
        // No more of the host than it uses.
        let inspected = plugin(&place, &["inspect", wasm.to_str().unwrap()]).await;
        assert!(inspected.stdout.contains("lark-callback:plugin/kv@"), "{inspected:?}");
        assert!(
            !inspected.stdout.contains("lark-callback:plugin/http@"),
            "{inspected:?}"
        );
    }
}

#[tokio::test]
async fn an_error_in_typescript_names_the_authors_file_and_line() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    let source = "// The first line.\nimport { definePlugin } from \"lark-plugin-sdk\";\n\nexport default definePlugin({\n  events: {\n                      async \"card.action.trigger\"(event) {\n      await null;\n      event.payload.action.value.nothing.at(0);\n                      },\n  },\n});\n";
    let folder = project(&place, "p-ts-odd", "ts", source).await;
    let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let wasm = folder.join("dist/p-ts-odd.wasm");
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(
        tested.stdout.contains("TypeError") && tested.stdout.contains(" at src/plugin.ts:8"),
        "{tested:?}"
    );
    // The stack is in lines of its own.
    assert!(!tested.stdout.contains(r"\n"), "{tested:?}");

    // A promise that stays open is a failure, and not the end of the engine.
    let source = source.replace("await null", "await new Promise(() => {})");
    fs::write(folder.join("src/plugin.ts"), source).unwrap();
    let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    assert!(
        tested
            .stdout
            .contains("permanent failure: the handler waits for a promise that nothing will settle")
            && !tested.stdout.contains("panicked"),
        "{tested:?}"
    );

    fs::write(
        folder.join("src/plugin.ts"),
        "import fs from \"node:fs\";\nexport default fs;\n",
    )
    .unwrap();
    let refused = not_built(&place, &folder).await;
    assert!(
        refused.contains("src/plugin.ts:1") && refused.contains("no modules of Node"),
        "{refused}"
    );
}

#[tokio::test]
async fn an_error_in_python_names_the_authors_file_line_and_function() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    let source = "from lark_plugin import Plugin\n\nplugin = Plugin()\n\n\ndef pick(values):\n    return values[3]\n\n\n@plugin.on(\"card.action.trigger\")\ndef clicked(event):\n    pick([])\n";
    let folder = project(&place, "p-py-odd", "python", source).await;
    let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let wasm = folder.join("dist/p-py-odd.wasm");
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    for told in [
        "IndexError: list index out of range at src/plugin.py:7 in pick",
        "File \"src/plugin.py\", line 12, in clicked",
    ] {
        assert!(tested.stdout.contains(told), "{told}: {tested:?}");
    }
    assert!(!tested.stdout.contains(r"\n"), "{tested:?}");

    // A recursion that goes through C is found before the call stack is full.
    let source = source
        .replace(
            "def pick(values):\n    return values[3]",
            "class Odd:\n    def __repr__(self):\n        return f\"{[self]}\"",
        )
        .replace("pick([])", "repr(Odd())");
    fs::write(folder.join("src/plugin.py"), source).unwrap();
    let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    assert!(
        tested
            .stdout
            .contains("RecursionError: maximum recursion depth exceeded at src/plugin.py:8 in __repr__"),
        "{tested:?}"
    );
}

#[tokio::test]
async fn what_does_not_get_through_the_build_is_told_with_its_reason() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    for (language, source) in [
        (
            "ts",
            "import { definePlugin, kv } from \"lark-plugin-sdk\";\nconst at = kv.get(\"a\");\nexport default definePlugin({ events: { \"*\": () => console.log(at) } });\n",
        ),
        (
            "python",
            "from lark_plugin import Plugin, kv\n\nplugin = Plugin()\nAT = kv.get(\"a\")\n",
        ),
    ] {
        let folder = project(&place, &format!("p-{language}"), language, source).await;
        let refused = not_built(&place, &folder).await;
        for told in [
            "kv.get is",
            "this runs while the plugin is built, where there is no host; move it into a function",
        ] {
            assert!(refused.contains(told), "{told}: {refused}");
        }
        assert!(!refused.contains("wasm function"), "{refused}");

        let interface = folder.join("vendor/wit/plugin.wit");
        let text = fs::read_to_string(&interface).unwrap();
        fs::write(&interface, text.replace("plugin@0.1.0;", "plugin@0.2.0;")).unwrap();
        let refused = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        for told in [
            "plugin.wit is the interface lark-callback:plugin@0.2.0, and this SDK is for lark-callback:plugin@0.1.0",
            "lark-callback plugin new --update-sdk",
        ] {
            assert!(refused.stderr.contains(told), "{told}: {refused:?}");
        }
    }
}

/// A program that only says its version, and knows no modules.
fn program(folder: &Path, name: &str, version: &str) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && echo '{version}' && exit 0\nexit 1\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn what_is_missing_for_a_language_is_said_with_how_to_get_it() {
    let folders = tempfile::tempdir().unwrap();
    let at = |name: &str| folders.path().join(name);
    fs::create_dir(at("empty")).unwrap();
    program(&at("old"), "node", "v18.20.1");
    program(&at("old"), "python3", "Python 3.8.10");
    program(&at("new"), "node", "v22.1.0");
    program(&at("new"), "python3", "Python 3.12.4");
    for (language, programs, told) in [
        ("ts", "empty", "Node is not installed here"),
        ("ts", "old", "Node 18.20.1 is installed here"),
        ("ts", "new", "run `npm install` there"),
        ("python", "empty", "`python3` cannot be started"),
        ("python", "old", "`python3` is too old"),
        ("python", "new", "componentize-py is not installed"),
    ] {
        let place = Place::new().set("PATH", at(programs).to_str().unwrap());
        let folder = place.path("greeter");
        let made = plugin(&place, &["new", folder.to_str().unwrap(), "--lang", language]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_ne!(built.code, Some(0), "{built:?}");
        assert!(built.stderr.contains(told), "{language}, {programs}: {built:?}");
    }
}
