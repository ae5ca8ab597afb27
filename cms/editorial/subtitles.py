"""Captions as people bring them, made into valid WebVTT."""

from __future__ import annotations

import codecs
import io
import re

import webvtt
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from webvtt.errors import MalformedCaptionError, MalformedFileError

MAX_BYTES = 2_000_000
SUBRIP_TIMES = re.compile(r"\d{1,2}:\d{2}:\d{2}[,.]\d{1,3} --> \d")


class NotCaptionsError(ValueError):
    """The text is neither WebVTT nor SubRip; `message` says what to do."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


def webvtt_of_file(file: UploadedFile) -> str:
    """WebVTT text of an uploaded .vtt or .srt file."""
    if file.size is None or file.size > MAX_BYTES:
        raise NotCaptionsError(_("The captions file is larger than 2 MB. Is it the right file?"))
    data = file.read()
    try:
        text = data.decode(_encoding(data))
    except UnicodeError as error:
        raise NotCaptionsError(
            _("The letters of this file cannot be read. Save it as UTF-8.")
        ) from error
    return webvtt_of_text(text)


def webvtt_of_text(text: str) -> str:
    """WebVTT text of WebVTT or SubRip text, cues in order of time."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("﻿").strip() + "\n"
    is_webvtt = text.startswith("WEBVTT")
    if not is_webvtt and not SUBRIP_TIMES.search(text):
        raise NotCaptionsError(
            _("This is neither WebVTT nor SubRip: no times such as 00:00:01,000 --> were found.")
        )
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format="vtt" if is_webvtt else "srt")
    except (MalformedFileError, MalformedCaptionError) as error:
        raise NotCaptionsError(
            _("The captions cannot be read. Check the times in the file.")
        ) from error
    cues = [cue for cue in captions.captions if cue.text.strip()]
    if not cues:
        raise NotCaptionsError(_("There is no text with times in these captions."))
    if any(cue.end_time < cue.start_time for cue in cues):
        raise NotCaptionsError(_("A caption ends before it begins. Check the times in the file."))
    captions.captions[:] = sorted(cues, key=lambda cue: cue.start_time)
    return captions.content


def _encoding(data: bytes) -> str:
    """UTF-8 or what a byte order mark says; else what older subtitle editors on Windows write."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in data:
        raise NotCaptionsError(_("This is not a captions file. Choose a .vtt or .srt file."))
    try:
        data.decode("utf-8-sig")
    except UnicodeError:
        return "cp1252"
    return "utf-8-sig"
