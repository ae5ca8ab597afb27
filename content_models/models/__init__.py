"""Every stored kind, one file per idea."""

from content_models.models.asset import (
    PENDING_STATES,
    UNUSABLE_STATES,
    Asset,
    AssetKind,
    AssetState,
    unusable,
)
from content_models.models.banner import BannerUrgency, EmergencyBanner
from content_models.models.captions import Captions
from content_models.models.chunk import Chunk
from content_models.models.ladder import FileRole, Ladder, LadderFile, Placement, Rendition
from content_models.models.poster import Poster
from content_models.models.publication import Publication
from content_models.models.site import HomePage, HomeView
from content_models.models.story import (
    MOST_PHOTOGRAPHS,
    MOST_RELATED_VIDEOS,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    StoryTag,
)
from content_models.models.taxonomy import Category
from content_models.models.unit import UnitLevel, UnitPage
from content_models.models.upload import Upload, UploadState
from content_models.models.video import VideoPage, VideoTag
from content_models.models.withdrawal import (
    LONGEST_EXPLANATION,
    LONGEST_NOTE,
    Withdrawal,
    WithdrawalReason,
)

__all__ = [
    "LONGEST_EXPLANATION",
    "LONGEST_NOTE",
    "MOST_PHOTOGRAPHS",
    "MOST_RELATED_VIDEOS",
    "PENDING_STATES",
    "UNUSABLE_STATES",
    "Asset",
    "AssetKind",
    "AssetState",
    "BannerUrgency",
    "Captions",
    "Category",
    "Chunk",
    "EmergencyBanner",
    "FileRole",
    "HomePage",
    "HomeView",
    "Ladder",
    "LadderFile",
    "Placement",
    "Poster",
    "Publication",
    "RelatedVideo",
    "Rendition",
    "StoryPage",
    "StoryPhotograph",
    "StoryTag",
    "UnitLevel",
    "UnitPage",
    "Upload",
    "UploadState",
    "VideoPage",
    "VideoTag",
    "Withdrawal",
    "WithdrawalReason",
    "unusable",
]
