"""Each guard of an invariant is taken out of a copy of the code; its tests must fail then.

That takes a while: `make soak` does it for all of them, `make test` for one, and sees to it that
each is still where the table says, once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "dist", "__pycache__", ".*_cache", ".hypothesis"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A piece of code that keeps an invariant (DESIGN, chapter 6), and the tests that know it."""

    invariant: int
    file: str
    code: str
    without: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.invariant}-{Path(self.file).stem}-{' '.join(self.code.split())[:40]}"


PIPELINE = "tests/cms/publishing/test_pipeline.py"
PUBLISHERS = "tests/kills/test_publishers.py"
GUARDS = (
    Guard(
        invariant=1,
        file="site_builder/plan.py",
        code="for spec in ledger.dependents(key):",
        without="for spec in ledger.specs():",
        tests=(PIPELINE,),
    ),
    Guard(
        invariant=2,
        file="site_builder/plan.py",
        code='unwanted[path] = f"{key} is no longer public here"',
        without="pass",
        tests=("tests/site_builder/test_any_history.py", PIPELINE),
    ),
    Guard(
        invariant=2,
        file="cms/publishing/comparison.py",
        code="touched = self._hanging()",
        without="touched = Touched()",
        tests=("tests/cms/publishing/test_sweep.py",),
    ),
    Guard(
        invariant=3,
        file="cms/publishing/relay.py",
        code="        with transaction.atomic():\n            head = locked_head()",
        without="        if True:\n            head = LogHead.objects.get_or_create(pk=1)[0]",
        tests=(f"{PUBLISHERS}::test_a_change_has_one_number_however_many_give_numbers_at_once",),
    ),
    Guard(
        invariant=3,
        file="static_export/job.py",
        code="_write_state(job.target, replace(job.state, intent=intent, retired=job.retired))",
        without="pass",
        tests=("tests/static_export/test_push_contract.py", "tests/kills/test_publishing.py"),
    ),
    Guard(
        invariant=4,
        file="cms/api/loaders.py",
        code="set() if released else self._hidden(missing)",
        without="set()",
        tests=("tests/cms/api", "tests/leaks"),
    ),
    Guard(
        invariant=4,
        file="cms/preview/tokens.py",
        code="if owner != str(user.pk):",
        without="if False:",
        tests=("tests/cms/preview",),
    ),
    Guard(
        invariant=5,
        file="cms/media/promotion.py",
        code="    storage.delete(Bucket.MEDIA, gone)\n",
        without="",
        tests=("tests/cms/media/test_promotion.py",),
    ),
    Guard(
        invariant=6,
        file="cms/media/storage.py",
        code="if length != size or digest.hexdigest() != sha256:",
        without="if length != size:",
        tests=("tests/cms/media/test_promotion.py", "tests/cms/media/test_storage.py"),
    ),
    Guard(
        invariant=7,
        file="cms/editorial/doors.py",
        code=".count() != len(wanted):",
        without=".count() == -1:",
        tests=("tests/cms/editorial/test_isolation.py",),
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_table_says(guard: Guard) -> None:
    assert (ROOT / guard.file).read_text().count(guard.code) == 1
    assert all((ROOT / path.partition("::")[0]).exists() for path in guard.tests)


def test_every_invariant_of_the_spine_has_a_guard_in_the_table() -> None:
    assert {guard.invariant for guard in GUARDS} == set(range(1, 8))


# The quickest of them stands for all in `make test`.
TRIED = GUARDS if os.environ.get("SOAK") else [one for one in GUARDS if one.invariant == 5]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("guard", TRIED, ids=lambda guard: guard.name)
def test_the_tests_fail_without_the_guard(guard: Guard, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND, symlinks=True)
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    file = copy / guard.file
    file.write_text(file.read_text().replace(guard.code, guard.without))
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    environment.pop("SOAK", None)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *guard.tests]
    ended = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    shutil.rmtree(copy)
    assert ended.returncode == 1, ended.stdout[-4000:]
    assert " failed" in ended.stdout, ended.stdout[-4000:]
