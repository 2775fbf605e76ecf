//! Each page has a Chinese twin with the same headings, tables, commands and names.

use std::{collections::BTreeSet, path::PathBuf};

use super::{Page, page::Block, pages};
use crate::support::root;

/// The two pages of each pair.
fn pairs() -> Vec<(Page, Page)> {
    let zh = |name: &str| Page::read(&root().join("host/docs/zh").join(name));
    let mut pairs = vec![(Page::read(&root().join("README.md")), zh("README.md"))];
    for page in pages("host/docs") {
        let name = page.path.file_name().unwrap().to_string_lossy().into_owned();
        // The folder's README is the twin of the project's.
        let twin = zh(if name == "README.md" { "index.md" } else { &name });
        pairs.push((page, twin));
    }
    for page in pages("host/docs/plugins") {
        let name = page.path.file_name().unwrap().to_string_lossy().into_owned();
        let twin = zh(&format!("plugins/{name}"));
        pairs.push((page, twin));
    }
    pairs
}

/// Lines of a block, without comments, which are translated.
fn bare(block: &Block) -> Vec<String> {
    let mark = match block.language() {
        "rust" | "js" | "ts" => "//",
        _ => "#",
    };
    let is_data = ["json", "text", ""].contains(&block.language());
    let bare = |line: &String| {
        if is_data {
            return line.trim_end().to_owned();
        }
        // A mark inside of a word is none, as in `#[test]` or `https://…`.
        let comment = line
            .match_indices(mark)
            .find(|(at, _)| line[..*at].ends_with([' ', '\t']) || *at == 0)
            .filter(|(at, _)| line[at + mark.len()..].starts_with([' ', '!', '/']));
        comment.map_or(&**line, |(at, _)| &line[..at]).trim_end().to_owned()
    };
    block.lines.iter().map(bare).collect()
}

/// Names, commands and values in the prose: what is written in Latin letters means the same in both.
fn names(page: &Page) -> BTreeSet<&str> {
    page.code().filter(|code| code.is_ascii()).collect()
}

fn table_rows(page: &Page) -> usize {
    page.prose
        .lines()
        .filter(|line| line.trim_start().starts_with('|'))
        .count()
}

/// How the twins differ.
fn differences(page: &Page, twin: &Page) -> Vec<String> {
    let mut differences = Vec::new();
    let levels = |page: &Page| page.headings.iter().map(|(level, _)| *level).collect::<Vec<_>>();
    if levels(page) != levels(twin) {
        differences.push(format!("headings: {:?} and {:?}", page.headings, twin.headings));
    }
    if table_rows(page) != table_rows(twin) {
        differences.push(format!("rows of tables: {} and {}", table_rows(page), table_rows(twin)));
    }
    if page.blocks.len() != twin.blocks.len() {
        differences.push(format!("blocks: {} and {}", page.blocks.len(), twin.blocks.len()));
    }
    for (block, other) in page.blocks.iter().zip(&twin.blocks) {
        if block.info != other.info || bare(block) != bare(other) {
            differences.push(format!(
                "the blocks at lines {} and {}:\n{}\n{:#?}\n{}\n{:#?}",
                block.line,
                other.line,
                block.info,
                bare(block),
                other.info,
                bare(other)
            ));
        }
    }
    let (here, there) = (names(page), names(twin));
    let only_here: Vec<_> = here.difference(&there).collect();
    let only_there: Vec<_> = there.difference(&here).collect();
    if !only_here.is_empty() || !only_there.is_empty() {
        differences.push(format!("names only here {only_here:?}, only there {only_there:?}"));
    }
    differences
}

#[test]
fn the_chinese_pages_have_the_headings_the_commands_and_the_names_of_the_english_ones() {
    let wrong: Vec<String> = pairs()
        .iter()
        .flat_map(|(page, twin)| {
            let differences = differences(page, twin).into_iter();
            differences.map(|difference| format!("{} and {}: {difference}", page.name(), twin.name()))
        })
        .collect();
    assert!(wrong.is_empty(), "bring the twins in step:\n{}", wrong.join("\n"));
}

#[test]
fn every_chinese_page_is_the_twin_of_one() {
    let twins: BTreeSet<PathBuf> = pairs().into_iter().map(|(_, twin)| twin.path).collect();
    for page in pages("host/docs/zh").into_iter().chain(pages("host/docs/zh/plugins")) {
        assert!(twins.contains(&page.path), "{} has no English page", page.name());
        let chinese = page
            .prose
            .chars()
            .filter(|symbol| ('\u{4e00}'..='\u{9fff}').contains(symbol));
        assert!(chinese.count() > 100, "{} is not in Chinese", page.name());
    }
}

#[test]
fn the_comparison_sees_what_it_is_meant_to_see() {
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Page::read(&path)
    };
    let english = "# A\n\nSet `X_Y`.\n\n```sh\ncurl https://x # look\n```\n";
    let chinese = "# 甲\n\n设置 `X_Y`。\n\n```sh\ncurl https://x # 查看\n```\n";
    let english = page("a.md", english);
    assert_eq!(differences(&english, &page("b.md", chinese)), Vec::<String>::new());
    for (from, to) in [
        ("# 甲", "## 甲"),
        ("X_Y", "X_Z"),
        ("https://x", "https://y"),
        ("```sh\n", "```sh exits=1\n"),
        ("。\n", "。\n\n| 甲 |\n"),
    ] {
        let changed = page("c.md", &chinese.replacen(from, to, 1));
        assert_eq!(differences(&english, &changed).len(), 1, "{from}");
    }
}
