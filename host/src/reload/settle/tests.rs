//! Tests with looks at chosen moments, and the plugins taken at each.

use super::*;
use crate::reload::{
    file::{Obstacle, Stamp},
    name::Part,
};

/// Folder and clock controlled by the test.
struct Scene {
    settling: Settling,
    files: BTreeMap<PluginFile, Sight>,
    start: Instant,
}

impl Scene {
    /// Settle 150 ms, cap 1 s, vanish 2 s; starts at 0 ms.
    fn new() -> Self {
        Self {
            settling: Settling::new((&ReloadSettings::at("plugins")).into()),
            files: BTreeMap::new(),
            start: Instant::now(),
        }
    }

    /// Starts with this file taken and long stable.
    fn with(name: &str) -> Self {
        let mut scene = Self::new();
        scene.write(name, 1, 100);
        scene.look(0);
        assert_eq!(scene.settling.take_all(), BTreeSet::from([file(name).plugin]));
        scene.start -= Duration::from_hours(1);
        scene
    }

    /// Sets the inode and size of a file.
    fn write(&mut self, name: &str, inode: u64, bytes: u64) {
        let stamp = Stamp {
            inode,
            bytes,
            ..Stamp::default()
        };
        self.files.insert(file(name), Sight::File(stamp));
    }

    /// Changes only the modification time.
    fn touch(&mut self, name: &str, modified: i64) {
        let Some(Sight::File(stamp)) = self.files.get_mut(&file(name)) else {
            panic!("{name} is no file")
        };
        stamp.modified = (modified, 0);
    }

    fn delete(&mut self, name: &str) {
        self.files.remove(&file(name));
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_hours(2) + Duration::from_millis(ms)
    }

    fn look(&mut self, ms: u64) {
        let now = self.at(ms);
        self.settling.look(&self.files, now);
    }

    /// Looks at this time and expects exactly these plugins to be taken.
    #[track_caller]
    fn takes(&mut self, ms: u64, expected: &[&str]) {
        self.look(ms);
        let now = self.at(ms);
        let taken = self.settling.take(now);
        assert_eq!(
            taken.iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "at {ms} ms"
        );
    }

    #[track_caller]
    fn next_look_is_at(&self, ms: u64) {
        assert_eq!(self.settling.next_look(), Some(self.at(ms)));
    }

    #[track_caller]
    fn is_at_rest(&self) {
        assert_eq!(self.settling.next_look(), None);
    }
}

fn file(name: &str) -> PluginFile {
    match name.rsplit_once('.') {
        Some((plugin, "wasm")) => PluginFile::new(plugin, Part::Wasm),
        Some((plugin, "toml")) => PluginFile::new(plugin, Part::Toml),
        _ => panic!("{name} belongs to no plugin"),
    }
}

#[test]
fn an_empty_folder_asks_for_nothing() {
    let mut scene = Scene::new();
    scene.takes(0, &[]);
    scene.is_at_rest();
}

#[test]
fn a_new_file_is_taken_when_it_has_been_the_same_for_the_settle_time() {
    let mut scene = Scene::new();
    scene.write("a.wasm", 1, 100);
    scene.takes(0, &[]);
    scene.next_look_is_at(150);
    scene.takes(149, &[]);
    scene.takes(150, &["a"]);
    scene.is_at_rest();
    scene.takes(10_000, &[]);
}

#[test]
fn the_first_load_does_not_wait() {
    let mut scene = Scene::new();
    scene.write("a.wasm", 1, 100);
    scene.write("b.toml", 2, 10);
    scene.look(0);
    assert_eq!(
        scene.settling.take_all(),
        BTreeSet::from(["a".to_owned(), "b".to_owned()])
    );
    scene.is_at_rest();
}

#[test]
fn a_file_that_is_written_over_is_taken_again() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.wasm", 1, 200);
    scene.takes(0, &[]);
    scene.takes(150, &["a"]);
}

#[test]
fn a_file_that_another_is_renamed_over_is_taken_again_though_its_size_is_the_same() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.wasm", 2, 100);
    scene.takes(0, &[]);
    scene.takes(150, &["a"]);
}

#[test]
fn an_upload_is_taken_when_it_is_done_however_long_it_takes() {
    let mut scene = Scene::new();
    for step in 0..100 {
        scene.write("a.wasm", 1, step);
        scene.takes(step * 100, &[]);
    }
    scene.takes(9_900 + 149, &[]);
    scene.takes(9_900 + 150, &["a"]);
}

#[test]
fn a_file_that_is_emptied_and_written_anew_is_not_taken_empty() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.wasm", 1, 0);
    scene.takes(0, &[]);
    scene.write("a.wasm", 1, 100);
    scene.touch("a.wasm", 1);
    scene.takes(140, &[]);
    scene.takes(289, &[]);
    scene.takes(290, &["a"]);
}

#[test]
fn a_file_that_stays_truncated_is_taken_as_it_is() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.wasm", 1, 0);
    scene.takes(0, &[]);
    scene.takes(150, &["a"]);
}

#[test]
fn a_file_that_is_touched_without_end_is_taken_at_the_cap() {
    let mut scene = Scene::with("a.wasm");
    for ms in (0..1_000).step_by(100) {
        scene.touch("a.wasm", 1 + i64::try_from(ms).unwrap());
        scene.takes(ms, &[]);
    }
    scene.touch("a.wasm", 5_000);
    scene.takes(1_000, &["a"]);
    scene.touch("a.wasm", 5_001);
    scene.takes(1_100, &[]);
    scene.takes(1_250, &["a"]);
}

#[test]
fn a_file_that_is_renamed_over_without_end_is_taken_at_the_cap() {
    let mut scene = Scene::with("a.wasm");
    for ms in (0..1_000).step_by(100) {
        scene.write("a.wasm", 10 + ms, 100 + ms);
        scene.takes(ms, &[]);
    }
    scene.takes(1_000, &["a"]);
}

#[test]
fn a_change_that_is_undone_before_it_settles_is_no_change() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.wasm", 2, 100);
    scene.takes(0, &[]);
    scene.write("a.wasm", 1, 100);
    scene.takes(100, &[]);
    scene.is_at_rest();
}

#[test]
fn a_file_that_is_gone_is_taken_after_the_vanish_time() {
    let mut scene = Scene::with("a.wasm");
    scene.delete("a.wasm");
    scene.takes(0, &[]);
    scene.next_look_is_at(2_000);
    scene.takes(1_999, &[]);
    scene.takes(2_000, &["a"]);
    scene.is_at_rest();
}

#[test]
fn a_file_that_returns_in_time_was_never_gone() {
    let mut scene = Scene::with("a.wasm");
    scene.delete("a.wasm");
    scene.takes(0, &[]);
    scene.write("a.wasm", 1, 100);
    scene.takes(1_999, &[]);
    scene.is_at_rest();
}

#[test]
fn a_file_that_is_deleted_and_created_anew_is_replaced_without_a_gap() {
    let mut scene = Scene::with("a.wasm");
    scene.delete("a.wasm");
    scene.takes(0, &[]);
    scene.write("a.wasm", 2, 200);
    scene.takes(1_900, &[]);
    scene.takes(2_000, &[]);
    scene.takes(2_050, &["a"]);
}

#[test]
fn files_that_are_written_one_after_the_other_are_taken_together() {
    let mut scene = Scene::new();
    scene.write("a.wasm", 1, 100);
    scene.takes(0, &[]);
    scene.write("b.wasm", 2, 100);
    scene.takes(100, &[]);
    scene.takes(150, &[]);
    scene.next_look_is_at(250);
    scene.takes(250, &["a", "b"]);
}

#[test]
fn a_plugin_at_rest_waits_for_an_upload_beside_it_only_up_to_the_cap() {
    let mut scene = Scene::new();
    scene.write("a.wasm", 1, 100);
    for ms in (0..1_000).step_by(100) {
        scene.write("b.wasm", 2, ms);
        scene.takes(ms, &[]);
    }
    scene.write("b.wasm", 2, 1_000);
    scene.takes(999, &[]);
    scene.next_look_is_at(1_000);
    scene.takes(1_000, &["a"]);
    scene.takes(1_149, &["b"]);
}

#[test]
fn nobody_waits_for_a_file_that_may_be_gone() {
    let mut scene = Scene::with("a.wasm");
    scene.delete("a.wasm");
    scene.write("b.wasm", 2, 100);
    scene.takes(0, &[]);
    scene.next_look_is_at(150);
    scene.takes(150, &["b"]);
    scene.next_look_is_at(2_000);
    scene.takes(2_000, &["a"]);
}

#[test]
fn the_settings_beside_a_plugin_are_watched_like_the_plugin() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.toml", 2, 10);
    scene.takes(0, &[]);
    scene.takes(150, &["a"]);
    scene.delete("a.toml");
    scene.takes(1_000, &[]);
    scene.takes(3_000, &["a"]);
}

#[test]
fn the_two_files_of_a_plugin_are_taken_when_both_are_at_rest() {
    let mut scene = Scene::with("a.wasm");
    scene.write("a.toml", 2, 10);
    scene.takes(0, &[]);
    for ms in (100..5_000).step_by(100) {
        scene.write("a.wasm", 3, ms);
        scene.takes(ms, &[]);
    }
    scene.takes(4_900 + 150, &["a"]);
    scene.is_at_rest();
}

#[test]
fn something_unusable_settles_like_a_file() {
    let mut scene = Scene::new();
    scene
        .files
        .insert(file("a.wasm"), Sight::Unusable(Obstacle::LeadsNowhere));
    scene.takes(0, &[]);
    scene.takes(150, &["a"]);
    scene.is_at_rest();
}

#[test]
fn only_plugins_at_rest_are_read_again() {
    let mut scene = Scene::with("a.wasm");
    scene.write("b.wasm", 2, 100);
    scene.look(0);
    assert_eq!(scene.settling.at_rest(), BTreeSet::from(["a".to_owned()]));
    assert_eq!(scene.settling.sight(&file("c.wasm")), Sight::Absent);
}

#[test]
fn what_is_gone_is_forgotten() {
    let mut scene = Scene::with("a.wasm");
    scene.delete("a.wasm");
    scene.takes(0, &[]);
    scene.takes(2_000, &["a"]);
    assert!(scene.settling.tracks.is_empty());
}

/// `next_look` is exact: nothing can be taken earlier, and something can be taken then.
#[test]
fn the_next_look_is_never_too_early_and_never_too_late() {
    let mut scene = Scene::with("gone.wasm");
    scene.delete("gone.wasm");
    scene.write("a.wasm", 1, 1);
    scene.look(0);
    scene.write("b.wasm", 2, 1);
    scene.look(120);
    scene.write("b.wasm", 2, 2);
    scene.write("c.toml", 3, 1);
    scene.look(240);
    let mut taken = BTreeSet::new();
    while let Some(next) = scene.settling.next_look() {
        let just_before = next - Duration::from_millis(1);
        assert_eq!(scene.settling.take(just_before), BTreeSet::new());
        let now = scene.settling.take(next);
        assert!(!now.is_empty());
        taken.extend(now);
    }
    assert_eq!(taken, ["a", "b", "c", "gone"].map(str::to_owned).into());
}
