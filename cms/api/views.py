"""GraphQL over HTTP: anonymous, read-only, bounded."""

from __future__ import annotations

import json
import logging
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from graphene_django.views import GraphQLView, HttpError
from graphql import ExecutionResult, GraphQLError

from cms.api import answers
from cms.api.loaders import NodeLoader

logger = logging.getLogger(__name__)


@method_decorator(csrf_exempt, name="dispatch")
class PublicGraphQLView(GraphQLView):
    """Readers need no cookie, so there is nothing to forge; anyone's page may ask (CORS)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"graphiql": False, **kwargs})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            return self.with_cors(HttpResponse(status=204))
        if request.method == "GET" and "query" not in request.GET:
            return render(request, "api/graphiql.html", {"endpoint": request.path})
        if (request.content_type or "").startswith("multipart/"):
            return self.with_cors(_refused(415, "Send JSON: this API takes no files."))
        request.loader = NodeLoader()  # type: ignore[attr-defined]
        response = super().dispatch(request, *args, **kwargs)
        # The view we build on hands out a CSRF cookie; an anonymous, cacheable door sets none.
        request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
        response.cookies.clear()
        return self.with_cors(response)

    def execute_graphql_request(
        self,
        request: HttpRequest,
        data: dict[str, Any],
        query: str | None,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        show_graphiql: bool = False,
    ) -> ExecutionResult:
        if not query or not isinstance(query, str):
            raise HttpError(HttpResponseBadRequest("Send the query as text in `query`."))
        if variables is not None and not isinstance(variables, dict):
            raise HttpError(HttpResponseBadRequest("Send `variables` as a JSON object."))
        try:
            prepared = answers.prepared(query, variables or {})
        except GraphQLError as error:
            return ExecutionResult(data=None, errors=[error])
        try:
            return answers.answer(prepared, variables or {}, operation_name, request)
        except Exception as error:  # noqa: BLE001 -- what broke is told as `format_error` tells it
            return ExecutionResult(data=None, errors=[error])  # type: ignore[list-item]

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        """What was refused is explained; what broke is logged, and its insides stay with us."""
        if isinstance(error, HttpError):
            return {"message": error.message, "extensions": {"code": "BAD_REQUEST"}}
        if isinstance(error, GraphQLError) and (
            error.original_error is None or isinstance(error.original_error, GraphQLError)
        ):
            return dict(error.formatted)
        logger.error("GraphQL query failed", exc_info=error)
        return {
            "message": "Something failed on our side; it has been noted. Try again later.",
            "extensions": {"code": "INTERNAL"},
        }

    @staticmethod
    def with_cors(response: HttpResponse) -> HttpResponse:
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        return response

    def json_encode(self, request: HttpRequest, d: Any, pretty: bool = False) -> str | bytes:
        try:
            return orjson.dumps(d)
        except TypeError:  # a number of more than 64 bits, half a character: JSON all the same
            return json.dumps(d, separators=(",", ":"))


def _refused(status: int, message: str) -> HttpResponse:
    error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
    return JsonResponse({"errors": [error]}, status=status)
