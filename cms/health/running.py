"""Signs of the processes, and of everything outside the database."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.health.probes import Answer
from cms.health.pulse import EVERY
from cms.health.reading import Reading
from cms.health.signs import Judge, Level, Limit, Sign, lasting, size, span

ROLES = ("publish-worker", "takedown-worker", "media-worker", "task-worker", "clock")
SILENT = Limit(watch=6 * EVERY, bad=18 * EVERY)
AT_IT = Limit(watch=900, bad=7200)
LEAST_FREE = {Level.WATCH: 5e9, Level.BAD: 1e9}


def processes(reading: Reading) -> Iterator[Sign]:
    """Who was heard of lately, of each kind."""
    for role in ROLES:
        beats = [beat for beat in reading.beats if beat.role == role]
        silent = [lasting(reading, beat.at) or 0.0 for beat in beats]
        alive = [beat for beat, quiet in zip(beats, silent, strict=True) if quiet < SILENT.watch]
        level = SILENT.level(min(silent)) if silent else Level.BAD
        if alive:
            running = ngettext("%(n)s runs", "%(n)s run", len(alive))
            value = _("%(what)s, heard of %(span)s ago") % {
                "what": running % {"n": number_format(len(alive))},
                "span": span(min(silent)),
            }
        elif beats:
            value = _("not heard of for %(span)s") % {"span": span(min(silent))}
        else:
            value = _("none runs")
        advice = _("Start %(role)s, or see why it hangs; its log says more.") % {"role": role}
        busy = max((lasting(reading, beat.doing_since) or 0.0 for beat in alive), default=0.0)
        if alive and role == "publish-worker" and AT_IT.level(busy):
            level = max(level, AT_IT.level(busy))
            value = _("%(what)s; at one publication for %(span)s") % {
                "what": value,
                "span": span(busy),
            }
            advice = _("A full build takes long; else see its log for what it waits for.")
        yield Sign(
            code=f"process-{role}",
            group="processes",
            title=role,
            level=level,
            value=value,
            advice=advice if level else "",
        )


def queue(reading: Reading) -> Iterator[Sign]:
    """The server that wakes workers, where there is one."""
    for address, answer in reading.of.get("queue", {}).items():
        yield _asked(
            answer,
            code="queue",
            group="processes",
            title=_("Queue at %(address)s") % {"address": address},
            advice=_("Start Valkey or see QUEUE_URL. Meanwhile files wait and nothing is lost."),
            bad=Level.WATCH,
        )


def database(reading: Reading) -> Iterator[Sign]:
    """It has just answered, or nobody would read this."""
    yield Sign(
        code="database",
        group="places",
        title=_("Database"),
        level=Level.GOOD,
        value=reading.database,
    )


def storage(reading: Reading) -> Iterator[Sign]:
    """The buckets of the CMS as one, and the address at which viewers have the media."""
    buckets = reading.of.get("storage", {})
    if buckets:
        slowest = max(buckets.values(), key=lambda one: (one.ok is not True, one.seconds or 0.0))
        yield _asked(
            slowest,
            code="storage",
            group="places",
            title=_("Object storage"),
            advice=_(
                "See that the store runs, S3_ENDPOINT_URL and its keys. Files wait for it; pages "
                "stay up where they are served from elsewhere."
            ),
        )
    for answer in reading.of.get("media", {}).values():
        yield _asked(
            answer,
            code="media-origin",
            group="places",
            title=_("Media as viewers get them"),
            advice=_("Nothing plays: see MEDIA_BASE_URL, the CDN before it, and its certificate."),
        )


def targets(reading: Reading) -> Iterator[Sign]:
    """What each of `SITE_TARGETS` holds, against what is live."""
    log = reading.log
    for number, (address, answer) in enumerate(reading.of.get("target", {}).items(), start=1):
        title = _("Target %(address)s") % {"address": address}
        code = f"target-{number}"
        if not answer.ok:
            yield _asked(
                answer,
                code=code,
                group="places",
                title=title,
                advice=_("Nothing can be published there: see its address, its keys, its space."),
            )
            continue
        there = answer.value
        level, advice = Level.GOOD, ""
        if there.sequence is None:
            level = Level.WATCH if log.live_at is None else Level.BAD
            value = _("holds nothing of ours")
            advice = _("Run `manage.py publish_worker --once --full`.")
        elif there.epoch != log.epoch:
            level = Level.BAD
            value = _("holds the site of another database")
            advice = _("See SITE_TARGETS; after a restored database, the operators' guide.")
        else:
            value = _("holds change %(n)s") % {"n": number_format(there.sequence)}
            if there.sequence < log.live_sequence:
                level = Level.BAD
                advice = _("It is behind: run `manage.py publish_worker --once --full`.")
            elif there.unfinished is not None and log.under_way is None:
                level = Level.WATCH
                advice = _("A push there has not ended; the next one finishes it by itself.")
        yield Sign(code=code, group="places", title=title, level=level, value=value, advice=advice)


def edge(reading: Reading) -> Iterator[Sign]:
    """The public address itself."""
    for address, answer in reading.of.get("edge", {}).items():
        yield _asked(
            answer,
            code="edge",
            group="places",
            title=_("Public site at %(address)s") % {"address": address},
            advice=_("Nobody sees the site: see the edge or CDN, DNS and certificate."),
        )


def disks(reading: Reading) -> Iterator[Sign]:
    """Space on this machine; other machines of a fleet are not seen from here."""
    for folder, answer in reading.of.get("disk", {}).items():
        title = _("Disk of %(folder)s on this machine") % {"folder": folder}
        advice = _("Free some space: builds and uploads under way need it.")
        if not answer.ok:
            yield _asked(
                answer, code="disk", group="places", title=title, advice=advice, bad=Level.WATCH
            )
            continue
        free = answer.value.free
        level = max(
            (level for level, least in LEAST_FREE.items() if free < least), default=Level.GOOD
        )
        yield Sign(
            code="disk",
            group="places",
            title=title,
            level=level,
            value=_("%(free)s free of %(all)s")
            % {"free": size(free), "all": size(answer.value.total)},
            advice=advice if level else "",
        )


def _asked(
    answer: Answer,
    *,
    code: str,
    group: str,
    title: str,
    advice: str,
    bad: Level = Level.BAD,
) -> Sign:
    if answer.ok:
        value = _("answers within %(span)s") % {"span": span(answer.seconds or 0.0)}
    elif answer.ok is None:
        value = _("does not answer")
    else:
        value = _("fails: %(problem)s") % {"problem": answer.problem}
    return Sign(
        code=code,
        group=group,
        title=title,
        level=Level.GOOD if answer.ok else bad,
        value=value,
        advice="" if answer.ok else advice,
    )


JUDGES: tuple[Judge, ...] = (processes, queue, storage, targets, edge, disks, database)
