//! Tests of decisions, told as the story of one folder.

mod built_in;
mod ordered;

use super::*;
use crate::codes::same;

const GOOD: &str = "good";
const BETTER: &str = "better";
const BAD: &str = "bad";

/// Roster whose loads succeed unless the component is [`BAD`].
struct Scene {
    roster: Roster,
    now: Instant,
}

/// Actions for a plugin, in words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Done {
    loaded: Option<&'static str>,
    refused: Vec<String>,
    stopped: Option<Stop>,
}

impl Scene {
    fn new() -> Self {
        Self::with_built_in(&[])
    }

    fn with_built_in(built_ins: &[(&str, &'static str)]) -> Self {
        let built_in = |(name, wasm): &(&str, &'static str)| BuiltIn {
            name: (*name).to_owned(),
            wasm: Bytes::from_static(wasm.as_bytes()),
            config: BTreeMap::from([
                ("scope".to_owned(), "built-in".to_owned()),
                ("ttl".to_owned(), "600".to_owned()),
            ]),
            grant: BTreeMap::from(["oauth", "openapi"].map(|kind| (kind.to_owned(), vec!["built-in".to_owned()]))),
            is_on_request: false,
        };
        Self {
            roster: Roster::new(Path::new("plugins"), built_ins.iter().map(built_in).collect()),
            now: Instant::now(),
        }
    }

    /// Publishes this under the name of plugin `a`.
    fn publish(&mut self, wasm: Option<&'static str>) {
        let published = wasm.map(|wasm| Published {
            name: "a".to_owned(),
            wasm: Bytes::from_static(wasm.as_bytes()),
            settings: None,
            signature: None,
            fault: None,
        });
        self.roster.publish(&published.into_iter().collect());
    }

    /// Puts these files of plugin `a` into the folder.
    fn holds(&mut self, wasm: Content, toml: Content) -> Done {
        let decision = self.roster.decide("a", &files(wasm, toml), self.now);
        let mut done = Done {
            stopped: decision.stop,
            ..Done::default()
        };
        done.refused.extend(
            decision
                .refusals
                .iter()
                .map(|refusal| refusal.held.reason.en().to_owned()),
        );
        for attempt in decision.attempts {
            let (identity, candidate) = (attempt.identity.clone(), attempt.candidate.clone());
            let wasm = [GOOD, BETTER]
                .into_iter()
                .find(|good| candidate.wasm == good.as_bytes());
            if let Some(wasm) = wasm {
                let active = Active {
                    hash: identity.wasm.to_string(),
                    version: wasm.to_owned(),
                    source: candidate.source,
                    event_types: Vec::new(),
                    grants: BTreeMap::new(),
                    paused: false,
                    canary: None,
                    apps: None,
                    config: BTreeMap::new(),
                };
                self.roster.serves("a", identity, active);
                done.loaded = Some(wasm);
                break;
            }
            let refusal = attempt.refused(same("it is bad"), self.now);
            done.refused.push(refusal.held.reason.en().to_owned());
            self.roster.refuse("a", refusal);
        }
        done
    }

    fn serving(&self) -> Option<&str> {
        self.roster.active("a").map(|active| active.version.as_str())
    }

    fn held(&self) -> Option<String> {
        self.roster
            .status()
            .into_iter()
            .find(|status| status.name == "a")?
            .held
            .map(|held| held.reason.en().to_owned())
    }
}

fn file(text: &'static str) -> Content {
    Content::Bytes {
        bytes: Bytes::from_static(text.as_bytes()),
        digest: Digest::of(text.as_bytes()),
    }
}

fn files(wasm: Content, toml: Content) -> Files {
    Files {
        wasm,
        toml,
        secrets: Secrets::default(),
        signed: Ok(None),
    }
}

const NO_FILE: Content = Content::Absent;

fn loaded(wasm: &'static str) -> Done {
    Done {
        loaded: Some(wasm),
        ..Done::default()
    }
}

fn refused(reason: &str) -> Done {
    Done {
        refused: vec![reason.to_owned()],
        ..Done::default()
    }
}

fn stopped(stop: Stop) -> Done {
    Done {
        stopped: Some(stop),
        ..Done::default()
    }
}

fn nothing() -> Done {
    Done::default()
}

#[test]
fn a_new_file_is_loaded_and_the_same_file_is_not_loaded_twice() {
    let mut scene = Scene::new();
    assert_eq!(scene.holds(file(GOOD), NO_FILE), loaded(GOOD));
    assert_eq!(scene.holds(file(GOOD), NO_FILE), nothing());
    assert_eq!(scene.holds(file(BETTER), NO_FILE), loaded(BETTER));
}

#[test]
fn a_bad_file_keeps_the_good_one_serving_and_is_tried_once() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(scene.holds(file(BAD), NO_FILE), refused("it is bad"));
    assert_eq!(scene.serving(), Some(GOOD));
    assert_eq!(scene.held().as_deref(), Some("it is bad"));
    assert_eq!(scene.holds(file(BAD), NO_FILE), nothing());
    assert_eq!(scene.holds(file("other bad"), NO_FILE), refused("it is bad"));
    assert_eq!(scene.holds(file(BETTER), NO_FILE), loaded(BETTER));
    assert_eq!(scene.held(), None);
}

#[test]
fn taking_a_bad_file_back_needs_no_load() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    scene.holds(file(BAD), NO_FILE);
    assert_eq!(scene.holds(file(GOOD), NO_FILE), nothing());
    assert_eq!(scene.held(), None);
    assert_eq!(scene.holds(file(BAD), NO_FILE), refused("it is bad"));
}

