"""The place of an error in the author's own files: a component has them under numbered folders, which the build names."""

from __future__ import annotations

import traceback

#: A recursion without end has a traceback of thousands of lines.
_LINES_MAX = 50

#: The letters of a message before a place: the host cuts the end of a text of more than 4 KiB, and the place is there.
_MESSAGE_LETTERS_MAX = 1000
_PLACE_LETTERS_MAX = 200

#: Of the folders in the component, what they were in the project: ``{"/1/": "src/"}``.
_folders: dict[str, str] = {}


def know(folders: dict[str, str]) -> None:
    """Learns of the build which folders are the author's."""
    _folders.update(folders)


def placed(message: str, error: BaseException) -> str:
    """A message with the innermost place in the author's own files, as ``… at src/plugin.py:11 in pick``."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = own(frame.filename)
        if file is not None:
            place = _cut(f"{file}:{frame.lineno} in {frame.name}", _PLACE_LETTERS_MAX)
            return f"{_cut(message, _MESSAGE_LETTERS_MAX)} at {place}"
    return message


def own(file: str) -> str | None:
    """The name that a file of the author has in the project; none for a file of somebody else."""
    folder = next((folder for folder in _folders if file.startswith(folder)), None)
    return None if folder is None else _folders[folder] + file.removeprefix(folder)


def lines(error: BaseException) -> list[str]:
    """The traceback as lines, with the author's files; the end of it, which tells most, if there are too many."""
    found = named("".join(traceback.format_exception(type(error), error, error.__traceback__))).splitlines()
    return found if len(found) <= _LINES_MAX else [f"… {len(found) - _LINES_MAX} lines before", *found[-_LINES_MAX:]]


def named(text: str) -> str:
    """A text with tracebacks in which the author's files have their own names."""
    for folder, name in _folders.items():
        text = text.replace(f'File "{folder}', f'File "{name}')
    return text


def _cut(text: str, letters_max: int) -> str:
    return text if len(text) <= letters_max else f"{text[:letters_max]}…"
