"""What a handler returns is refused with its name, and with the place of what is wrong."""

from datetime import date

import pytest

from lark_plugin import DONE, NewTask, Outcome, Plugin, json_reply, toast
from lark_plugin.testing import FakeHost, click


def said(returned):
    """What is said of a handler that returns this."""
    plugin = Plugin()
    plugin.on("card.action.trigger")(lambda event: returned)
    failure = FakeHost().handle(plugin, "card.action.trigger", click({}), fails=True).failure
    # The next attempt would return the same.
    assert not failure.again
    return failure.message


async def later():
    return DONE


RETURNS = "; it returns what toast(), card(), preview(), json_reply(), DONE or PASS give"


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("done", f'the text "done"{RETURNS}'),
        ("字" * 99, f'the text "{"字" * 60}…"{RETURNS}'),
        (True, f"the boolean true{RETURNS}"),
        (7, f"the number 7{RETURNS}"),
        ([DONE], f"a list{RETURNS}"),
        (toast, f"the function toast, which is to be called{RETURNS}"),
        ({"toast": {"content": "x"}}, f"an object with toast{RETURNS}; json_reply(…) makes a reply of it"),
        ({"status": "ok", "user": 1}, f"an object with status, user{RETURNS}"),
        (date(2024, 1, 1), f"an object date{RETURNS}"),
        ((each for each in "ab"), f"a generator, whose code does not run{RETURNS}"),
        (NewTask("t"), f"a NewTask, which DONE.with_tasks(…) takes{RETURNS}"),
        (json_reply(None), "a reply that is None; a reply is a dict in the shape that Lark documents"),
        (json_reply([]), "a reply that is a list; a reply is a dict in the shape that Lark documents"),
        (Outcome("done"), 'a reply that is the text "done"; a reply is a dict in the shape that Lark documents'),
    ],
)
def test_a_handler_that_returns_no_outcome_is_named_with_what_it_returned(returned, told):
    assert said(returned) == f'the handler of "card.action.trigger" returned {told}'


def test_a_coroutine_that_is_returned_is_one_that_nothing_runs():
    assert said(later()).startswith('the handler of "card.action.trigger" returned a coroutine, which nothing runs')


LOOP: dict = {}
LOOP["self"] = [LOOP]


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (toast("info", lambda: "x"), "the function <lambda>, which is to be called in reply.toast.content"),
        (json_reply({"card": {"data": {"elements": [{}, {"size": {1}}]}}}), "an object set in reply.card.data.elements[1].size"),
        (json_reply({"card": {"size": float("nan")}}), "the number nan in reply.card.size"),
        (json_reply({"a": {(1, 2): 3}}), "the key a tuple in reply.a"),
        (json_reply({"loop": LOOP}), "a value that is nested without end in reply.loop"),
        (DONE.with_tasks(NewTask("t", {"at": date(2024, 1, 1)})), "an object date in tasks[0].payload.at"),
    ],
)
def test_a_part_of_a_reply_that_has_no_form_in_json_is_told_with_its_place(returned, told):
    assert said(returned) == f'the handler of "card.action.trigger" returned {told}, and JSON has no form for it'


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("report", 'tasks[0] that is the text "report"; a task is NewTask(name, payload, delay_ms)'),
        ({"name": "t"}, "tasks[0] that is an object with name; a task is NewTask(name, payload, delay_ms)"),
        (NewTask(None), "tasks[0] whose name is None; it is a text"),
        (NewTask("t", delay_ms="5"), 'tasks[0] whose delay_ms is the text "5"; it is a number'),
        (NewTask("t", delay_ms=float("nan")), "tasks[0] whose delay_ms is the number nan; it is a number"),
    ],
)
def test_a_task_that_is_none_is_told_with_its_place(task, told):
    assert said(DONE.with_tasks(task)) == f'the handler of "card.action.trigger" returned {told}'


def test_of_a_task_and_of_the_handler_of_everything_else_the_name_is_told_too():
    plugin = Plugin()
    plugin.on("*")(lambda event: "x")
    plugin.task("report")(lambda task: "x")
    host = FakeHost()
    ran = host.run(plugin, "report", fails=True).failure
    assert ran.message.startswith('the handler of the task "report" returned the text "x"')
    handled = host.handle(plugin, "im.chat.updated_v1", {}, fails=True).failure
    assert handled.message.startswith('the handler of "*" returned the text "x"')
