"""Looking at an explorer in a browser: windows, and waiting until they are drawn."""

import time

from browser import SIZES


def window(browser, address, size="desktop", scheme="light", *, policy=True):
    """A page, and the list of everything that went wrong on it or that it asked others for."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=not policy
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    wrong = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else wrong.append(r.url))
    return page, wrong


def drawn(page):
    """How often the page has been drawn."""
    return page.evaluate("Number(document.body.dataset.drawn ?? 0)")


def until(page, done):
    """Waits for what a test asks of the page; its policy forbids text as script."""
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, page.inner_text("body")[:2000]
        page.wait_for_timeout(20)


def after(page, act, *arguments):
    """Does something, and waits until the page was drawn anew."""
    before = drawn(page)
    act(*arguments)
    until(page, lambda: drawn(page) > before)


def opened(page, address, state=""):
    page.goto(f"{address}#{state}")
    until(page, lambda: drawn(page) > 0)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
