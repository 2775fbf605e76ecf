"""A request for leave: a card with a form, a decision by somebody else, and the state of each request in the key-value store."""

from typing import Any

from lark_plugin import DONE, PASS, LarkEvent, Outcome, Plugin, Want, kv, lark, log, message, toast
from lark_plugin.events import CardAction, MessageReceive

plugin = Plugin(wants=[Want("openapi", "POST /open-apis/im/v1/messages/*/reply", "to answer with the form")])

MONTH_MS = 30 * 24 * 3600 * 1000


def text(content: str) -> dict[str, Any]:
    return {"tag": "plain_text", "content": content}


def button(content: str, kind: str, deed: str, **more: Any) -> dict[str, Any]:
    # By the name in their value, this plugin's buttons are told from those of other plugins.
    behaviors = [{"type": "callback", "value": {"approval": deed}}]
    return {"tag": "button", "text": text(content), "type": kind, "behaviors": behaviors, **more}


def card(template: str, elements: list[Any]) -> dict[str, Any]:
    header = {"title": text("请假申请"), "template": template}
    return {"schema": "2.0", "header": header, "body": {"elements": elements}}


def form() -> dict[str, Any]:
    days = [{"text": text(f"{days} 天"), "value": days} for days in ("1", "2", "3")]
    elements = [
        {"tag": "input", "name": "reason", "required": True, "placeholder": text("请假事由")},
        {"tag": "select_static", "name": "days", "required": True, "placeholder": text("天数"), "options": days},
        button("提交", "primary", "submit", name="submit", form_action_type="submit"),
    ]
    return card("blue", [{"tag": "form", "name": "leave", "elements": elements}])


def shown(request: dict[str, str]) -> dict[str, Any]:
    content = f"<at id={request['by']}></at> 申请请假 {request['days']} 天：{request['reason']}"
    said = {"tag": "markdown", "content": content}
    if request["state"] == "waiting":
        buttons = [button("同意", "primary", "approved"), button("拒绝", "danger", "rejected")]
        return card("orange", [said, *buttons])
    approved = request["state"] == "approved"
    result = {"tag": "markdown", "content": "**已同意**" if approved else "**已拒绝**"}
    return card("green" if approved else "red", [said, result])


@plugin.on("im.message.receive_v1")
def received(event: LarkEvent[MessageReceive]) -> Outcome:
    if not message.text_without_mentions(event.payload).startswith("请假"):
        return PASS
    lark.reply_card(event.payload["message"]["message_id"], form())
    return DONE


@plugin.on("card.action.trigger")
def clicked(event: LarkEvent[CardAction]) -> Outcome:
    action = event.payload["action"]
    value = action.get("value")
    pressed = value.get("approval") if isinstance(value, dict) else None
    if pressed is None:
        return PASS  # another plugin's button
    key = f"request/{event.payload['context'].get('open_message_id')}"
    person = event.payload["operator"].get("open_id") or ""
    if pressed == "submit":
        fields = action.get("form_value") or {}
        request = {"by": person, "reason": fields.get("reason", ""), "days": fields.get("days", "1"), "state": "waiting"}
        kv.set(key, request, ttl_ms=MONTH_MS)
        log.info("a request was submitted")
        return toast("success", "已提交", card=shown(request))
    request = kv.get(key)
    if request is None:
        return toast("error", "申请已过期")
    if request["by"] == person:
        return toast("warning", "不能审批自己的申请")
    # The first decision counts, also when two people press at once.
    decided = kv.update(key, lambda now: {**now, "state": pressed} if now and now["state"] == "waiting" else None)
    if decided is None:
        return toast("info", "已有人处理", card=shown(kv.get(key, request)))
    return toast("success", "已同意" if pressed == "approved" else "已拒绝", card=shown(decided))
