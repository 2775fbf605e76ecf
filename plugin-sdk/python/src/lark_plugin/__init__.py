"""Write a lark-callback plugin in Python. README.md is the manual.

The services of the host are modules: ``from lark_plugin import config, http, kv, lark, log, media, message, metrics, oauth``.
A plugin imports from the host only what it imports here.
"""

from .failure import Failure, HostError, Permanent, Rejected, Retry
from .plugin import LarkEvent, Plugin, Schedule, Task, Want
from .reply import DONE, PASS, NewTask, Outcome, card, json_reply, preview, toast

__all__ = [
    "DONE",
    "PASS",
    "Failure",
    "HostError",
    "LarkEvent",
    "NewTask",
    "Outcome",
    "Permanent",
    "Plugin",
    "Rejected",
    "Retry",
    "Schedule",
    "Task",
    "Want",
    "card",
    "json_reply",
    "preview",
    "toast",
]
