"""Queries, prepared once and answered as often as they are asked, by whichever way is fastest."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute,
    parse,
    validate,
)

from cms.api import limits
from cms.api.compiled import Compiled, UnknownError
from cms.api.schema import schema
from cms.publishing.interface import visibility

logger = logging.getLogger(__name__)
# A reader asks the same few queries over and over, with other variables.
KEPT = 32


class Prepared:
    """A parsed query; what it says of itself is worked out when it is first asked."""

    def __init__(self, query: str) -> None:
        self.document: DocumentNode = parse(query)
        self._names = {
            one.name.value if one.name else None
            for one in self.document.definitions
            if isinstance(one, OperationDefinitionNode)
        }
        self._compiled: dict[str | None, Compiled | None] = {}

    @cached_property
    def errors(self) -> list[GraphQLError]:
        """What is wrong with it by the schema."""
        return validate(schema.graphql_schema, self.document)

    def compiled(self, operation_name: str | None) -> Compiled | None:
        """The operation, if it is one that can be compiled; nothing is kept of other names."""
        if operation_name is not None and (
            not isinstance(operation_name, str) or operation_name not in self._names
        ):
            return None
        if operation_name not in self._compiled:
            try:
                made = Compiled(schema.graphql_schema, self.document, operation_name)
            except UnknownError:
                made = None
            self._compiled[operation_name] = made
        return self._compiled[operation_name]


unlimited = lru_cache(maxsize=KEPT)(Prepared)


def prepared(query: str, variables: Mapping[str, Any]) -> Prepared:
    """A query whose cost is within the budget; raises `GraphQLError`."""
    if len(query) > limits.MAX_DOCUMENT:
        raise GraphQLError(
            f"A query may be {limits.MAX_DOCUMENT:,} characters long.",
            extensions={"code": "TOO_LONG"},
        )
    found = unlimited(query)
    limits.check(found.document, variables)
    return found


@visibility.one_look()
def answer(
    query: Prepared, variables: Mapping[str, Any], operation_name: str | None, context: Any
) -> ExecutionResult:
    """Data and errors, for a context with a `loader`; what is restricted is read once for all."""
    if query.errors:
        return ExecutionResult(data=None, errors=query.errors)
    if compiled := query.compiled(operation_name):
        try:
            return ExecutionResult(data=compiled.run(variables, context), errors=None)
        except Exception as error:  # noqa: BLE001 -- whatever it is, graphql-core reports it
            logger.debug("Left to graphql-core: %s", error)
    result = execute(
        schema.graphql_schema,
        query.document,
        variable_values=dict(variables),
        operation_name=operation_name,
        context_value=context,
    )
    assert isinstance(result, ExecutionResult)  # noqa: S101 -- nothing of ours is asynchronous
    return result
