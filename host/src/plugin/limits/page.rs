//! The limits as a page of the manual.

use std::fmt::Write as _;

use super::{Limits, all, fixed};
use crate::codes::Language;

const HEAD: &str = "\
# Limits of a plugin

Set under `[limits]` in the plugin's `.toml`; each is a number from 1 to its ceiling, and a plugin can raise none of them itself.
A call that exceeds one ends with an error that names the limit, its value and its setting; what follows for clicks and events is in [plugins.md](plugins.md).
This page is made from the declarations that the server reads (`lark-callback plugin limits --markdown`; with `--lang zh` in Chinese).

## Set by the operator

| setting | limits | default | ceiling | unit |
|---|---|---|---|---|
";

const HEAD_ZH: &str = "\
# 插件的限制

在插件的 `.toml` 中 `[limits]` 下设置；每项是 1 到上限之间的数，插件自己不能调高。
超出限制的调用会失败，错误信息给出限制、数值和设置名；点击和事件随后如何处理见 [plugins.md](plugins.md)。
本页由服务读取的声明生成（`lark-callback plugin limits --markdown`，加 `--lang zh` 为中文）。

## 由运维人员设置

| 设置 | 限制的内容 | 默认值 | 上限 | 单位 |
|---|---|---|---|---|
";

const FIXED: &str = "
## Fixed

These are the same for every plugin, and no setting changes them.

| limits | value | unit |
|---|---|---|
";

const FIXED_ZH: &str = "
## 固定值

以下各项对所有插件相同，没有对应的设置。

| 限制的内容 | 数值 | 单位 |
|---|---|---|
";

/// Renders the page, in Markdown.
pub fn page(language: Language) -> String {
    let (head, fixed_head, of) = match language {
        Language::En => (HEAD, FIXED, 0_usize),
        Language::Zh => (HEAD_ZH, FIXED_ZH, 1),
    };
    let word = |words: [&'static str; 2]| words.get(of).copied().unwrap_or_default();
    let defaults = Limits::default();
    let mut page = head.to_owned();
    for limit in all() {
        let default = limit
            .of(&defaults)
            .map_or_else(|| word(limit.unset).to_owned(), |number| number.to_string());
        let (counts, unit) = (word(limit.counts), word(limit.unit));
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {counts} | {default} | {} | {unit} |",
            limit.key, limit.ceiling
        );
    }
    page.push_str(fixed_head);
    for fixed in fixed::ALL {
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            word(fixed.counts),
            fixed.value,
            word(fixed.unit)
        );
    }
    page
}
