"""From a build to the public: pushes what `site_builder` wrote to a bucket, a folder or Netlify.

Knows no Django and nothing of how pages are made: it reads the manifest (`docs/manifest.md`).
"""

from static_export.access import deployer_policy, public_policy, reading_policy
from static_export.errors import ExportError
from static_export.push import push
from static_export.report import PushReport, Step
from static_export.rollback import rollback
from static_export.standing import Standing, standing
from static_export.takedown import (
    Sighting,
    TakedownReport,
    number,
    still_up,
    takedown,
    unnumbered,
    unsettled,
)
from static_export.taken import Withdrawal

__all__ = [
    "ExportError",
    "PushReport",
    "Sighting",
    "Standing",
    "Step",
    "TakedownReport",
    "Withdrawal",
    "deployer_policy",
    "number",
    "public_policy",
    "push",
    "reading_policy",
    "rollback",
    "standing",
    "still_up",
    "takedown",
    "unnumbered",
    "unsettled",
]
