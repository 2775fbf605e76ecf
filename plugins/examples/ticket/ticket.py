"""Shows a ticket's title and state in place of its link."""

import re

from lark_plugin import PASS, HostError, LarkEvent, Outcome, Plugin, Want, http, log, preview
from lark_plugin.events import UrlPreview

LINK = re.compile(r"https://tickets\.example\.com/tickets/(\d+)")

plugin = Plugin(wants=[Want("http", "GET https://tickets.example.com/api/tickets/*", "to read a ticket's title")])


@plugin.on("url.preview.get")
def linked(event: LarkEvent[UrlPreview]) -> Outcome:
    found = LINK.match(event.payload["context"].get("url") or "")
    if found is None:
        return PASS  # another plugin's link
    number = found[1]
    try:
        response = http.get(f"https://tickets.example.com/api/tickets/{number}", timeout_ms=1500)
        if response.status == 404:
            return preview(f"工单 {number}（不存在）", i18n={"en_us": f"Ticket {number} (not found)"})
        ticket = response.success().json()
    except HostError as error:
        # A link without its title is better than none.
        log.warn(f"no title: {error}")
        return preview(f"工单 {number}", i18n={"en_us": f"Ticket {number}"})
    title, state = ticket["title"], ticket["state"]
    shown = "处理中" if state == "open" else "已关闭"
    return preview(f"工单 {number}：{title}（{shown}）", i18n={"en_us": f"Ticket {number}: {title} ({state})"})
