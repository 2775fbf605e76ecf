"""The examples of the documents in Python run, and what they test holds."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[3] / "host/docs/plugins").glob("*.md"))
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_runs(block):
    names = {}
    exec(compile(block, "example", "exec"), names)
    for name, value in names.items():
        if name.startswith("test_"):
            value()


def test_there_are_examples():
    assert len(BLOCKS) > 5
