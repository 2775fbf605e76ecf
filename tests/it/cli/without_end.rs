//! Plugins in TypeScript and Python whose code has no end, in the build and in a call.

use std::{
    fs,
    time::{Duration, Instant},
};

use test_guests::parts::Part;

use super::languages::{plugin, project, with_programs};

/// A loop outside of functions, behind a line of a module that is imported.
const TYPESCRIPT: [&str; 2] = [
    "import { definePlugin } from \"lark-plugin-sdk\";\nimport { half } from \"./half.ts\";\n\nexport default definePlugin({ events: { \"*\": () => console.log(half) } });\n",
    "export let half = 1;\n\nwhile (half > -1) {\n  half = half / 2;\n}\n",
];
const PYTHON: [&str; 2] = [
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
        ("ts", TYPESCRIPT, "src/half.ts", ["src/half.ts:3", "src/half.ts:4"]),
        ("python", PYTHON, "src/half.py", ["src/half.py:3", "src/half.py:4"]),
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
    let folder = project(&place, "p-ts-limit", "ts", TYPESCRIPT[0]).await;
    let refused = plugin(&place, &["build", folder.to_str().unwrap()]).await;
    assert!(
        refused
            .stderr
            .contains("is 2 minutes, and must be a number of seconds from 1 to 99999"),
        "{refused:?}"
    );
}
