"""The documentation site builds without warnings, names all that is public, and looks nowhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import atom

ROOT = Path(__file__).parents[1]
pytest.importorskip("mkdocs")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out


def test_all_that_is_public_is_in_the_reference(site):
    text = "".join(page.read_text() for page in (site / "reference").glob("*.html"))
    missing = [name for name in atom.__all__ if not re.search(rf'id="[\w.]*\.{name}"', text)]
    assert missing == []


def test_examples_of_docstrings_are_shown_as_code(site):
    text = (site / "reference" / "reasoners.html").read_text()
    assert "Examples:" in re.sub(r"<[^>]+>", "", text)


def test_every_page_and_picture_is_there(site):
    for page in (ROOT / "docs").rglob("*.md"):
        html = site / page.relative_to(ROOT / "docs").with_suffix(".html")
        for source in re.findall(r'<img[^>]* src="([^"]+)"', html.read_text()):
            assert source.startswith(("data:", "https:")) is False
            assert (html.parent / source.partition("#")[0]).is_file(), (page, source)


def test_pages_load_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        assert not re.search(
            r'<(script|img|link)[^>]+(src|href)="https?://(?!squidfunk)', page.read_text()
        ), page
