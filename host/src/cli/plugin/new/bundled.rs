//! The files of a new project in a language whose SDK brings a tool that bundles it: TypeScript or Python.

use super::{PluginKind, template::Project};
use crate::cli::plugin::sdk::ProjectFile;

/// Templates of a language.
pub(super) struct Templates {
    /// Paths in the project and texts.
    files: &'static [(&'static str, &'static str)],
    /// Plugin and test of each kind.
    sources: fn(PluginKind) -> [(&'static str, &'static str); 2],
}

macro_rules! templates {
    (
        $folder:literal, $ending:literal, plugin: $plugin:literal, test: $test:literal,
        files: $($path:literal from $template:literal),* $(,)?
    ) => {{
        macro_rules! template {
            ($name:expr) => {
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $folder, "/", $name))
            };
        }
        macro_rules! sources {
            ($kind:literal) => {
                [
                    ($plugin, template!(concat!("plugin/", $kind, ".", $ending))),
                    ($test, template!(concat!("test/", $kind, ".", $ending))),
                ]
            };
        }
        Templates {
            files: &[
                $(($path, template!($template)),)*
                ("README.md", template!("README.md")),
                ("AGENTS.md", template!("AGENTS.md")),
                (".gitignore", template!("gitignore")),
                (".editorconfig", template!("editorconfig")),
                (".vscode/settings.json", template!("vscode_settings.json")),
                (".vscode/extensions.json", template!("vscode_extensions.json")),
                (".github/workflows/plugin.yml", template!("ci.yml")),
            ],
            sources: |kind| match kind {
                PluginKind::Card => sources!("card"),
                PluginKind::Bot => sources!("bot"),
                PluginKind::Preview => sources!("preview"),
                PluginKind::Task => sources!("task"),
                PluginKind::Event => sources!("event"),
            },
        }
    }};
}

pub(super) const TYPESCRIPT: Templates = templates!(
    "ts", "ts", plugin: "src/plugin.ts", test: "tests/plugin.test.ts",
    files: "package.json" from "package.json.txt", "tsconfig.json" from "tsconfig.json",
);

pub(super) const PYTHON: Templates = templates!(
    "python", "py", plugin: "src/plugin.py", test: "tests/test_plugin.py",
    files: "pyproject.toml" from "pyproject.toml.txt", "requirements.txt" from "requirements.txt",
);

impl Templates {
    pub(super) fn files(&self, project: &Project) -> Vec<ProjectFile> {
        let mut files = project.all_filled(self.files);
        files.extend(project.all_filled(&(self.sources)(project.kind)));
        files
    }
}
