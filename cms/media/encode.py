"""Run the encoder over a planned ladder: at once, or a long original stretch by stretch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from django.conf import settings

from cms.media import graph, keys, loudness, stills, stretches, tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.ladder import Plan, Rung
from cms.media.loudness import Gain
from cms.media.probe import Probe, ask
from cms.media.products import Made, finish
from cms.media.runner import Limits, run
from cms.media.space import require_space
from cms.media.stretches import Stretch

# A second of 4K60 takes some fifteen on two slow cores; beyond this something hangs.
SECONDS_PER_SECOND = 60
SECONDS_AT_LEAST = 600
# Where the parts of a long original stand between 0 and 1.
PICTURES_UP_TO = 0.94
SOUND_UP_TO = 0.96


class Keeper(Protocol):
    """Remembers finished parts of a long original, numbered from 0, for a later attempt."""

    def open(self, profile: str) -> None:
        """Parts made in another way are none of these."""

    def fetch(self, number: int, folder: Path) -> bool:
        """Bring the files of a part into an empty folder; False if there is none, whole."""

    def keep(self, number: int, files: list[Path]) -> None:
        """Take a finished part in."""


class Forgetful:
    """A keeper for those who begin anew each time."""

    def open(self, profile: str) -> None:
        """Nothing to look up."""

    def fetch(self, number: int, folder: Path) -> bool:
        return False

    def keep(self, number: int, files: list[Path]) -> None:
        """Nothing to remember."""


def encode(
    source: Path,
    target: Path,
    found: Probe,
    plan: Plan,
    *,
    on_share: Callable[[float], None],
    keeper: Keeper | None = None,
    between: Callable[[], None] = lambda: None,
) -> Made:
    """Write the whole ladder under `target`; `on_share` hears from 0 to 1, at least once a second.

    `between` is called after each part of a long original that `keeper` has kept; what it raises
    ends the work, to be taken up after that part.

    Raises `DISK_FULL`, `TIME_LIMIT`, `TOOL_FAILED` (with the end of ffmpeg's words) or
    `OUTPUT_INVALID`.
    """
    require_space(target, plan.bytes_at_most)
    top = plan.rungs[0]
    board = stills.storyboard(top.width, top.height, plan.duration)
    gain = _gain(source, found, plan, lambda: on_share(0.0))
    if plan.duration > settings.MEDIA_CHUNK_FROM_SECONDS:
        long = Long(source, target, found, plan, gain, on_share)
        long.make(keeper or Forgetful(), between)
        long.finish(board)
    else:
        _run(
            graph.command(tools.ffmpeg(), source, target, found, plan, board, gain),
            plan,
            plan.duration,
            graph.progress_seconds,
            on_share,
        )
    return finish(target, plan, board)


def _gain(source: Path, found: Probe, plan: Plan, tick: Callable[[], None]) -> Gain:
    if found.audio is None or not plan.has_audio:
        return loudness.AS_IT_IS
    return loudness.wanted(
        tools.ffmpeg(),
        source,
        found.audio,
        plan.audio_channels,
        settings.MEDIA_LOUDNESS,
        tick=tick,
    )


class Long:
    """A long original under way: its parts are the stretches, and after them the sound."""

    def __init__(
        self,
        source: Path,
        target: Path,
        found: Probe,
        plan: Plan,
        gain: Gain,
        on_share: Callable[[float], None],
    ) -> None:
        self.source, self.target, self.found, self.plan = source, target, found, plan
        self.gain, self.on_share = gain, on_share
        self.parts = stretches.stretches(plan, settings.MEDIA_CHUNK_SECONDS)
        self.folder = target.with_name(f"{target.name}-parts")

    def make(self, keeper: Keeper, between: Callable[[], None]) -> None:
        """Make every part that the keeper does not have."""
        plan, binary = self.plan, tools.ffmpeg()
        keeper.open(
            stretches.profile(plan, self.gain, settings.MEDIA_CHUNK_SECONDS, binary),
        )
        for part in self.parts:
            folder = self._empty(part.number)
            if not keeper.fetch(part.number, folder):
                self._pictures(part, folder)
                keeper.keep(part.number, sorted(folder.iterdir()))
                between()
            self.on_share(PICTURES_UP_TO * part.end / plan.frames)
        if plan.has_audio:
            folder = self._empty(len(self.parts))
            if not keeper.fetch(len(self.parts), folder):
                command = stretches.sound_command(
                    binary, self.source, folder, self.found, plan, self.gain
                )
                self._run(command, plan.duration, PICTURES_UP_TO, SOUND_UP_TO)
                keeper.keep(len(self.parts), sorted(folder.iterdir()))
                between()

    def finish(self, board: stills.Storyboard) -> None:
        """Join the parts, each deleted as it has been read: there is never room for two copies."""
        plan, binary = self.plan, tools.ffmpeg()
        names = stretches.sound_names(plan) if plan.has_audio else {}
        heard = self.folder / str(len(self.parts))
        self._require_same_headers()
        for rung in plan.all_rungs:
            track = heard / names[rung.audio_bitrate] if names else None
            self._join(rung, track)
        if names:
            (heard / keys.rendition(keys.AUDIO)).rename(self.target / keys.rendition(keys.AUDIO))
        shutil.rmtree(self.folder)
        _run(
            stretches.stills_command(binary, self.target, plan, board),
            plan,
            plan.duration,
            graph.progress_seconds,
            lambda share: self.on_share(1.0),
        )

    def _join(self, rung: Rung, heard: Path | None) -> None:
        names = [f"{part.number}/{keys.rendition(rung.name)}" for part in self.parts]
        listed = self.folder / "list.txt"
        listed.write_text(stretches.join_list(names))
        files = [self.folder / name for name in names]
        _run(
            stretches.join_command(tools.ffmpeg(), listed, heard, self.target, self.plan, rung),
            self.plan,
            self.plan.duration,
            stretches.joined_seconds,
            lambda share: self.delete_read(files, share),
        )
        for file in files:
            file.unlink(missing_ok=True)

    def _pictures(self, part: Stretch, folder: Path) -> None:
        opened_at = stretches.begin(part, self.found, self.plan)
        self._encode(part, folder, opened_at)
        if opened_at and not self._is_whole(part, folder):
            # Nothing to be seen there: what was last seen before stays on screen.
            self._encode(part, folder, 0.0)
        if not self._is_whole(part, folder):
            raise MediaError(
                ErrorCode.OUTPUT_INVALID,
                f"Stretch {part.number} has not the {part.count} pictures that it should have. "
                "It is made again.",
            )

    def _encode(self, part: Stretch, folder: Path, opened_at: float) -> None:
        command = stretches.stretch_command(
            tools.ffmpeg(),
            self.source,
            folder,
            self.found,
            self.plan,
            part,
            opened_at=opened_at,
        )
        seconds = part.count / float(self.plan.frame_rate)
        start = PICTURES_UP_TO * part.first / self.plan.frames
        end = PICTURES_UP_TO * part.end / self.plan.frames
        self._run(command, seconds, start, end)

    def _run(self, command: list[str], seconds: float, start: float, end: float) -> None:
        _run(
            command,
            self.plan,
            seconds,
            graph.progress_seconds,
            lambda share: self.on_share(start + (end - start) * share),
        )

    def _is_whole(self, part: Stretch, folder: Path) -> bool:
        for rung in self.plan.all_rungs:
            found = ask(folder / keys.rendition(rung.name))
            if found is None or [
                (stream["nb_frames"], stream["width"], stream["height"])
                for stream in found["streams"]
            ] != [(str(part.count), rung.width, rung.height)]:
                return False
        return True

    def _require_same_headers(self) -> None:
        """Pictures of all stretches are read by the headers of the first."""
        for rung in self.plan.all_rungs:
            found = {
                str(stream.get("extradata_hash"))
                for part in self.parts
                for stream in (
                    ask(self.folder / str(part.number) / keys.rendition(rung.name)) or {}
                )["streams"]
            }
            if len(found) != 1:
                raise MediaError(
                    ErrorCode.OUTPUT_INVALID,
                    f"The stretches of {rung.name} have different headers and cannot be joined.",
                )

    def delete_read(self, files: list[Path], share: float) -> None:
        """Delete the files of one rung that lie behind what has been copied of it."""
        self.on_share(SOUND_UP_TO)
        # The next is open by the time that much of it is copied.
        reached = share * self.plan.frames - self.plan.segment
        for part, file in zip(self.parts, files, strict=True):
            if part.end < reached:
                file.unlink(missing_ok=True)

    def _empty(self, number: int) -> Path:
        folder = self.folder / str(number)
        folder.mkdir(parents=True)
        return folder


def _run(
    command: list[str],
    plan: Plan,
    seconds: float,
    seconds_done: Callable[[str], float | None],
    on_share: Callable[[float], None],
) -> None:
    """Run ffmpeg to its end; raises with its words if that is a bad one."""
    share = 0.0

    def note(line: str) -> None:
        nonlocal share
        if (done := seconds_done(line)) is not None:
            share = min(1.0, max(share, done / seconds))
            on_share(share)

    outcome = run(
        command,
        limits=Limits(
            seconds=SECONDS_AT_LEAST + SECONDS_PER_SECOND * seconds, file_size=plan.bytes_at_most
        ),
        on_line=note,
        tick=lambda: on_share(share),
    )
    if not outcome.succeeded:
        full = "No space left on device" in outcome.errors
        raise MediaError(
            ErrorCode.DISK_FULL if full else ErrorCode.TOOL_FAILED,
            "The disk became full while encoding. Free some space; it is tried again."
            if full
            else f"ffmpeg ended with status {outcome.status}; its last words are kept.",
            detail=outcome.errors,
        )
