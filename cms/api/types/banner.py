"""What headquarters announces in an emergency."""

from __future__ import annotations

import graphene

from cms.api.types.node import Node
from cms.api.types.scalars import IsoDateTime


class BannerUrgency(graphene.Enum):
    """How much it presses; nobody can close the highest."""

    NOTICE = "NOTICE"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class Banner(graphene.ObjectType):
    """An announcement above every page of the site, for a while."""

    class Meta:
        interfaces = (Node,)

    text = graphene.String(required=True, description="Plain text, in Indonesian.")
    textEnglish = graphene.String(  # noqa: N815
        required=True, description="The same in English; may be empty."
    )
    urgency = BannerUrgency(required=True)
    href = graphene.String(
        required=True,
        description="Path of a page of the site, or an absolute https URL; may be empty.",
    )
    until = IsoDateTime(required=True, description="When it ends by itself.")