#[test]
fn a_bad_file_is_tried_again_when_its_settings_change() {
    let mut scene = Scene::new();
    scene.holds(file(BAD), NO_FILE);
    assert_eq!(
        scene.holds(file(BAD), file("grant.tasks = ['x/y']")),
        refused("it is bad")
    );
}

#[test]
fn a_change_of_the_settings_loads_the_plugin_again() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(scene.holds(file(GOOD), file("config.color = 'red'")), loaded(GOOD));
    assert_eq!(scene.holds(file(GOOD), file("config.color = 'blue'")), loaded(GOOD));
    assert_eq!(scene.holds(file(GOOD), NO_FILE), loaded(GOOD));
}

#[test]
fn settings_that_say_the_same_in_other_words_load_nothing() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(
        scene.holds(file(GOOD), file("# only a remark\nenabled = true")),
        nothing()
    );
}

#[test]
fn broken_settings_keep_the_plugin_and_its_old_settings() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), file("config.color = 'red'"));
    let done = scene.holds(file(BETTER), file("colour = 'red'"));
    assert_eq!((done.loaded, done.refused.len()), (None, 1));
    assert_eq!(scene.serving(), Some(GOOD));
    assert_eq!(scene.holds(file(BETTER), file("colour = 'red'")), nothing());
    assert_eq!(scene.holds(file(BETTER), file("config.color = 'red'")), loaded(BETTER));
}

#[test]
fn a_plugin_with_broken_settings_is_not_started() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    assert_eq!(scene.holds(file(BETTER), file("enabled = no")).refused.len(), 1);
    assert_eq!(scene.serving(), None);
    let not_text = Content::Bytes {
        bytes: Bytes::from_static(b"\xff"),
        digest: Digest::of(b"\xff"),
    };
    assert!(scene.holds(file(BETTER), not_text).refused[0].starts_with("it is not UTF-8 text"));
}

#[test]
fn a_plugin_that_is_gone_stops() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), stopped(Stop::Gone));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), nothing());
    assert_eq!(scene.roster.status(), []);
    assert_eq!(scene.holds(file(GOOD), NO_FILE), loaded(GOOD));
}

#[test]
fn a_bad_file_that_is_gone_is_forgotten() {
    let mut scene = Scene::new();
    scene.holds(file(BAD), NO_FILE);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), nothing());
    assert_eq!(scene.roster.status(), []);
    assert_eq!(scene.holds(file(BAD), NO_FILE), refused("it is bad"));
}

#[test]
fn a_plugin_that_is_gone_stops_though_its_settings_are_broken() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(scene.holds(NO_FILE, file("?")).stopped, Some(Stop::Gone));
}

#[test]
fn settings_without_a_plugin_are_pointed_out_once() {
    let mut scene = Scene::new();
    let done = scene.holds(NO_FILE, file("enabled = true"));
    assert_eq!(
        done,
        refused("there is no a.wasm beside it and no built-in plugin a; check the name or remove the file")
    );
    assert_eq!(scene.holds(NO_FILE, file("enabled = true")), nothing());
    assert_eq!(scene.holds(NO_FILE, file("enabled = false")), nothing());
    assert_eq!(scene.holds(file(GOOD), file("enabled = true")), loaded(GOOD));
}

