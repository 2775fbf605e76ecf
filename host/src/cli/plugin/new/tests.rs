//! Tests of new projects: the choice of kind and event type, and what is refused.

use clap::Parser;

use super::{NewArguments, PluginKind, project, run, template::Project};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: NewArguments,
}

fn line(words: &str) -> NewArguments {
    Line::try_parse_from(["new"].into_iter().chain(words.split_whitespace()))
        .unwrap()
        .arguments
}

fn made(words: &str) -> Project {
    let arguments = line(words);
    project(arguments.folder.as_ref().unwrap(), &arguments).unwrap()
}

fn refused(words: &str) -> String {
    let arguments = line(words);
    run(&arguments).unwrap_err().text
}

#[test]
fn the_kind_follows_from_the_event_type_and_the_other_way_round() {
    for (words, kind, event) in [
        ("a", PluginKind::Card, "card.action.trigger"),
        ("a --kind bot", PluginKind::Bot, "im.message.receive_v1"),
        ("a --event url.preview.get", PluginKind::Preview, "url.preview.get"),
        ("a --event im.chat.updated_v1", PluginKind::Event, "im.chat.updated_v1"),
        (
            "a --event im.chat.updated_v1 --kind task",
            PluginKind::Task,
            "im.chat.updated_v1",
        ),
        (
            "some/where/a --event brand.new_type_v7",
            PluginKind::Event,
            "brand.new_type_v7",
        ),
    ] {
        let project = made(words);
        assert_eq!((project.kind, project.event.as_str()), (kind, event), "{words}");
    }
}

#[test]
fn what_cannot_become_a_plugin_is_refused_with_what_to_do() {
    for (words, told) in [
        ("Greeter", "only has a-z"),
        ("1st", "p1st"),
        ("serde", "my-serde"),
        ("card-auth", "choose another name"),
        ("a --event card.action.triger", "did you mean card.action.trigger?"),
        ("a --event a/b", "for example im.message.receive_v1"),
        ("a --event url.preview.get --kind card", "use --kind preview"),
        ("a --kind event", "needs --event"),
    ] {
        let text = refused(words);
        assert!(text.contains(told), "{words}: {text}");
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("greeter");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join("mine"), "").unwrap();
    let text = refused(place.to_str().unwrap());
    assert!(text.contains("not empty"), "{text}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn no_place_holder_is_left_and_names_that_the_code_uses_are_avoided() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kind) in [
        ("event", "task"),
        ("toast", "card"),
        ("a-b_c", "bot"),
        ("x1", "preview"),
        ("result", "event"),
        ("card-action", "card"),
    ] {
        let place = folder.path().join(name);
        let event = if kind == "event" {
            " --event im.chat.updated_v1"
        } else {
            ""
        };
        run(&line(&format!("{} --kind {kind}{event}", place.display()))).unwrap();
        for file in [
            "src/lib.rs",
            "README.md",
            "AGENTS.md",
            "Cargo.toml",
            ".github/workflows/plugin.yml",
        ] {
            let text = std::fs::read_to_string(place.join(file)).unwrap();
            assert!(!text.contains("{{"), "{name}/{file}: {text}");
        }
    }
    for (name, hidden) in [
        ("event", "MyEvent"),
        ("result", "MyResult"),
        ("card-action", "MyCardAction"),
    ] {
        let text = std::fs::read_to_string(folder.path().join(name).join("src/lib.rs")).unwrap();
        assert!(text.contains(&format!("struct {hidden};")), "{text}");
    }
}

#[test]
fn projects_in_other_languages_are_whole_too() {
    let folder = tempfile::tempdir().unwrap();
    for (language, handler) in [("ts", "src/plugin.ts"), ("python", "src/plugin.py")] {
        for kind in ["card", "bot", "preview", "task"] {
            let place = folder.path().join(format!("1-{language}-{kind}"));
            run(&line(&format!("{} --lang {language} --kind {kind}", place.display()))).unwrap();
            for file in [handler, "README.md", "AGENTS.md", ".github/workflows/plugin.yml"] {
                let text = std::fs::read_to_string(place.join(file)).unwrap();
                assert!(!text.contains("{{"), "{file}: {text}");
            }
            assert!(place.join("vendor/wit/handler.wit").is_file());
            assert!(place.join(format!("1-{language}-{kind}.toml")).is_file());
        }
    }
}

#[test]
fn a_bot_has_a_fixture_in_which_the_bot_itself_is_mentioned() {
    let files = made("a --kind bot").shared_files();
    let sent = |fixture: &str| -> serde_json::Value {
        let path = format!("fixtures/{fixture}.event.json");
        let (_, text) = files.iter().find(|(file, _)| *file == path).unwrap();
        serde_json::from_str(text).unwrap()
    };
    let (message, mention) = (sent("message"), sent("mention"));
    assert_eq!(
        mention["event"]["message"]["mentions"][0]["bot_info"]["app_id"],
        mention["header"]["app_id"]
    );
    assert_ne!(message["header"]["event_id"], mention["header"]["event_id"]);
}

#[test]
fn the_sdk_of_a_project_can_be_replaced_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for (language, file) in [
        ("rust", "vendor/plugin-sdk/src/lib.rs"),
        ("ts", "vendor/lark-plugin-sdk/src/index.ts"),
        ("python", "vendor/lark-plugin-sdk/src/lark_plugin/__init__.py"),
    ] {
        let place = folder.path().join(format!("greeter-{language}"));
        run(&line(&format!("{} --lang {language}", place.display()))).unwrap();
        let file = place.join(file);
        std::fs::write(&file, "old").unwrap();
        super::update_sdk(&place, false).unwrap();
        assert_ne!(std::fs::read_to_string(&file).unwrap(), "old");
        let left: Vec<_> = std::fs::read_dir(&place)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(".vendor"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(super::update_sdk(folder.path(), false).is_err());
}
