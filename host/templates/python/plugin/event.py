"""Handles `{{event}}`."""

from typing import Any

from lark_plugin import DONE, LarkEvent, Outcome, Plugin, log

plugin = Plugin()


@plugin.on("{{event}}")
def came(event: LarkEvent[dict[str, Any]]) -> Outcome:
    # The `event` object as Lark documents it; types are in `lark_plugin.events`.
    log.info(f"{event.type} with {len(event.payload)} fields")
    return DONE