#[test]
fn a_disabled_plugin_stops_and_starts_again() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(
        scene.holds(file(GOOD), file("enabled = false")),
        stopped(Stop::Disabled)
    );
    assert_eq!(scene.holds(file(BAD), file("enabled = false")), nothing());
    assert!(scene.roster.status()[0].disabled);
    assert_eq!(scene.holds(file(GOOD), NO_FILE), loaded(GOOD));
    assert!(!scene.roster.status()[0].disabled);
}

#[test]
fn a_file_that_cannot_be_used_keeps_what_serves_and_is_told_once() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    for obstacle in [
        Obstacle::NotAFile,
        Obstacle::LeadsNowhere,
        Obstacle::TooLarge { bytes_max: 1 },
    ] {
        let content = Content::Unusable(obstacle);
        assert_eq!(scene.holds(content.clone(), NO_FILE), refused(&obstacle.to_string()));
        assert_eq!(scene.holds(content, NO_FILE), nothing());
    }
    let unreadable = Content::Unusable(Obstacle::Unreadable(std::io::ErrorKind::PermissionDenied));
    assert_eq!(scene.holds(file(BETTER), unreadable).loaded, None);
    assert_eq!(scene.serving(), Some(GOOD));
}

#[test]
fn a_built_in_plugin_serves_while_its_replacement_is_bad() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    let done = scene.holds(file(BAD), NO_FILE);
    assert_eq!(
        done,
        Done {
            loaded: Some(GOOD),
            refused: vec!["it is bad".to_owned()],
            stopped: None
        }
    );
    assert_eq!(scene.holds(file(BAD), NO_FILE), nothing());
    assert_eq!(scene.held().as_deref(), Some("it is bad"));
    let done = scene.holds(Content::Unusable(Obstacle::NotAFile), NO_FILE);
    assert_eq!((done.loaded, done.refused.len()), (None, 1));
    assert_eq!(scene.serving(), Some(GOOD));
}

#[test]
fn a_bad_file_does_not_bring_the_built_in_plugin_back_in_place_of_a_good_file() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    scene.holds(file(BETTER), NO_FILE);
    assert_eq!(scene.holds(file(BAD), NO_FILE), refused("it is bad"));
    assert_eq!(scene.serving(), Some(BETTER));
}

#[test]
fn nothing_is_tried_again_when_the_file_and_the_built_in_plugin_are_both_bad() {
    let mut scene = Scene::with_built_in(&[("a", "bad too")]);
    assert_eq!(scene.holds(file(BAD), NO_FILE).refused.len(), 2);
    assert_eq!(scene.holds(file(BAD), NO_FILE), nothing());
}

#[test]
fn settings_alone_configure_or_disable_a_built_in_plugin() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    assert_eq!(scene.holds(NO_FILE, file("enabled = false")), stopped(Stop::Disabled));
    assert_eq!(scene.holds(NO_FILE, file("config.scope = 'own'")), loaded(GOOD));
}

#[test]
fn the_operators_values_win_over_those_of_the_binary() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    let files = files(NO_FILE, file("config.scope = 'own'\ngrant.oauth = ['authorize']"));
    let decision = scene.roster.decide("a", &files, scene.now);
    let Settings { config, grant, .. } = &decision.attempts[0].candidate.settings;
    assert_eq!(config.get("scope").map(String::as_str), Some("own"));
    assert_eq!(config.get("ttl").map(String::as_str), Some("600"));
    assert_eq!(grant["oauth"], ["authorize"]);
    assert_eq!(grant["openapi"], ["built-in"]);
}

#[test]
fn values_of_the_configuration_are_not_shown() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    let files = files(NO_FILE, file("config.password = 'hunter2'"));
    let decision = scene.roster.decide("a", &files, scene.now);
    assert!(!format!("{decision:?} {:?}", scene.roster).contains("hunter2"));
    assert!(!format!("{:?}", scene.roster).contains("600"));
}

#[test]
fn what_is_published_wins_over_the_binary_and_a_file_wins_over_both() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    scene.publish(Some(BETTER));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(BETTER));
    assert!(!scene.roster.hides_published("a"));
    assert_eq!(scene.holds(file(GOOD), NO_FILE), loaded(GOOD));
    assert!(scene.roster.hides_published("a"));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(BETTER));
    scene.publish(None);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(GOOD));
}

#[test]
fn a_bad_published_plugin_keeps_the_good_one_serving() {
    let mut scene = Scene::new();
    scene.publish(Some(GOOD));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(GOOD));
    scene.publish(Some(BAD));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), refused("it is bad"));
    assert_eq!(scene.serving(), Some(GOOD));
    scene.publish(None);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), stopped(Stop::Gone));
}
