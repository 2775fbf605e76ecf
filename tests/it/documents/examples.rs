//! The page of examples shows the examples as they are.

use std::fs;

use super::pages;
use crate::support::root;

#[test]
fn the_page_of_examples_shows_the_files_that_are_tested() {
    let page = pages("host/docs")
        .into_iter()
        .find(|page| page.path.ends_with("examples.md"))
        .unwrap();
    let mut shown = 0;
    for example in ["approval", "assistant", "ticket"] {
        for (ending, language) in [("ts", "ts"), ("py", "python"), ("rs", "rust")] {
            let path = root().join(format!("plugins/examples/{example}/{example}.{ending}"));
            let text = fs::read_to_string(&path).unwrap();
            let is_there = page
                .blocks
                .iter()
                .any(|block| block.language() == language && block.lines.join("\n") == text.trim_end());
            assert!(
                is_there,
                "host/docs/examples.md does not show {} as it is; copy it there and into the Chinese page",
                path.display()
            );
            shown += 1;
        }
    }
    assert_eq!(shown, 9);
}
