"""``python -m lark_plugin.build`` makes the component of a plugin, with no more imports of the host than it uses."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path
from tempfile import TemporaryDirectory

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None

SDK = Path(__file__).resolve().parent
PACKAGE = "lark-callback:plugin"
PLUGIN = f"{PACKAGE}/"
VERSION = "@0.1.0"

#: The module of the SDK that uses an interface.
INTERFACES = {
    "config": "config",
    "http": "http",
    "kv": "kv",
    "lark": "openapi",
    "media": "media",
    "metrics": "metrics",
    "oauth": "oauth",
}


#: Seconds that a build may take: usual ones take ten, and code outside of functions may have no end.
SECONDS_MAX = 600

#: Seconds in which code outside of functions is through, when this Python runs it to find where it has no end.
OUTSIDE_SECONDS = 3


class Stop(Exception):
    """A reason to stop that is no fault of this program."""


def project() -> tuple[str, str, str]:
    """Name, version and main module."""
    file = Path("pyproject.toml")
    if not file.is_file():
        raise Stop(
            "there is no pyproject.toml here: go to the folder of a plugin, or make one with "
            "`lark-callback plugin new NAME --lang python`"
        )
    text = file.read_text(encoding="utf-8")
    whole = tomllib.loads(text) if tomllib else _old_toml(text)
    about = whole.get("project", {})
    own = whole.get("tool", {}).get("lark-plugin", {})
    return about.get("name", "plugin"), about.get("version", "0.0.0"), own.get("main", "plugin")


def _old_toml(text: str) -> dict:
    """The few values that are needed, for a Python without ``tomllib``."""
    whole: dict = {}
    section: dict = whole
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = whole
            for name in line.strip("[]").split("."):
                section = section.setdefault(name.strip(), {})
        elif "=" in line and line.endswith('"'):
            name, _, value = line.partition("=")
            section[name.strip()] = json.loads(value)
    return whole


def interfaces() -> Path:
    """Where the WIT is: beside the SDK of a project, in this repository at the top, or in the package."""
    for place in (SDK.parents[2] / "wit", SDK.parents[3] / "wit", SDK / "wit"):
        if (place / "handler.wit").is_file():
            _check_version(place / "plugin.wit")
            return place
    raise Stop(f"the interface of the host (handler.wit) is not beside the SDK in {SDK}")


def _check_version(file: Path) -> None:
    found = re.search(r"^package\s+\S+?(@\S+);", file.read_text(encoding="utf-8"), re.MULTILINE)
    version = found[1] if found else ""
    if version != VERSION:
        raise Stop(
            f"{file} is the interface {PACKAGE}{version}, and this SDK is for {PACKAGE}{VERSION}; get both from one server: "
            "run `lark-callback plugin new --update-sdk` in the folder of the plugin"
        )


def used(main: Path, path: list[str]) -> list[str]:
    """The interfaces that a program uses, by the modules of the SDK that it imports."""
    # The standard library uses none: leaving it out of the path saves a second.
    finder = ModuleFinder(path=path)
    finder.run_script(str(main))
    names = [name.removeprefix("lark_plugin.") for name in finder.modules if name.startswith("lark_plugin.")]
    return sorted({INTERFACES[name] for name in names if name in INTERFACES} | {"log"})


def world(folder: Path, imports: list[str]) -> None:
    """Writes the world that the component has."""
    shutil.copytree(interfaces(), folder / "deps" / "lark")
    lines = "".join(f"    import {PLUGIN}{name}{VERSION};\n" for name in imports)
    text = f"package plugin:built;\n\nworld built {{\n{lines}    export {PLUGIN}handler{VERSION};\n}}\n"
    (folder / "world.wit").write_text(text, encoding="utf-8")


def tool() -> str:
    """The program that makes components, of the same environment as this Python."""
    beside = Path(sys.executable).with_name("componentize-py")
    found = str(beside) if beside.is_file() else shutil.which("componentize-py")
    if found is None:
        raise Stop("componentize-py is not installed here: run `.venv/bin/pip install -r requirements.txt`")
    return found


def build(out: Path) -> None:
    name, version, main = project()
    sources = [str(Path("src").absolute()), str(Path.cwd())]
    file = next((place for place in (Path("src") / f"{main}.py", Path(f"{main}.py")) if place.is_file()), None)
    if file is None:
        raise Stop(f"the plugin has no src/{main}.py; name its module with `main` under [tool.lark-plugin] in pyproject.toml")
    compile(file.read_text(encoding="utf-8"), str(file), "exec")
    # Of this run alone: a watching tool and a person may build at the same time.
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        component(Path(folder).absolute(), name, version, main, file, sources, out)


def component(folder: Path, name: str, version: str, main: str, file: Path, sources: list[str], out: Path) -> None:
    """Makes the component with files in a folder."""
    entry = folder / "entry"
    entry.mkdir()
    # The component has each folder of its path under the number of it.
    folders = {"/1/": "src/", "/2/": ""}
    made_of = f"{main}.plugin, {name!r}, {version!r}, {folders!r}"
    text = f"import {main}\nfrom lark_plugin._component import handler_of\n\nHandler = handler_of({made_of})\n"
    (entry / "plugin_entry.py").write_text(text, encoding="utf-8")
    wit = folder / "wit"
    world(wit, used(file, [*sources, str(SDK.parent)]))
    made = out.with_name(f".{out.name}.{os.getpid()}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [tool(), "-q", "-d", str(wit), "-w", "built", "componentize", "plugin_entry", "-o", str(made)]
    for place in [str(entry), *sources, str(SDK.parent)]:
        command += ["-p", place]
    environment = dict(os.environ)
    if sys.prefix != sys.base_prefix:
        environment["VIRTUAL_ENV"] = sys.prefix
    seconds = seconds_max()
    try:
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        made.unlink(missing_ok=True)
        raise Stop(_over_long(seconds, str(file), _stuck_at(main, [*sources, str(SDK.parent)]))) from None
    if run.returncode != 0:
        raise Stop(_told(run.stdout + run.stderr, folders))
    made.replace(out)
    print(json.dumps({"file": str(out), "bytes": out.stat().st_size}))


def seconds_max() -> int:
    """The limit of the build."""
    given = os.environ.get("LARK_PLUGIN_BUILD_SECONDS_MAX") or str(SECONDS_MAX)
    if not re.fullmatch(r"[1-9]\d{0,4}", given):
        raise Stop(f"LARK_PLUGIN_BUILD_SECONDS_MAX is {given}, and must be a number of seconds from 1 to 99999")
    return int(given)


def _stuck_at(main: str, path: list[str]) -> str | None:
    """Where code outside of functions has no end: the interpreter in the component cannot tell, so this one runs it."""
    program = (
        f"import faulthandler, sys; sys.path[:0] = {path!r}; "
        f"faulthandler.dump_traceback_later({OUTSIDE_SECONDS}, exit=True); import {main}"
    )
    try:
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=5 * OUTSIDE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    for file, line, function in re.findall(r'^  File "(.*)", line (\d+) in (.*)$', run.stderr, re.MULTILINE):
        # Innermost first, and a folder of the project is in the project.
        if Path(file).is_relative_to(Path.cwd()) and not Path(file).is_relative_to(SDK) and ".venv" not in Path(file).parts:
            within = "" if function == "<module>" else f" in {function}"
            return f"{Path(file).relative_to(Path.cwd())}:{line}{within}"
    return None


def _over_long(seconds: int, main: str, place: str | None) -> str:
    found = f"{place} does not come to an end" if place else f"does a loop there have no end, in {main} or in what it imports?"
    return (
        f"the build has taken {seconds} s and is ended. What a module does outside of functions is done while it is built: {found}. "
        "Move it into a function; or give the build more time, with LARK_PLUGIN_BUILD_SECONDS_MAX or `plugin build --seconds-max`"
    )


def _told(said: str, folders: dict[str, str]) -> str:
    """The messages of the tool, without the stack of its own program, and with the folders of the project."""
    kept = []
    # What the plugin has raised is inside of what the tool raises for it.
    _, inner, own = said.partition("AssertionError: Traceback")
    said = f"Traceback{own}" if inner else said
    for folder, name in folders.items():
        said = said.replace(f'File "{folder}', f'File "{name}')
    for line in said.splitlines():
        if line.strip() in ("Stack backtrace:", "Caused by:") and kept and "Traceback" in said:
            break
        kept.append(line)
    hint = ""
    if "No module named" in said:
        hint = "\na plugin has the standard library and packages in plain Python; others need to be under src/ or in .venv"
    return "\n".join(kept).strip() + hint


def main() -> None:
    parser = argparse.ArgumentParser(prog="lark-plugin", description="Builds the plugin in this folder.")
    parser.add_argument("--out", type=Path, help="the component to write [default: dist/NAME.wasm]")
    given = parser.parse_args()
    try:
        build(given.out or Path("dist") / f"{project()[0]}.wasm")
    except (Stop, SyntaxError) as error:
        shown = "".join(__import__("traceback").format_exception_only(error)) if isinstance(error, SyntaxError) else f"{error}\n"
        sys.stderr.write(shown)
        sys.exit(1)


if __name__ == "__main__":
    main()
