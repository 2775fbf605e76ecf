//! The SDKs for TypeScript and Python pass their own tests, and the examples of the documents are some of them.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use test_guests::parts::Part;

use super::languages::{ran, root};

/// Puts each example in TypeScript among the tests of the SDK, with its imports from there.
fn put_examples(tests: &Path) -> usize {
    let mut found = 0;
    for entry in fs::read_dir(root().join("host/docs/plugins")).unwrap() {
        let page = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in page.split("\n```ts\n").skip(1) {
            let (block, _) = part.split_once("\n```\n").unwrap();
            let block = block
                .replace("\"lark-plugin-sdk/testing\"", "\"../src/testing/index.ts\"")
                .replace("\"lark-plugin-sdk\"", "\"../src/index.ts\"");
            fs::write(tests.join(format!("example{found}.test.ts")), block).unwrap();
            found += 1;
        }
    }
    found
}

#[test]
fn the_sdks_for_typescript_and_python_pass_their_own_tests() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let tools = root().join("target/languages");
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("ts");
    // What all languages refuse alike is beside them.
    for part in ["ts", "schema"] {
        let mut copy = Command::new("cp");
        copy.arg("-R")
            .arg(root().join("plugin-sdk").join(part))
            .arg(folder.path());
        ran(copy);
    }
    assert!(put_examples(&copied.join("tests")) > 5);
    let modules = copied.join("node_modules");
    if modules.symlink_metadata().is_err() {
        symlink(tools.join("node_modules"), &modules).unwrap();
    }
    for arguments in [
        &["bin/lark-plugin.mjs", "test"][..],
        &["node_modules/typescript/bin/tsc", "--noEmit"],
    ] {
        let mut command = Command::new("node");
        command.args(arguments).current_dir(&copied);
        ran(command);
    }
    let mut python = Command::new(tools.join("venv/bin/python"));
    python.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    python.current_dir(root().join("plugin-sdk/python"));
    ran(python);
}
