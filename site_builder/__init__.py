"""Published content -> static pages. Knows no Django: a GraphQL API in, files and manifest out."""

from __future__ import annotations

from site_builder.build import BuildReport, Progress, build
from site_builder.client import HttpTransport, Transport
from site_builder.errors import BuilderError, ErrorCode
from site_builder.owned import artifacts_of
from site_builder.preview import Previewer
from site_builder.rendered import Failure

__all__ = [
    "BuildReport",
    "BuilderError",
    "ErrorCode",
    "Failure",
    "HttpTransport",
    "Previewer",
    "Progress",
    "Transport",
    "artifacts_of",
    "build",
]
