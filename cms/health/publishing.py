"""Signs of the way from the desk to the public, and of the media files."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.health.reading import Reading
from cms.health.signs import Judge, Level, Limit, Sign, lasting, span
from content_models.models import AssetState

OUTBOX = Limit(watch=60, bad=300)
TAKEDOWN = Limit(watch=15, bad=120)
BEHIND = Limit(watch=120, bad=600)
CLICK_TO_SEEN = Limit(watch=30, bad=300)
FILES_WAIT = Limit(watch=1800, bad=7200)
JOINING = Limit(watch=600, bad=3600)
# Longer texts are in the log.
LONGEST_ERROR = 400


def _since(what: str, seconds: float | None) -> str:
    """What waits, and for how long the oldest has; null: nothing does."""
    if seconds is None:
        return what
    return _("%(what)s, the oldest for %(span)s") % {"what": what, "span": span(seconds)}


def outbox(reading: Reading) -> Iterator[Sign]:
    """Changes that nobody has numbered yet."""
    log = reading.log
    since = lasting(reading, log.waiting_since)
    level = OUTBOX.level(since)
    waiting = ngettext("%(n)s change waits", "%(n)s changes wait", log.waiting)
    value = _since(waiting % {"n": number_format(log.waiting)}, since)
    yield Sign(
        code="outbox",
        group="publishing",
        title=_("Changes that wait for a number"),
        level=level,
        value=value,
        advice=_("See that publish-worker runs and reaches the database; it numbers changes.")
        if level
        else "",
    )


def takedowns(reading: Reading) -> Iterator[Sign]:
    """What was withdrawn and can perhaps still be seen."""
    found = reading.takedowns
    since = lasting(reading, found.waiting_since)
    level = TAKEDOWN.level(since)
    advice = ""
    if level and found.problem:
        advice = _("It is tried again by itself. Mend what it says: %(error)s") % {
            "error": found.problem[:LONGEST_ERROR]
        }
    elif level:
        advice = _("See that takedown-worker runs; its log says more.")
    if since is None:
        value = _("none; all that was withdrawn is gone")
    else:
        waiting = ngettext("%(n)s withdrawal", "%(n)s withdrawals", found.waiting)
        value = _since(waiting % {"n": number_format(found.waiting)}, since)
    yield Sign(
        code="takedowns",
        group="publishing",
        title=_("Withdrawn, and not yet seen to be gone"),
        level=level,
        value=value,
        advice=advice,
    )


def live(reading: Reading) -> Iterator[Sign]:
    """How far the public site is behind the log."""
    log = reading.log
    level = BEHIND.level(lasting(reading, log.behind_since))
    failed = bool(log.last_error)
    if failed:
        level = max(level, Level.WATCH)
    if log.behind:
        behind = ngettext("%(n)s change behind", "%(n)s changes behind", log.behind)
        value = behind % {"n": number_format(log.behind)}
    else:
        value = _("Everything is live, up to change %(n)s") % {"n": number_format(log.sequence)}
    advice = ""
    if failed:
        advice = _(
            "The last try failed; it is tried again by itself. Mend what it says: %(error)s"
        ) % {"error": log.last_error[:LONGEST_ERROR]}
    elif level:
        advice = _("See the log of publish-worker: it is slow, or it does not run.")
    yield Sign(
        code="live",
        group="publishing",
        title=_("The public site"),
        level=level,
        value=value,
        advice=advice,
    )


def speed(reading: Reading) -> Iterator[Sign]:
    """How long people waited since yesterday."""
    found = reading.speed
    level = CLICK_TO_SEEN.level(found.percentile_95) if found else Level.GOOD
    yield Sign(
        code="speed",
        group="publishing",
        title=_("From click to seen, in the last day"),
        level=level,
        value=_("half within %(median)s, 95 %% within %(most)s, of %(n)s publications")
        % {
            "median": span(found.median),
            "most": span(found.percentile_95),
            "n": number_format(found.count),
        }
        if found
        else _("nothing was published"),
        advice=_(
            "See in the picture which stage takes long: building wants a faster machine, uploading "
            "a nearer store, old copies and looking a cache that answers."
        )
        if level
        else "",
    )


def media(reading: Reading) -> Iterator[Sign]:
    """Files that wait, that failed, and that an audit found wrong."""
    found = reading.media
    waiting = found.states.get(AssetState.UPLOADED, 0)
    working = found.states.get(AssetState.PROCESSING, 0)
    since = lasting(reading, found.waiting_since)
    level = FILES_WAIT.level(since)
    value = _("%(waiting)s wait, %(working)s in work") % {
        "waiting": number_format(waiting),
        "working": number_format(working),
    }
    value = _since(value, since)
    yield Sign(
        code="media-queue",
        group="media",
        title=_("Files to be processed"),
        level=level,
        value=value,
        advice=_("See that media-worker runs; for many files start more of them, anywhere.")
        if level
        else "",
    )
    yield Sign(
        code="media-abandoned",
        group="media",
        title=_("Files whose worker died"),
        level=Level.WATCH if found.abandoned else Level.GOOD,
        value=number_format(found.abandoned),
        advice=_(
            "They go to another worker within a minute. If not, see that clock and media-worker "
            "run."
        )
        if found.abandoned
        else "",
    )
    failed = found.states.get(AssetState.FAILED, 0)
    yield Sign(
        code="media-failed",
        group="media",
        title=_("Files that failed"),
        level=Level.WATCH if failed else Level.GOOD,
        value=number_format(failed),
        advice=_("Open them in the list of media files, read the reason, then choose “Try again”.")
        if failed
        else "",
    )
    joining = JOINING.level(lasting(reading, found.joining_since))
    yield Sign(
        code="uploads",
        group="media",
        title=_("Uploads that are being checked"),
        level=joining,
        value=_("the oldest for %(span)s")
        % {"span": span(lasting(reading, found.joining_since) or 0.0)}
        if found.joining_since
        else _("none"),
        advice=_("See that task-worker runs and reaches the object storage.") if joining else "",
    )
    yield Sign(
        code="media-faults",
        group="media",
        title=_("Public files that an audit found wrong"),
        level=Level.BAD if found.faults else Level.GOOD,
        value=number_format(found.faults),
        advice=_("Read `manage.py audit_media --report`; the operators' guide says what to do.")
        if found.faults
        else "",
    )


JUDGES: tuple[Judge, ...] = (outbox, takedowns, live, speed, media)
