"""The CMS as the embedded application server runs it."""

from __future__ import annotations

import signal

from cms.embedded.tether import die_with_parent

# Granian's workers outlive a killed granian and would keep the port from its successor.
die_with_parent(signal.SIGKILL)

from cms.wsgi import application  # noqa: E402

__all__ = ["application"]
