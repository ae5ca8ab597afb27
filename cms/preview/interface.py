"""What the rest of the CMS may use of previews."""

from cms.preview.tokens import forget_expired

__all__ = ["forget_expired"]
