"""What the rest of the CMS may use of health."""

from cms.health.pulse import Pulse, forget_silent
from cms.health.reading import take
from cms.health.signs import Level, Sign, signs, worst

__all__ = ["Level", "Pulse", "Sign", "forget_silent", "signs", "take", "worst"]
