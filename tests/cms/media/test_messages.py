"""Every verdict and fault has a sentence, and every sentence fits what fills it."""

from __future__ import annotations

import pytest
from django.utils import translation

from cms.media import messages
from cms.media.errors import ErrorCode
from cms.media.judge import Reason

PARAMS = {
    Reason.TRUNCATED: {"readable": 1.0, "declared": 7.0},
    Reason.TOO_LONG: {"hours": 5.0, "limit": 4},
    Reason.TOO_SMALL: {"width": 8, "height": 8},
    Reason.TOO_WIDE: {"width": 9000, "height": 100, "limit": 8192},
    Reason.MORE_SOUND: {"count": 2},
    Reason.SHORT_TAIL: {"missing": 1.2},
    Reason.ACTIVE: {"what": "SVG"},
    Reason.ACTIVE_INSIDE: {"what": "ZIP"},
    Reason.PHOTO_TOO_LARGE: {"found": 400, "width": 20000, "height": 20000, "limit": 210},
    Reason.FIRST_OF_SEVERAL: {"count": 3},
    ErrorCode.TOO_LARGE: {"limit": 10},
    ErrorCode.TOO_MANY: {"most": 20},
}
# Never stored with an asset.
INNER = {ErrorCode.LEASE_LOST, ErrorCode.STOPPED, ErrorCode.OVERTAKEN}


@pytest.mark.parametrize("code", [*Reason, *(code for code in ErrorCode if code not in INNER)])
def test_every_code_has_a_sentence_that_its_parameters_fill(code: str) -> None:
    for language in ("en", "id"):
        with translation.override(language):
            text = messages.sentence(code, PARAMS.get(code, {}))
            assert text.endswith(".")
            assert "%(" not in text


def test_numbers_are_written_as_the_language_writes_them() -> None:
    with translation.override("id"):
        assert "1,0 dari 7,5 detik" in messages.sentence(
            Reason.TRUNCATED, {"readable": 1.0, "declared": 7.5}
        )


def test_a_sentence_without_a_code_is_empty() -> None:
    assert messages.sentence("", {}) == ""
