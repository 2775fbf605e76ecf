"""What Lark refuses of a card, in the words of the server: the same checks as there, for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

CARD_BYTES_MAX = 30 << 10
_ELEMENTS_MAX = 200
_TABLES_MAX = 5
_CONTAINERS_MAX = 5
_DEPTH_MAX = 60
_PATH_LETTERS_MAX = 64

#: Components that hold others.
_CONTAINERS = ("form", "column_set", "interactive_container", "collapsible_panel")

#: Components that people use, each of which needs a name in a form.
_USED = (
    *("button", "input", "select_static", "multi_select_static", "select_person", "multi_select_person"),
    *("date_picker", "picker_time", "picker_datetime", "select_img", "checker"),
)

#: All kinds that a name is compared with; shorter ones are too near to names that Lark may add.
_KINDS = (
    *("action", "audio", "button", "chart", "checker", "collapsible_panel", "column", "column_set", "custom_icon", "date_picker"),
    *("img_combination", "input", "interactive_container", "lark_md", "local_datetime", "markdown", "multi_select_person"),
    *("multi_select_static", "number_tag", "overflow", "person", "person_list", "picker_datetime", "picker_time", "plain_text"),
    *("select_img", "select_person", "select_static", "standard_icon", "table", "text_tag"),
)

#: Members that hold values and not components.
_OPAQUE = (
    *("value", "behaviors", "rows", "chart_spec", "options", "text_tag_list", "i18n_content", "multi_url", "style", "icon"),
    *("confirm", "summary"),
)
_OWN = ("tag", "name", "element_id", "content", *_OPAQUE)

_OF_SCHEMA_1 = "belongs to schema 1.0; in schema 2.0 "
_NO_NAME = "is missing or empty: every form, and every component to be used in one, needs a name"
_TOO_MANY_TABLES = f"is a table too many: a card may have {_TABLES_MAX}, those in Markdown included"
_TOO_DEEP = f"holds containers in more than {_CONTAINERS_MAX} levels"

#: A problem, at a place in the card.
_Found = tuple[str, str]


class _Refusal(Exception):
    def __init__(self, path: str, problem: str) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem


@dataclass
class _State:
    """Facts about the whole card."""

    elements: int = 0
    tables: int = 0
    element_ids: set[str] = field(default_factory=set)
    form_names: set[str] = field(default_factory=set)
    depth: int = 0


@dataclass
class _Inside:
    """Contents of a component."""

    containers: int = 0
    #: A form or a table, which may only stand in the card itself.
    at_root_only: _Found | None = None
    #: The first component without a name that would need one in a form.
    unnamed: str | None = None
    names: list[_Found] = field(default_factory=list)
    submits: bool = False
    #: The first problem that is one in schema 2.0 only.
    of_schema_2: _Found | None = None

    def add(self, other: _Inside) -> None:
        self.containers = max(self.containers, other.containers)
        self.submits = self.submits or other.submits
        self.at_root_only = self.at_root_only or other.at_root_only
        self.unnamed = self.unnamed or other.unnamed
        self.of_schema_2 = self.of_schema_2 or other.of_schema_2
        self.names += other.names


def refused_card(card: Any, size: int, place: str = "") -> str | None:
    """Why Lark would refuse a card of so many bytes, with the place of the card before its own; nothing if it would not."""
    try:
        if size > CARD_BYTES_MAX:
            raise _Refusal("", f"has {size} bytes, and at most {CARD_BYTES_MAX} can be sent")
        _check_root(card)
    except _Refusal as refusal:
        path = ".".join(part for part in (place, refusal.path) if part)
        return f"`{path}` {refusal.problem}" if path else f"the card {refusal.problem}"
    return None


def _check_root(card: dict[str, Any]) -> None:
    state, inside = _State(), _Inside()
    is_schema_2, is_shared = False, True
    of_schema_1: _Found | None = None
    for name, value in card.items():
        if name == "schema":
            if value not in ("2.0", "1.0"):
                raise _Refusal(name, 'is neither "2.0" nor "1.0"')
            is_schema_2 = value == "2.0"
        elif name == "config":
            is_shared = not (isinstance(value, dict) and value.get("update_multi") is False)
        elif name == "body":
            if not isinstance(value, dict):
                raise _Refusal(name, "is not an object")
            if "elements" in value:
                inside.add(_list(state, value["elements"], "body.elements"))
        elif name == "elements":
            of_schema_1 = (name, f"{_OF_SCHEMA_1}components stand in `body.elements`")
            inside.add(_list(state, value, name))
        elif name == "i18n_elements":
            of_schema_1 = (name, f"{_OF_SCHEMA_1}each text has its own `i18n_content`")
            inside.add(_languages(state, value, name))
        elif name == "fallback":
            of_schema_1 = of_schema_1 or (name, f"{_OF_SCHEMA_1}there is none")
        elif name == "header":
            inside.add(_node(state, value, name))
    problem: _Found | None = None
    if is_schema_2:
        not_shared = ("config.update_multi", "is false, which schema 2.0 does not have; leave it out")
        problem = of_schema_1 or (inside.of_schema_2 if is_shared else not_shared)
    elif "body" in card:
        problem = ("body", 'belongs to schema 2.0; add "schema": "2.0" to the card')
    if problem is not None:
        raise _Refusal(*problem)


def _languages(state: _State, value: Any, path: str) -> _Inside:
    """A list of components for each language, of which people see one."""
    if not isinstance(value, dict):
        raise _Refusal(path, "is not an object")
    before, inside = (state.elements, state.tables), _Inside()
    for name, of in value.items():
        state.elements, state.tables = before
        state.form_names.clear()
        inside.add(_list(state, of, _member(path, name)))
    return inside


def _list(state: _State, value: Any, path: str) -> _Inside:
    if not isinstance(value, list):
        raise _Refusal(path, "is not a list of components")
    return _node(state, value, path)


def _node(state: _State, value: Any, path: str) -> _Inside:
    """A component, a part of one, or a value that is neither."""
    inside = _Inside()
    if isinstance(value, list):
        for at, part in enumerate(value):
            inside.add(_node(state, part, f"{path}[{at}]"))
        return inside
    if not isinstance(value, dict):
        return inside
    if state.depth == _DEPTH_MAX:
        raise _Refusal(path, _TOO_DEEP)
    state.depth += 1
    for name, of in value.items():
        if name in ("form_action_type", "action_type"):
            inside.submits = inside.submits or of in ("submit", "form_submit")
        elif name not in _OWN:
            inside.add(_node(state, of, _member(path, name)))
    state.depth -= 1
    return _ended(state, value, inside, path)


def _ended(state: _State, component: dict[str, Any], inside: _Inside, path: str) -> _Inside:
    """Judges a component when all of it was read."""
    tag, name = component.get("tag"), component.get("name")
    if not isinstance(tag, str):
        return inside
    if inside.at_root_only is not None:
        at, kind = inside.at_root_only
        raise _Refusal(at, f"is a {kind} inside of another component; it may only stand in the elements of the card itself")
    state.elements += tag != "column"
    if state.elements > _ELEMENTS_MAX:
        raise _Refusal(path, f"makes more than {_ELEMENTS_MAX} components and texts, which is all that a card may have")
    if "element_id" in component:
        wrong = _wrong_id(state, component["element_id"], f"{path}.element_id")
        inside.of_schema_2 = inside.of_schema_2 or wrong
    if tag == "table":
        _count_tables(state, 1, path)
        inside.at_root_only = (path, "table")
    elif tag in ("markdown", "lark_md", "plain_text"):
        _check_text(state, tag, component.get("content"), inside, f"{path}.content")
    elif tag == "action":
        buttons = f"{_OF_SCHEMA_1}buttons stand in the elements themselves, or in a column_set"
        inside.of_schema_2 = inside.of_schema_2 or (path, buttons)
    elif tag == "note":
        small = f'{_OF_SCHEMA_1}a small text is markdown with "text_size": "notation"'
        inside.of_schema_2 = inside.of_schema_2 or (path, small)
    elif tag == "form":
        _check_form(state, name, inside, path)
        inside.at_root_only = (path, "form")
    elif tag in _USED:
        if isinstance(name, str) and name:
            inside.names.append((name, f"{path}.name"))
        else:
            inside.unnamed = inside.unnamed or f"{path}.name"
    elif tag not in _KINDS:
        nearest = next((kind for kind in _KINDS if _is_one_slip(kind, tag)), None)
        if nearest is not None:
            raise _Refusal(f"{path}.tag", f"is no kind of component; the nearest one is `{nearest}`")
    if tag in _CONTAINERS:
        inside.containers += 1
        if inside.containers > _CONTAINERS_MAX:
            raise _Refusal(path, _TOO_DEEP)
    return inside


def _wrong_id(state: _State, id: Any, path: str) -> _Found | None:
    if not isinstance(id, str):
        return (path, "is not a string")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,19}", id) is None:
        return (path, "is not an id of a component: a letter, then letters, digits and `_`, at most 20 characters")
    if id in state.element_ids:
        return (path, "is the id of another component, too; ids are unique within a card")
    state.element_ids.add(id)
    return None


def _check_text(state: _State, tag: str, content: Any, inside: _Inside, path: str) -> None:
    if not isinstance(content, str):
        inside.of_schema_2 = inside.of_schema_2 or (path, "is missing; a text without it is refused")
        return
    if tag == "plain_text":
        return
    if any(rest.lstrip().startswith("user_id") for rest in content.split("<at ")[1:]):
        raise _Refusal(path, "has a mention in the form of text messages; in a card it is <at id=ou_…></at>")
    if tag == "markdown":
        _count_tables(state, _tables_in(content), path)


def _count_tables(state: _State, more: int, path: str) -> None:
    state.tables += more
    if state.tables > _TABLES_MAX:
        raise _Refusal(path, _TOO_MANY_TABLES)


def _check_form(state: _State, name: Any, inside: _Inside, path: str) -> None:
    if not isinstance(name, str) or not name:
        raise _Refusal(f"{path}.name", _NO_NAME)
    if inside.unnamed is not None:
        raise _Refusal(inside.unnamed, _NO_NAME)
    if not inside.submits:
        raise _Refusal(path, 'has no button with "form_action_type": "submit"')
    names, inside.names = inside.names, []
    for own, at in (*names, (name, f"{path}.name")):
        if own in state.form_names:
            raise _Refusal(at, "is the name of another component, too; names in forms are unique within a card")
        state.form_names.add(own)


def _tables_in(markdown: str) -> int:
    """Tables in Markdown: a line of cells, and under it a line of dashes. Those in a code block are none."""

    def is_rule(line: str) -> bool:
        return "-" in line and "|" in line and re.fullmatch(r"[|:\- \t]*", line) is not None

    found, is_code, before = 0, False, ""
    for line in map(str.strip, markdown.split("\n")):
        if line.startswith(("```", "~~~")):
            is_code = not is_code
        elif not is_code and "|" in before and not is_rule(before) and is_rule(line):
            found += 1
        before = line
    return found


def _is_one_slip(known: str, written: str) -> bool:
    """Whether a name is another but for one letter: one more, one less, another one, or two that have changed places."""
    at = 0
    while at < min(len(known), len(written)) and known[at] == written[at]:
        at += 1
    one, other = known[at:], written[at:]
    swapped = len(one) > 1 and len(other) > 1 and one[:2] == other[1::-1] and one[2:] == other[2:]
    replaced = bool(one and other) and one[1:] == other[1:]
    return swapped or replaced or (bool(one) and one[1:] == other) or (bool(other) and one == other[1:])


def _member(path: str, name: str) -> str:
    return f"{path}.{name[:_PATH_LETTERS_MAX]}"
