"""What the sandbox lacks is lacking in a test, too, and what there is instead is told in both."""

import datetime
import os
import socket
import subprocess
import threading
import time

import pytest

from lark_plugin import Plugin, _called
from lark_plugin._absent import instead
from lark_plugin.testing import FakeHost


def ran(work, **options):
    plugin = Plugin()
    plugin.task("t")(work)
    return FakeHost().run(plugin, "t", **options)


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda task: open(__file__), "the sandbox has no files: have a text in a module"),
        (lambda task: open("a.txt", "w"), "the sandbox has no files: have a text in a module"),
        (lambda task: threading.Thread(target=print).start(), "the sandbox has no threads"),
        (lambda task: socket.socket(), "the sandbox has no sockets"),
        (lambda task: subprocess.run(["ls"]), "the sandbox has no other programs"),
        (lambda task: os.system("ls"), "the sandbox has no other programs"),
        (lambda task: os.environ["PATH"], "the sandbox has no environment"),
    ],
)
def test_what_the_sandbox_lacks_fails_in_a_test_with_what_there_is_instead(work, told):
    assert told in ran(work, fails=True).failure.message


def test_the_time_zone_of_a_call_is_utc_and_the_environment_is_there_again_after_it(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    seen = []
    ran(lambda task: seen.append(datetime.datetime.fromtimestamp(0).hour))
    assert seen == [0]
    assert (os.environ["TZ"], datetime.datetime.fromtimestamp(0).hour) == ("Asia/Shanghai", 8)
    assert os.environ["PATH"] and open(__file__).read(1)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModuleNotFoundError("No module named 'colorsys'"), "import it at the top of a file"),
        (ImportError("cannot import name 'resources' from 'importlib'"), "has no time zones"),
        (OSError("<urlopen error unknown url type: https>"), "from lark_plugin import http"),
        (KeyError("count"), None),
        (ValueError("x"), None),
    ],
)
def test_an_error_of_the_sandbox_is_told_with_what_there_is_instead(error, told):
    said = instead(error)
    assert said is None if told is None else told in said


def test_what_a_test_does_itself_is_not_refused():
    with _called.limited():
        pass
    threading.Thread(target=print).start()
