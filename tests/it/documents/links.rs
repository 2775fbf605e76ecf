//! Links between the documents lead to files and headings that exist.

use super::{Page, pages};
use crate::support::{root, sources};

fn all() -> Vec<Page> {
    let mut all = vec![Page::read(&root().join("README.md"))];
    for folder in [
        "host/docs",
        "host/docs/plugins",
        "host/docs/zh",
        "host/docs/zh/plugins",
        ".github",
    ] {
        all.extend(pages(folder));
    }
    all
}

/// The path of a page inside of a folder.
fn within(page: &Page, folder: &str) -> String {
    let path = page.path.strip_prefix(root().join(folder)).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in all() {
        for link in page.links().filter(|link| !link.contains("://")) {
            seen += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.path.clone()
            } else {
                page.path.parent().unwrap().join(file)
            };
            let is_there = target.exists()
                && (anchor.is_empty() || Page::read(&target).anchors().iter().any(|name| name == anchor));
            if !is_there {
                wrong.push(format!("{}: {link}", page.name()));
            }
        }
    }
    assert!(seen > 100, "only {seen} links were seen");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_index_for_programs_names_every_page() {
    let index = std::fs::read_to_string(root().join("host/docs/llms.txt")).unwrap();
    for page in pages("host/docs").into_iter().chain(pages("host/docs/plugins")) {
        let file = within(&page, "host/docs");
        let is_named = index.contains(&format!("({file})")) || file == "README.md";
        assert!(is_named, "{file} is not in host/docs/llms.txt");
    }
    for link in Page::read(&root().join("host/docs/llms.txt")).links() {
        assert!(root().join("host/docs").join(link).exists(), "{link}");
    }
}

#[test]
fn the_index_for_people_names_every_page() {
    for (index, folder) in [
        ("host/docs/README.md", "host/docs"),
        ("host/docs/zh/index.md", "host/docs/zh"),
    ] {
        let index = Page::read(&root().join(index));
        for page in pages(folder).into_iter().chain(pages(&format!("{folder}/plugins"))) {
            let file = within(&page, folder);
            let is_named = index.links().any(|link| link.split('#').next() == Some(&file));
            assert!(
                is_named || ["README.md", "index.md"].contains(&&*file),
                "{} does not name {file}",
                index.name()
            );
        }
    }
}

#[test]
fn the_tests_that_the_guarantees_name_exist() {
    let tests: String = sources("tests/it").into_iter().map(|(_, text)| text).collect();
    let mut seen = 0;
    for code in Page::read(&root().join("host/docs/guarantees.md")).code() {
        let is_name =
            code.matches('_').count() > 2 && code.chars().all(|symbol| symbol.is_ascii_lowercase() || symbol == '_');
        let is_there = match code.strip_suffix(".rs") {
            Some(_) => root().join("tests/it").join(code).is_file(),
            None => !is_name || tests.contains(&format!("fn {code}(")),
        };
        seen += usize::from(is_name || code.ends_with(".rs"));
        assert!(is_there, "there is no {code}");
    }
    assert!(seen > 20, "only {seen} were seen");
}
