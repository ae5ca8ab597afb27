"""Every stored kind, one file per idea."""

from content_models.models.asset import Asset, AssetState
from content_models.models.captions import Captions
from content_models.models.ladder import FileRole, Ladder, LadderFile, Placement, Rendition
from content_models.models.site import HomePage, HomeView
from content_models.models.taxonomy import Category
from content_models.models.unit import UnitLevel, UnitPage
from content_models.models.video import VideoPage, VideoTag

__all__ = [
    "Asset",
    "AssetState",
    "Captions",
    "Category",
    "FileRole",
    "HomePage",
    "HomeView",
    "Ladder",
    "LadderFile",
    "Placement",
    "Rendition",
    "UnitLevel",
    "UnitPage",
    "VideoPage",
    "VideoTag",
]
