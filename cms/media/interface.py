"""What the rest of the CMS may use of media."""

from cms.media.keys import media_url

__all__ = ["media_url"]
