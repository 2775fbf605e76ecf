"""The cases of the errors of the host's services, as in its WIT. The SDKs for all languages take the same ones for passing."""

from __future__ import annotations

#: Of each case: a sentence, and whether a retry may succeed.
Cases = dict[str, tuple[str, bool]]

KV: Cases = {
    # The same value is too large the next time, too.
    "over-limit": ("over a limit of the key-value store", False),
    "unavailable": ("the key-value store is unavailable", True),
}

HTTP: Cases = {
    "not-granted": ("the operator has not granted this request", False),
    "refused": ("this request cannot be sent", False),
    "over-limit": ("a limit of HTTP is used up", False),
    "unreachable": ("the service could not be reached", True),
    "interrupted": ("the service did not respond", True),
    "failed": ("requests to the service are not possible", False),
}

LARK: Cases = {
    "not-granted": ("the operator has not granted this call", False),
    "authorization-required": ("the user must authorize the application", False),
    "refused": ("this call cannot be made", False),
    "retry": ("Lark is not available", True),
    "failed": ("calls to Lark are not possible", False),
}

#: Without ``rejected``, which has an error of its own.
MEDIA: Cases = {
    "not-granted": ("the operator has not granted this call", True),
    "refused": ("this cannot be sent", False),
    "over-limit": ("a limit of uploads and downloads is used up", False),
    "retry": ("Lark is not available", True),
    "failed": ("calls to Lark are not possible", True),
}

OAUTH: Cases = {
    "not-granted": ("the operator has not granted this authorization", False),
    "bad-ticket": ("the ticket is not one of this host, or has expired", False),
    "code-refused": ("Lark rejected the code; a new link is needed", False),
    "wrong-user": ("the link was made for another user", False),
    "not-allowed": ("this user may not use the application", False),
    "retry": ("Lark is not available", True),
    "failed": ("authorization is not possible", False),
}
