"""The sample explorer of the documentation: played when the site is built, and photographed by hand.

``python docs/.site/sample.py`` plays the two runs, opens their explorer in a headless Chromium and writes the
pictures of docs/explorer.md; with a path it writes the page there instead.
"""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
GAMES = (
    "--task", "one-ahead-5,overcooked", "--agents", "ftl,bayes,tom-1",
    "--partners", "tom-0,tom-1,imitate,self", "--episodes", "12", "--epsilon", "0.05",
)  # fmt: skip
ASKED = (
    "--task", "memory-1", "--agents", "llm:openai/scripted@bayes,bayes", "--partners", "tom-0,tom-1",
    "--episodes", "3", "--yes",
)  # fmt: skip
SIZES = {"desktop": (1180, 860), "phone": (390, 780)}
DECISION = (
    "run=2.1&task=memory-1&agent=llm%3Aopenai%2Fscripted%40bayes&partner=tom-1&episode=0&step=4"
    "&player=player-1"
)
SHOTS = {
    "explorer-verdict": ("desktop", "light", "run=1.1&task=one-ahead-5"),
    "explorer-episode": (
        "desktop",
        "dark",
        "run=1.1&task=overcooked&agent=bayes&partner=tom-1&episode=3&step=12",
    ),
    "explorer-phone": ("phone", "light", "run=1.1&task=one-ahead-5"),
    "explorer-prompt": ("phone", "dark", DECISION),
}
"""Picture -> size, scheme, and the state in the address."""


def played(folder: Path) -> list[Path]:
    """Two results files: games without a language model, and a scripted model that is asked."""
    from eval.modelserver import Faults, ScriptedServer  # noqa: PLC0415 - the site is built without it, too

    files = [folder / "games.sqlite", folder / "asked.sqlite"]
    with ScriptedServer(faults=Faults({"illegal": 0.1}), seed=1) as server:
        environment = {**os.environ, "OPENAI_API_BASE": server.url, "OPENAI_API_KEY": "none"}
        for asked, file in zip((GAMES, ASKED), files, strict=True):
            command = [sys.executable, "-m", "eval", "crossplay", *asked, "--results", str(file)]
            done = subprocess.run(  # noqa: S603 - our own command
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode not in (0, 3):  # 3 says that some replies named no option, as they should here
                raise RuntimeError(done.stderr)
    return files


def page() -> str:
    """The explorer of both runs in one file."""
    from eval.results import stored_episodes  # noqa: PLC0415 - as above
    from eval.show.explorer import RunPacker, explored_runs, one_file  # noqa: PLC0415 - as above

    with TemporaryDirectory() as folder:
        packers = []
        for run in explored_runs(played(Path(folder))):
            packer = RunPacker(run)
            for episode in stored_episodes(run.file, run.stored.number):
                packer.add(episode)
            packers.append(packer)
        return one_file(packers, still="<h1>Figures and methods</h1><p>A report has them here.</p>")


def on_post_build(config: Any, **_: Any) -> None:
    """Called by MkDocs: writes the page into the site."""
    (Path(config["site_dir"]) / "sample-explorer.html").write_text(page(), encoding="utf-8")


def photographed(file: Path) -> None:
    """Writes the pictures of a page, with few colours, which is what makes them small."""
    from PIL import Image  # noqa: PLC0415 - extras
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - extras

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, scheme, state) in SHOTS.items():
            width, height = SIZES[size]
            window = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            window.goto(f"{file.as_uri()}#{state}")
            window.wait_for_selector("body[data-drawn]")
            window.evaluate("document.activeElement.blur()")
            image = Image.open(io.BytesIO(window.screenshot()))
            image.convert("RGB").quantize(96).save(PICTURES / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        with TemporaryDirectory() as here:
            sample = Path(here) / "sample.html"
            sample.write_text(page(), encoding="utf-8")
            photographed(sample)
