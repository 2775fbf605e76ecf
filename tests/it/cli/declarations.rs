//! Declarations that are wrong, as the builds of TypeScript and Python tell them.

use std::{fs, os::unix::fs::symlink};

use test_guests::parts::Part;

use super::languages::{installed, plugin, root, with_programs};

#[tokio::test]
async fn a_want_that_nobody_could_meet_is_refused_by_the_build_in_the_words_of_its_author() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let tools = root().join("target/languages");
    let place = with_programs();
    for (language, file, source, told) in [
        (
            "ts",
            "src/plugin.ts",
            "import { definePlugin } from \"lark-plugin-sdk\";\n\nexport default definePlugin({\n  wants: [{ kind: \"config\", value: \"days\", reason: \"to count\", type: \"int\" }],\n  events: { \"*\": () => {} },\n});\n",
            [
                "the plugin cannot begin: Error: wants[0].type must be one of \"text\", \"integer\"",
                "and is \"int\"; the nearest is \"integer\"",
                "src/plugin.ts:3",
            ],
        ),
        (
            "python",
            "src/plugin.py",
            "from lark_plugin import Plugin, Want\n\nplugin = Plugin(wants=[Want(\"config\", \"days\", \"to count\", int)])\n",
            [
                "ValueError: wants[0].type must be one of 'text', 'integer'",
                "and is the type int; the nearest is 'integer'",
                "File \"src/plugin.py\", line 3",
            ],
        ),
    ] {
        let folder = place.path(&format!("p-{language}"));
        plugin(&place, &["new", folder.to_str().unwrap(), "--lang", language]).await;
        if language == "ts" {
            installed(&tools, &folder);
        } else {
            symlink(tools.join("venv"), folder.join(".venv")).unwrap();
        }
        fs::write(folder.join(file), source).unwrap();
        let refused = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        for told in told {
            assert!(refused.stderr.contains(told), "{told}: {refused:?}");
        }
    }
}
