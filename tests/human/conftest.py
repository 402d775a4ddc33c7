"""A served page, and a headless browser to look at it with."""

import shutil
import threading

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from eval.human.server import Games, new_games, serve


@pytest.fixture
def over():
    """The games that came to their end."""
    return []


@pytest.fixture
def address(over):
    """Where one-ahead-5 with an adaptive agent is served."""
    games = Games(new_games("one-ahead-5", "bayes", seed=42), over.append)
    with serve(games) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def open_browser(tmp_path_factory):
    """Opens windows that know nothing of each other; closes them at the end."""
    opened = []

    def open_(width=1100, height=900, *, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in (
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", f"--window-size={width},{height}",
            f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
        ):  # fmt: skip
            options.add_argument(argument)
        browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        opened.append(browser)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        return browser

    yield open_
    for browser in opened:
        browser.quit()
