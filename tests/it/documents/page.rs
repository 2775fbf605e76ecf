//! A page of the documents: headings, blocks, inline code and links.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::root;

/// A page, read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) path: PathBuf,
    /// Level and text, in their order.
    pub(super) headings: Vec<(usize, String)>,
    pub(super) blocks: Vec<Block>,
    /// Everything outside of blocks.
    pub(super) prose: String,
}

/// A fenced block of code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What stands after the fence: the language, and for commands how they are run.
    pub(super) info: String,
    pub(super) lines: Vec<String>,
    /// The number of its first line in the page.
    pub(super) line: usize,
}

impl Block {
    pub(super) fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut page = Self {
            path: path.to_owned(),
            headings: Vec::new(),
            blocks: Vec::new(),
            prose: String::new(),
        };
        let mut open: Option<(Block, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let fence = line.trim_start().strip_prefix("```");
            match (open.take(), fence) {
                (None, Some(info)) => {
                    let block = Block {
                        info: info.trim().to_owned(),
                        lines: Vec::new(),
                        line: number + 2,
                    };
                    open = Some((block, indent));
                }
                (Some((block, _)), Some("")) => page.blocks.push(block),
                (Some((mut block, indent)), _) => {
                    // A block in a list is indented like the list.
                    let cut = line.len() - line.trim_start().len();
                    block.lines.push(line.split_at(cut.min(indent)).1.to_owned());
                    open = Some((block, indent));
                }
                (None, None) => page.add_prose(line),
            }
        }
        assert!(open.is_none(), "{}: a block has no end", path.display());
        page
    }

    fn add_prose(&mut self, line: &str) {
        let level = line.chars().take_while(|symbol| *symbol == '#').count();
        if let Some(text) = line[level..].strip_prefix(' ').filter(|_| (1..=6).contains(&level)) {
            self.headings.push((level, text.to_owned()));
        }
        self.prose.push_str(line);
        self.prose.push('\n');
    }

    /// What stands between single backticks.
    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        self.prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// The targets of links.
    pub(super) fn links(&self) -> impl Iterator<Item = &str> {
        let parts = self.prose.split("](").skip(1);
        parts.filter_map(|part| part.split_once(')').map(|(target, _)| target))
    }

    /// The names of the headings in addresses, as GitHub makes them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let kept = |symbol: char| match symbol {
            ' ' => Some('-'),
            _ => (symbol.is_alphanumeric() || matches!(symbol, '-' | '_')).then_some(symbol),
        };
        let anchor = |text: &str| text.to_lowercase().chars().filter_map(kept).collect();
        self.headings.iter().map(|(_, text)| anchor(text)).collect()
    }

    pub(super) fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }
}

/// The pages of a folder.
pub(super) fn pages(folder: &str) -> Vec<Page> {
    let mut paths: Vec<_> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

#[test]
fn a_page_is_read_as_people_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.md");
    let text =
        "# A `b`, c\n\nSee `x` and [y](z.md#w).\n\n1. One\n\n   ```sh exits=1\n   cd x\n     y\n   ```\n\n## 中 文\n";
    fs::write(&path, text).unwrap();
    let page = Page::read(&path);
    assert_eq!(page.headings, [(1, "A `b`, c".to_owned()), (2, "中 文".to_owned())]);
    assert_eq!(page.anchors(), ["a-b-c", "中-文"]);
    assert_eq!(page.code().collect::<Vec<_>>(), ["b", "x"]);
    assert_eq!(page.links().collect::<Vec<_>>(), ["z.md#w"]);
    let block = &page.blocks[0];
    assert_eq!(
        (block.info.as_str(), block.language(), block.line),
        ("sh exits=1", "sh", 8)
    );
    assert_eq!(block.lines, ["cd x", "  y"]);
}
