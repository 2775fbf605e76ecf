"""Shows a title in place of a link."""

from lark_plugin import PASS, LarkEvent, Outcome, Plugin, log, preview
from lark_plugin.events import UrlPreview

plugin = Plugin()


@plugin.on("{{event}}")
def linked(event: LarkEvent[UrlPreview]) -> Outcome:
    _, found, ticket = (event.payload["context"].get("url") or "").partition("/tickets/")
    if not found:
        return PASS  # another plugin's link
    log.info(f"a preview of ticket {ticket}")
    return preview(f"工单 {ticket}", i18n={"en_us": f"Ticket {ticket}"})
