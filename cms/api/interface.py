"""What the rest of the CMS may use of the API: the same schema, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from graphql import ExecutionResult, GraphQLError

from cms.api import answers
from cms.api.loaders import NodeLoader


def execute(query: str, variables: dict[str, Any], /) -> Mapping[str, Any]:
    """Run a query as an anonymous reader would; `{"data", "errors"}` as over HTTP."""
    context = SimpleNamespace(loader=NodeLoader())
    try:
        result = answers.answer(answers.unlimited(query), variables, None, context)
    except GraphQLError as error:
        result = ExecutionResult(data=None, errors=[error])
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer
