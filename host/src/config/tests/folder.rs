//! Tests of a missing plugins folder: a typing error, or new.

use super::*;

/// Messages about `wanted` below a folder that has `srv/plugins` and the file `note`.
fn told(wanted: &str) -> (Vec<Text>, bool) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("srv/plugins")).unwrap();
    std::fs::write(folder.path().join("note"), "").unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("link")).unwrap();
    let path = folder.path().join(wanted);
    let values = whole_and(&[("CALLBACK_PLUGINS_DIR", path.to_str().unwrap())]);
    let told = match Config::from_values(&values) {
        Ok(Loaded::Enabled(config)) => config.notices,
        Ok(Loaded::Disabled { .. }) => panic!("disabled"),
        Err(error) => error.problems,
    };
    (told, path.exists())
}

#[test]
fn a_folder_with_almost_the_same_name_is_told_wherever_in_the_path_the_slip_is() {
    for slip in ["srv/plugin", "srv/plugns/", "serv/plugins", "sv/plugins"] {
        let (told, is_made) = told(slip);
        assert!(
            told.concat().contains("did you mean ") && told.concat().contains("srv/plugins"),
            "{slip}: {told:?}"
        );
        assert!(!is_made, "{slip}");
    }
}

#[test]
fn a_new_folder_is_noticed() {
    for new in ["srv/components", "other/plugins"] {
        let told = told(new).0.concat();
        assert!(told.contains("an empty one is created"), "{new}: {told}");
    }
    assert!(told("srv/plugins").0.is_empty());
}

#[test]
fn what_cannot_become_a_folder_is_a_problem() {
    for wrong in ["note", "link"] {
        let told = told(wrong).0.concat();
        assert!(told.contains("must be a folder"), "{wrong}: {told}");
    }
}
