//! A component that is dropped onto the page: the form for it, and what was found.

use maud::{Markup, html};

use super::{
    CHECK, INSTALL, REPLACE,
    say::{badge, hash, say},
};
use crate::{
    codes::{Language, Text},
    console::{
        elements::{bytes, csrf, prose},
        view::View,
        workshop::{Installed, Report, Signature},
    },
    plugin::WASM_BYTES_MAX,
};

/// Names of the fields of its form.
pub(super) const WASM: &str = "wasm";
pub(super) const SIGNATURE: &str = "signature";
pub(super) const NAME: &str = "name";

/// The place where a component is dropped, perhaps in the place of one that serves under this name. A script sends it as it is;
/// without one it is a form as any other.
pub(super) fn place(view: &View, replaced: Option<&str>) -> Markup {
    let language = view.language;
    html! {
        form .plugin-drop method="post" action=(CHECK) enctype="multipart/form-data" data-drop=(WASM_BYTES_MAX)
            data-too-large=(crate::console::language::say!(view, "The file has more than {} MiB, which is all that a plugin may have.", "文件超过插件的上限 {} MiB。", WASM_BYTES_MAX >> 20))
            data-one=(say(language, "One component at a time: drop them one after the other.", "一次只能拖放一个组件，请逐个进行。")) {
            // Before the files, so that it is checked before they are read.
            (csrf(view))
            p { (say(language, "Drop a .wasm file here, or choose one. It is checked as a server would load it; nothing of it is kept.", "将 .wasm 文件拖放到此处，或选择文件。按服务加载时的方式检查，不保留任何内容。")) }
            div .plugin-drop-fields {
                label {
                    span { (say(language, "Component", "组件")) }
                    input type="file" name=(WASM) accept=".wasm,application/wasm" required;
                }
                label {
                    span { (say(language, "Signature, if there is one", "签名（如有）")) }
                    input type="file" name=(SIGNATURE) accept=".sig";
                }
                label {
                    span { (say(language, "Name of the plugin", "插件名称")) }
                    input type="text" name=(NAME) value=[replaced] maxlength="64" autocomplete="off" placeholder=(say(language, "that of the file", "同文件名"));
                }
            }
            p .plugin-actions {
                button type="submit" class="primary" { (say(language, "Check", "检查")) }
                @if view.is_operator() {
                    button type="submit" formaction=(INSTALL) { (say(language, "Check and install", "检查并安装")) }
                    @if replaced.is_some() { (replaces(language)) }
                }
            }
            div data-result="" role="status" aria-live="polite" tabindex="-1" data-busy=(say(language, "Checking…", "正在检查…")) {}
        }
    }
}

/// What was found.
pub(super) fn report(language: Language, name: &str, report: &Report) -> Markup {
    let is_good = report.problems.is_empty();
    html! {
        p {
            @if is_good { (badge("ok", say(language, "A server would load it", "服务会加载"))) }
            @else { (badge("bad", say(language, "A server would not load it", "服务不会加载"))) }
            " " code { (name) ".wasm" }
        }
        @for problem in &report.problems { pre .plugin-text .plugin-problem { (prose(problem.of(language))) } }
        @for note in &report.notes { pre .plugin-text { (prose(note.of(language))) } }
        @if let Some(about) = &report.about {
            dl .plugin-facts {
                dt { (say(language, "Plugin", "插件")) }
                dd { (about.name) " " (about.version) " " (hash(&about.hash)) }
                dt { (say(language, "Event types", "事件类型")) }
                dd { @for kind in &about.event_types { code .plugin-type { (kind) } " " } }
                dt { (say(language, "Memory at the start of a call", "调用开始时的内存")) }
                dd { (bytes(about.memory_bytes)) }
                dt { (say(language, "Signature", "签名")) }
                dd {
                    @match &about.signature {
                        Signature::NotAsked => { (say(language, "none is asked for", "未要求签名")) }
                        Signature::Good => { (badge("ok", say(language, "by a trusted key", "由受信任的密钥签名"))) }
                    }
                }
                dt { (say(language, "Imports", "导入")) }
                dd { @for import in &about.imports { code .plugin-type { (import) } " " } }
            }
            @if !about.to_add.is_empty() {
                p { (say(language, "It needs in", "需要写入")) " " code { (name) ".toml" } ":" }
                pre .plugin-text { (about.to_add) }
            }
        }
    }
}

/// Version that a component would replace.
pub(super) struct Serving {
    pub(super) version: String,
    pub(super) hash: String,
    pub(super) event_types: Vec<String>,
}

/// The button that installs in the place of what serves.
fn replaces(language: Language) -> Markup {
    html! { button type="submit" formaction=(REPLACE) class="danger" { (say(language, "Replace what serves", "替换正在服务的版本")) } }
}

/// Whether to replace what serves, with what the other takes and what it would no longer take.
pub(super) fn question(language: Language, name: &str, report: &Report, serving: &Serving) -> Markup {
    let new = report
        .about
        .as_ref()
        .map(|about| &*about.event_types)
        .unwrap_or_default();
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|kind| !others.contains(kind)).cloned().collect()
    };
    let (gone, added) = (only(&serving.event_types, new), only(new, &serving.event_types));
    let can = report.problems.is_empty();
    html! {
        p {
            (badge("warn", say(language, "Not installed yet", "尚未安装"))) " "
            code { (name) } " " (serving.version) " " (hash(&serving.hash)) " "
            (say(language, "serves under this name.", "正以此名称提供服务。"))
        }
        @if can && !gone.is_empty() {
            p { (say(language, "It would no longer take: ", "替换后不再接收：")) @for kind in &gone { code .plugin-type { "− " (kind) } " " } }
        }
        @if can && !added.is_empty() {
            p { (say(language, "It would take as well: ", "替换后新增接收：")) @for kind in &added { code .plugin-type { "+ " (kind) } " " } }
        }
        (self::report(language, name, report))
        @if can { p .plugin-actions { (replaces(language)) } }
    }
}

/// What was installed, and whether it is a component that was sent back; or why nothing was.
pub(super) fn installed(language: Language, name: &str, done: &Result<Installed, Text>, was_sent_back: bool) -> Markup {
    html! {
        @match done {
            Ok(installed) => {
                p {
                    (badge("ok", say(language, "Installed", "已安装"))) " " code { (name) } " " (installed.version) " " (hash(&installed.hash))
                }
                p {
                    @if was_sent_back {
                        (say(language, "It was sent back before, so it is not tried again by itself. Lift that to have it tried.", "此组件曾被退回，不会自动再次启用。取消后会再次尝试。"))
                    } @else {
                        (say(language, "The server takes it within a second.", "服务会在一秒内加载。"))
                    }
                    " " a href=(super::address(name)) { (say(language, "Show the plugin", "查看插件")) }
                }
            }
            Err(why) => { p { (badge("bad", say(language, "Not installed", "未安装"))) } pre .plugin-text .plugin-problem { (prose(why.of(language))) } }
        }
    }
}
