//! The files of a new project in TypeScript.

use super::{PluginKind, template::Project};
use crate::cli::plugin::sdk::ProjectFile;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/ts/", $path))
    };
}

/// Paths in the project and texts.
const FILES: &[(&str, &str)] = &[
    ("package.json", template!("package.json.txt")),
    ("tsconfig.json", template!("tsconfig.json")),
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
        PluginKind::Card => (template!("plugin/card.ts"), template!("test/card.ts")),
        PluginKind::Bot => (template!("plugin/bot.ts"), template!("test/bot.ts")),
        PluginKind::Preview => (template!("plugin/preview.ts"), template!("test/preview.ts")),
        PluginKind::Task => (template!("plugin/task.ts"), template!("test/task.ts")),
        PluginKind::Event => (template!("plugin/event.ts"), template!("test/event.ts")),
    };
    let mut files = project.all_filled(FILES);
    files.extend(project.all_filled(&[("src/plugin.ts", plugin), ("tests/plugin.test.ts", test)]));
    files
}
