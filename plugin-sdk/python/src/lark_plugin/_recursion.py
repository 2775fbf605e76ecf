"""The depth of recursion that a call has, in the sandbox and in tests."""

import sys

#: The limit as an interpreter has it.
_DEFAULT = 1000

#: The limit in the sandbox, with which an error is raised in time: the call stack has 512 KiB, and a call that goes through C
#: (``repr``, ``sorted`` with a key, ``__getattr__``) takes up to 2 KiB of it. With a full one the interpreter is stopped, and
#: nothing says where in the plugin.
_MAX = 220


def recursion_max() -> int:
    """The limit that a call has in the sandbox: the plugin's own, if it has set one."""
    own = sys.getrecursionlimit()
    return _MAX if own == _DEFAULT else own
