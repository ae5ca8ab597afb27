"""The lists of the API: bounded, by keyset, in a fixed number of queries."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from graphql import GraphQLError
from wagtail.query import PageQuerySet

from cms.api import cursors
from cms.api.loaders import NodeLoader
from cms.api.types.ledger import entry_of
from cms.api.types.node import Item, page_of
from cms.publishing.interface import Change, PublicState, visibility
from content_models.models import Publication

PUBLICATIONS_AT_ONCE = 100
UNITS_AT_ONCE = 500
TERMS_AT_ONCE = 100
ENTRIES_AT_ONCE = 100

EARLIEST = date(1970, 1, 1)

Page = dict[str, Any]


def publications(
    loader: NodeLoader,
    kind: type[Publication],
    *,
    first: int | None,
    after: str | None,
    **filters: Any,
) -> Page:
    """A page of publications of a kind, newest first; ties are broken by public ID."""
    size = cursors.page_size(first, PUBLICATIONS_AT_ONCE)
    query = _filtered(visibility.recorded(visibility.released(kind)), **filters).filter(
        first_published_at__isnull=False
    )
    if after is not None:
        at, public_id = cursors.decode(after, 2)
        moment = _moment(at)
        query = query.filter(
            Q(first_published_at__lt=moment) | Q(first_published_at=moment, public_id__lt=public_id)
        )
    rows = list(
        query.order_by("-first_published_at", "-public_id").values_list(
            "public_id", "first_published_at"
        )[: size + 1]
    )
    shown = rows[:size]
    end = cursors.encode(shown[-1][1].isoformat(), shown[-1][0]) if shown else None
    nodes = loader.get_list(
        (f"{kind.address}:{public_id}" for public_id, _ in shown), released=True
    )
    return page_of(
        [node for node in nodes if node is not None], has_next=len(rows) > size, end_cursor=end
    )


def units(
    loader: NodeLoader,
    *,
    first: int | None,
    after: str | None,
    level: str | None,
    parent: str | None,
) -> Page:
    """A page of units in tree order."""
    size = cursors.page_size(first, UNITS_AT_ONCE)
    query = visibility.public_units()
    if level is not None:
        query = query.filter(level=level.lower())
    if parent is not None:
        above = visibility.public_units().filter(code=parent).first()
        query = query.child_of(above) if above else query.none()
    if after is not None:
        query = query.filter(path__gt=cursors.decode(after, 1)[0])
    rows = list(query.order_by("path").values_list("code", "path")[: size + 1])
    shown = rows[:size]
    nodes = loader.get_list(f"unit:{code}" for code, _ in shown)
    return page_of(
        [node for node in nodes if node is not None],
        has_next=len(rows) > size,
        end_cursor=cursors.encode(shown[-1][1]) if shown else None,
    )


def terms(loader: NodeLoader, prefix: str, *, first: int | None, after: str | None) -> Page:
    """A page of categories (`category:`) or tags (`tag:`) by slug, or of redirects by ID."""
    size = cursors.page_size(first, TERMS_AT_ONCE)
    query = PublicState.objects.filter(node_id__startswith=prefix)
    if after is not None:
        query = query.filter(node_id__gt=cursors.decode(after, 1)[0])
    ids = list(query.order_by("node_id").values_list("node_id", flat=True)[: size + 1])
    shown = ids[:size]
    return page_of(
        loader.get_many(shown),
        has_next=len(ids) > size,
        end_cursor=cursors.encode(shown[-1]) if shown else None,
    )


def ledger(
    loader: NodeLoader,
    *,
    first: int | None,
    after: str | None,
    since: date | None,
    until: date | None,
) -> Page:
    """A page of the ledger, in the order of the log."""
    size = cursors.page_size(first, ENTRIES_AT_ONCE)
    query = Change.objects.exclude(ledger="")
    if after is not None:
        query = query.filter(sequence__gt=_number(cursors.decode(after, 1)[0]))
    if since is not None:
        query = query.filter(at__gte=_start_of(since))
    if until is not None and until < date.max:
        query = query.filter(at__lt=_start_of(until + timedelta(days=1)))
    rows = list(query.order_by("sequence")[: size + 1])
    shown = rows[:size]
    return page_of(
        [entry for entry in entries(loader, shown) if entry is not None],
        has_next=len(rows) > size,
        end_cursor=cursors.encode(str(shown[-1].sequence)) if shown else None,
    )


def entries(loader: NodeLoader, changes: list[Change]) -> list[Item | None]:
    """What the ledger says of some changes; the units they name are loaded with them."""
    found = [entry_of(change) for change in changes]
    codes = {entry["unitCode"] for entry in found if entry and entry["unitCode"]}
    loader.get_many(f"unit:{code}" for code in sorted(codes))
    return found


def _number(text: str) -> int:
    """A sequence out of a cursor; no column holds more than 63 bits."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise _bad_cursor()


def _filtered(
    query: PageQuerySet,
    *,
    unit: str | None,
    includeSubunits: bool,  # noqa: N803 - the argument's name in the contract
    category: str | None,
    tag: str | None,
    publishedFrom: date | None,  # noqa: N803
    publishedTo: date | None,  # noqa: N803
    incidentFrom: date | None,  # noqa: N803
    incidentTo: date | None,  # noqa: N803
) -> PageQuerySet:
    if unit is not None:
        above = visibility.public_units().filter(code=unit).first()
        if above is None:
            return query.none()
        query = query.descendant_of(above) if includeSubunits else query.child_of(above)
    if category is not None:
        query = query.filter(categories__slug=category)
    if tag is not None:
        query = query.filter(tagged_items__tag__slug=tag)
    if publishedFrom is not None:
        query = query.filter(first_published_at__gte=_start_of(publishedFrom))
    if publishedTo is not None and publishedTo < date.max:
        query = query.filter(first_published_at__lt=_start_of(publishedTo + timedelta(days=1)))
    if incidentFrom is not None:
        query = query.filter(incident_date__gte=incidentFrom)
    if incidentTo is not None:
        query = query.filter(incident_date__lte=incidentTo)
    return query


def _start_of(day: date) -> datetime:
    """Midnight in the site's own time zone; what lies before any page is as good as 1970."""
    return timezone.make_aware(datetime.combine(max(day, EARLIEST), time.min))


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or timezone.is_naive(moment):
        raise _bad_cursor()
    return moment


def _bad_cursor() -> GraphQLError:
    return GraphQLError(
        "This cursor is not one of ours: use `pageInfo.endCursor` of the page before.",
        extensions={"code": "BAD_CURSOR"},
    )
