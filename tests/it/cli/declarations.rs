//! Declarations that are wrong, as the builds of TypeScript and Python tell them.

use test_guests::parts::Part;

use super::languages::{not_built, project, with_programs};

#[tokio::test]
async fn a_want_that_nobody_could_meet_is_refused_by_the_build_in_the_words_of_its_author() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    for (language, source, told) in [
        (
            "ts",
            "import { definePlugin } from \"lark-plugin-sdk\";\n\nexport default definePlugin({\n  wants: [{ kind: \"config\", value: \"days\", reason: \"to count\", type: \"int\" }],\n  events: { \"*\": () => {} },\n});\n",
            [
                "the plugin cannot begin: Error: wants[0].type must be one of \"text\", \"integer\"",
                "and is \"int\"; the nearest is \"integer\"",
                "src/plugin.ts:3",
            ],
        ),
        (
            "python",
            "from lark_plugin import Plugin, Want\n\nplugin = Plugin(wants=[Want(\"config\", \"days\", \"to count\", int)])\n",
            [
                "ValueError: wants[0].type must be one of 'text', 'integer'",
                "and is the type int; the nearest is 'integer'",
                "File \"src/plugin.py\", line 3",
            ],
        ),
    ] {
        let folder = project(&place, &format!("p-{language}"), language, source).await;
        let refused = not_built(&place, &folder).await;
        for told in told {
            assert!(refused.contains(told), "{told}: {refused}");
        }
    }
}

#[tokio::test]
async fn a_global_that_the_sandbox_lacks_is_told_by_the_build_with_what_there_is_instead() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let place = with_programs();
    let source = "import { definePlugin } from \"lark-plugin-sdk\";\n\nconst token = (process as any).env.TOKEN;\nexport default definePlugin({ events: { \"*\": () => console.log(token) } });\n";
    let folder = project(&place, "p-ts-global", "ts", source).await;
    let refused = not_built(&place, &folder).await;
    for told in [
        "process is not defined",
        "src/plugin.ts:3",
        "the sandbox has no environment: config.require(key)",
    ] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
}
