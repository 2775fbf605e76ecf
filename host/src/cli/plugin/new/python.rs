//! The files of a new project in Python.

use super::{PluginKind, template::Project};
use crate::cli::plugin::sdk::ProjectFile;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/python/", $path))
    };
}

/// Paths in the project and texts.
const FILES: &[(&str, &str)] = &[
    ("pyproject.toml", template!("pyproject.toml.txt")),
    ("requirements.txt", template!("requirements.txt")),
    ("README.md", template!("README.md")),
    ("AGENTS.md", template!("AGENTS.md")),
    (".gitignore", template!("gitignore")),
    (".editorconfig", template!("editorconfig")),
    (".vscode/settings.json", template!("vscode_settings.json")),
    (".vscode/extensions.json", template!("vscode_extensions.json")),
    (".github/workflows/plugin.yml", template!("ci.yml")),
];

pub(super) fn files(project: &Project) -> Vec<ProjectFile> {
    let (plugin, test) = match project.kind {
        PluginKind::Card => (template!("plugin/card.py"), template!("test/card.py")),
        PluginKind::Bot => (template!("plugin/bot.py"), template!("test/bot.py")),
        PluginKind::Preview => (template!("plugin/preview.py"), template!("test/preview.py")),
        PluginKind::Task => (template!("plugin/task.py"), template!("test/task.py")),
        PluginKind::Event => (template!("plugin/event.py"), template!("test/event.py")),
    };
    let mut files = project.all_filled(FILES);
    files.extend(project.all_filled(&[("src/plugin.py", plugin), ("tests/test_plugin.py", test)]));
    files
}
