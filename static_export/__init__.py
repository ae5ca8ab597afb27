"""From a build to the public: pushes what `site_builder` wrote to a bucket, a folder or Netlify.

Knows no Django and nothing of how pages are made: it reads the manifest (`docs/manifest.md`).
"""

from static_export.errors import ExportError
from static_export.push import push
from static_export.report import PushReport, Step
from static_export.rollback import rollback
from static_export.takedown import (
    Sighting,
    TakedownReport,
    number,
    still_up,
    takedown,
    unsettled,
)
from static_export.taken import Withdrawal

__all__ = [
    "ExportError",
    "PushReport",
    "Sighting",
    "Step",
    "TakedownReport",
    "Withdrawal",
    "number",
    "push",
    "rollback",
    "still_up",
    "takedown",
    "unsettled",
]
from static_export.standing import Standing, standing

__all__ = ["ExportError", "PushReport", "Standing", "Step", "push", "standing"]
