"""Counts the clicks on its buttons, and tells the person who clicked."""

from lark_plugin import PASS, LarkEvent, Outcome, Plugin, kv, log, toast
from lark_plugin.events import CardAction

plugin = Plugin()


@plugin.on("{{event}}")
def clicked(event: LarkEvent[CardAction]) -> Outcome:
    # The value of this plugin's buttons: {"{{name}}": {"count": "likes"}}. By the name in it they are told from the buttons
    # of other plugins.
    value = event.payload["action"].get("value")
    pressed = value.get("{{name}}") if isinstance(value, dict) else None
    if pressed is None:
        return PASS  # another plugin's button
    count = kv.update(pressed["count"], lambda count: count + 1, default=0)
    log.info(f"click {count}")
    return toast("success", f"第 {count} 次", i18n={"en_us": f"Clicks: {count}"})
