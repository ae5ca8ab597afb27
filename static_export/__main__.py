"""`python -m static_export`."""

from __future__ import annotations

import sys

from static_export.cli import main

if __name__ == "__main__":
    sys.exit(main())
