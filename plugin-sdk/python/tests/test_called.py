"""A call in a test has the limits of the sandbox, and an end."""

import sys

import pytest

from lark_plugin import Plugin, _called
from lark_plugin.testing import FakeHost


def ran(work, **options):
    plugin = Plugin()
    plugin.task("t")(work)
    return FakeHost().run(plugin, "t", **options)


def depth(left):
    return 0 if left == 0 else 1 + depth(left - 1)


def test_a_recursion_is_as_deep_as_in_the_sandbox_whatever_the_runner_of_tests_needs():
    before = sys.getrecursionlimit()

    # A function, and not a test's lambda: what a handler is.
    def work(task):
        for left in range(150, 1000):
            try:
                depth(left)
            except RecursionError:
                raise ValueError(left) from None

    # As a component counts it.
    assert ran(work, fails=True).failure.message == "ValueError: 216"
    failure = ran(lambda task: depth(230) and None, fails=True).failure
    assert failure.message.startswith("RecursionError: maximum recursion depth exceeded")
    assert sys.getrecursionlimit() == before


def test_a_plugin_that_has_set_its_own_limit_of_recursion_has_that():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(900)
    try:
        ran(lambda task: depth(850) and None)
        assert ran(lambda task: depth(920) and None, fails=True).failure
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize("fails", [False, True])
def test_a_loop_without_end_ends_the_test_with_its_place(monkeypatch, fails):
    monkeypatch.setenv("LARK_PLUGIN_BUSY_SECONDS_MAX", "0.2")

    def spin(task):
        while True:
            try:
                task.attempt += 1
            except Exception:
                pass

    with pytest.raises(AssertionError, match=r"busy for 0.2 s, and is at .*test_called.py:\d+ in spin: a loop without end") as stuck:
        ran(spin, fails=fails)
    assert isinstance(stuck.value.__cause__, _called.Stuck)
