"""What the rest of the CMS may use of the API: the same schema, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from cms.api.loaders import NodeLoader
from cms.api.schema import schema


def execute(query: str, variables: dict[str, Any], /) -> Mapping[str, Any]:
    """Run a query as an anonymous reader would; `{"data", "errors"}` as over HTTP."""
    result = schema.execute(
        query, variables=variables, context_value=SimpleNamespace(loader=NodeLoader())
    )
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer
