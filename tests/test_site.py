"""The documentation site builds without warnings, names all that is public, and looks nowhere else."""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from report.browser import SERIOUS, SIZES, chromium

import atom

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
QUESTIONS = re.findall(r"^- \[(.+)\]\((.+)\)$", (ROOT / "docs" / "how-do-i.md").read_text(), re.MULTILINE)
FIRST = 3
SCHEMES = {"light": "default", "dark": "slate"}
SEARCH = """async (queries) => {
  const config = JSON.parse(document.getElementById("__config").textContent);
  const worker = new Worker(new URL(config.search, location));
  const index = await (await fetch(new URL(config.base + "/search/search_index.json", location))).json();
  const answer = (message, type) => new Promise((resolve) => {
    worker.onmessage = ({data}) => { if (data.type === type) resolve(data.data); };
    worker.postMessage(message);
  });
  await answer({type: 0, data: {...index, options: {suggest: false}}}, 1);
  const found = [];
  for (const query of queries) {
    const {items} = await answer({type: 2, data: query}, 3);
    found.push(items.map((page) => page.map((section) => section.location)));
  }
  return found;
}"""
"""Asks the worker that the search field asks, in the words that the theme uses to it."""
pytest.importorskip("mkdocs")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Where the files of a folder are served."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@contextmanager
def opened(browser, address, size="desktop", scheme="light"):
    """A page, whose errors end the test."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    wrong = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=900,
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


def test_every_notebook_is_a_page_with_its_outputs_and_pictures(site):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        html = site / "notebooks" / f"{path.stem}.html"
        text = html.read_text()
        pictures = re.findall(r'<img alt="([^"]*)" class="figure" src="([^"]+)"', text)
        drawn = [c for c in cells if any("image/png" in o.get("data", {}) for o in c.get("outputs", []))]
        assert [alt for alt, _ in pictures] == [
            cell["metadata"]["alt"].replace('"', "&quot;") for cell in drawn
        ]
        assert all(len(alt.split()) > 10 for alt, _ in pictures)
        assert all((html.parent / source).stat().st_size > 1000 for _, source in pictures)
        said = [
            c
            for c in cells
            for o in c.get("outputs", [])
            if o.get("text") or list(o.get("data", {})) == ["text/plain"]
        ]
        assert len(re.findall(r'class="[^"]*\boutput\b', text)) >= len(said)
        assert ".ipynb)" not in text


def test_the_changelog_is_the_file_itself_and_leads_to_pages(site):
    text = (site / "changelog.html").read_text()
    releases = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert [re.sub(r"<.*", "", found) for found in re.findall(r"<h2[^>]*>(.*)</h2>", text)] == releases
    assert '<a href="hidden.html">docs/hidden.md</a>' in text


def test_every_page_says_which_version_it_is_of(site):
    for name in ("index.html", "notebooks/01_quickstart.html", "reference/agents.html"):
        assert f"langgraph-atom {atom.__version__}" in re.sub(r"dev, after ", "", (site / name).read_text())


def test_the_sample_explorer_stands_in_its_page(site):
    assert 'src="sample-explorer.html"' in (site / "explorer.html").read_text()
    assert 'id="data"' in (site / "sample-explorer.html").read_text()


def test_questions_lead_to_sections(site):
    assert len(QUESTIONS) >= 30
    for question, target in QUESTIONS:
        page, _, section = target.replace(".md", ".html").partition("#")
        assert f'id="{section}"' in (site / page).read_text(), question


def test_the_search_finds_what_the_questions_lead_to(site, browser):
    """As they are asked, and as a few words; the page of questions itself is not in the index."""
    asked = [question for question, _ in QUESTIONS]
    short = [question.removeprefix("How do I ").rstrip("?") for question in asked]
    with served(site) as address, opened(browser, f"{address}/index.html") as page:
        found = page.evaluate(SEARCH, asked + short)
    missed = [
        (query, [group[0] for group in groups[:FIRST]])
        for query, groups, (_, target) in zip(asked + short, found, QUESTIONS * 2, strict=True)
        if target.partition(".md")[0] + ".html"
        not in [group[0].partition("#")[0] for group in groups[:FIRST]]
    ]
    assert missed == []


def test_a_question_that_is_typed_is_answered(site, browser):
    with served(site) as address, opened(browser, f"{address}/index.html") as page:
        box, deadline = page.locator("[data-md-component=search-query]"), time.monotonic() + 60.0
        box.fill("How do I repair a damaged results file?")
        while not page.query_selector(".md-search-result__item a[href*='evaluation.html']"):
            assert time.monotonic() < deadline
            box.press("End")  # the theme looks at what is there when a key is let go
            page.wait_for_timeout(1_000)
        assert "evaluation.html" in page.get_attribute(".md-search-result__item a", "href")


NEW = ("notebooks/02_matrix_games_and_misalignment", "your-problem", "how-do-i", "changelog")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_the_window_in_both_schemes(site, browser, size, scheme):
    with served(site) as address, opened(browser, f"{address}/index.html", size, scheme) as page:
        for name in NEW:
            page.goto(f"{address}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert page.evaluate("document.body.dataset.mdColorScheme") == SCHEMES[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_can_be_read_by_everybody(site, browser, scheme):
    """What stands in the page; the theme's own frame is its own business."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with served(site) as address, opened(browser, f"{address}/index.html", "phone", scheme) as page:
        for name in (NEW[0], "drop-in"):
            page.goto(f"{address}/{name}.html")
            found = axe.Axe().run(page, context="article").response["violations"]
            assert [one["id"] for one in found if one["impact"] in SERIOUS] == [], name


@pytest.fixture
def repository(tmp_path):
    """A small repository with the site's settings, a few pages, and somewhere to publish to."""
    copy = tmp_path / "copy"
    shutil.copytree(
        ROOT / "docs" / ".site", copy / "docs" / ".site", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in (
        "Makefile",
        ".gitignore",
        "pyproject.toml",
        "docs/site.css",
        "docs/query.js",
        "CHANGELOG.md",
    ):
        shutil.copy(ROOT / name, copy / name)
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    settings["plugins"] = [
        one for one in settings["plugins"] if "mkdocstrings" not in one and one != "awesome-nav"
    ]
    settings["hooks"] = ["docs/.site/release.py"]
    (copy / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    (copy / "docs" / "index.md").write_text("# Home\n")
    (copy / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n- a change\n\n## 0.2.0 (2026-11-25)\n"
    )

    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=copy, capture_output=True, text=True, check=True
        ).stdout

    git("init", "--quiet", "--initial-branch", "main")
    git("config", "user.name", "somebody")
    git("config", "user.email", "somebody@example.org")
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "origin")], check=True)
    git("remote", "add", "origin", str(tmp_path / "origin"))
    git("add", ".")
    git("commit", "--quiet", "--message", "a beginning")
    git("push", "--quiet", "origin", "main")
    return copy, git


def in_versions(copy, *command):
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PATH": path}
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, env=quiet)


def test_versions_stand_beside_each_other_and_nothing_is_published(repository, browser, tmp_path):
    copy, git = repository
    number, out = atom.__version__, tmp_path / "published"
    out.mkdir()
    with served(out) as address:
        make = ("make", "--old-file", "setup", "docs-version", f"BIN={PROGRAMS}", f"SITE_URL={address}")
        assert in_versions(copy, *make).returncode == 0  # what is not released is "dev"
        changes = (copy / "CHANGELOG.md").read_text().replace("## Unreleased\n\n- a change\n\n", "")
        (copy / "CHANGELOG.md").write_text(changes)
        done = in_versions(copy, *make)
        assert done.returncode == 0, done.stderr

        versions = json.loads(git("show", "gh-pages:versions.json"))
        assert {one["version"]: one["aliases"] for one in versions} == {"dev": [], number: ["latest"]}
        assert git("ls-remote", "--heads", "origin").split("\t")[1:] == ["refs/heads/main\n"]
        assert git("status", "--porcelain", "--untracked-files=all").split() == ["M", "CHANGELOG.md"]
        archive = subprocess.run(["git", "archive", "gh-pages"], cwd=copy, capture_output=True, check=True)
        subprocess.run(["tar", "--extract", "--directory", str(out)], input=archive.stdout, check=True)
        assert f"langgraph-atom {number}" in (out / "latest" / "index.html").read_text()
        with opened(browser, f"{address}/") as page:
            page.wait_for_url(f"{address}/latest/")
            page.wait_for_selector(".md-version__current")
            links = page.eval_on_selector_all(".md-version__link", "all => all.map(one => one.href)")
            assert links == [f"{address}/dev/", f"{address}/{number}/"]
            assert page.locator("[data-md-component=outdated]").is_hidden()
            page.goto(f"{address}/dev/index.html")
            page.click("[data-md-component=outdated] a")
            assert page.url.startswith(f"{address}/latest/")


def test_a_version_under_a_wrong_name_or_without_an_address_is_refused(repository):
    copy, git = repository
    mike = (str(PROGRAMS / "mike"), "deploy")
    assert "these pages are of 'dev'" in in_versions(copy, *mike, atom.__version__).stderr
    assert "say where the versions will stand" in in_versions(copy, *mike, "dev").stderr
    assert "gh-pages" not in git("branch", "--list")
