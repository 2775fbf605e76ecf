"""Answers at once and does the slow part afterwards, in a task, which is retried when it fails and survives restarts."""

from typing import Any

from lark_plugin import DONE, LarkEvent, NewTask, Outcome, Plugin, Task, Want, config, lark, toast

plugin = Plugin(
    wants=[
        Want("config", "chat", "the chat (oc_…) that gets the reports"),
        Want("openapi", "POST /open-apis/im/v1/messages", "to send the reports"),
    ]
)


@plugin.on("{{event}}")
def came(event: LarkEvent[Any]) -> Outcome:
    answer = toast("info", "处理中") if event.kind == "callback" else DONE
    return answer.with_tasks(NewTask("report", {"event_id": event.id}))


@plugin.task("report")
def report(task: Task[dict[str, str]]) -> None:
    lark.send_text(f"事件 {task.payload['event_id']} 已处理", chat_id=config.require("chat"))
