"""Draws the picture of the folders: ``python docs/.site/architecture.py`` writes both files anew."""

from pathlib import Path

PICTURES = Path(__file__).parents[1] / "pictures"
WIDTH, MARGIN, BAR, GAP = 420, 14, 62, 14
BARS: list[list[tuple[str, str]]] = [
    [("eval", "tasks, episodes, sweeps, statistics")],
    [("partners", "players to be paired with, by name")],
    [("graph", "turn, node, middleware"), ("rewards", "for training teams")],
    [("agents", "the loop; who acts"), ("coding", "promises; git")],
    [("reasoning", "how a player of any order would act")],
    [("belief", "learners, hypotheses"), ("models", "prompts, replies")],
    [("values", "situation, policies, decision, memories")],
]
"""From above: every bar may import from those below it."""
OUTSIDE = 2
"""So many bars are not in the wheel."""
COLOURS = {
    "light": {"fill": "#f3f4f6", "text": "#1b1b1b", "soft": "#595959", "edge": "#0072B2", "out": "#767676"},
    "dark": {"fill": "#23262d", "text": "#f1f1f1", "soft": "#b8bcc4", "edge": "#56B4E9", "out": "#9aa0a9"},
}
FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def picture(scheme: str) -> str:
    """The picture as SVG; ``scheme`` is ``light`` or ``dark``."""
    colours = COLOURS[scheme]
    parts, y = [], MARGIN
    for i, bar in enumerate(BARS):
        if i == OUTSIDE:
            parts.append(_text(WIDTH / 2, y + 14, "atom, the wheel", 14, colours["soft"]))
            y += 26
        width = (WIDTH - 2 * MARGIN - GAP * (len(bar) - 1)) / len(bar)
        for j, (name, what) in enumerate(bar):
            x = MARGIN + j * (width + GAP)
            edge = colours["out" if i < OUTSIDE else "edge"]
            parts.append(
                f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{BAR}" rx="10" '
                f'fill="{colours["fill"]}" stroke="{edge}" stroke-width="1.5"/>'
            )
            parts.append(_text(x + width / 2, y + 26, name, 18, colours["text"], 700))
            parts.append(_text(x + width / 2, y + 48, what, 15, colours["soft"]))
        y += BAR + GAP
    y += 8
    parts.append(_text(WIDTH / 2, y + 8, "each imports only from those below it", 15, colours["soft"]))
    height = y + 22
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="t d" font-family="{FONT}">'
    )
    bars = "; ".join(" and ".join(f"{name} ({what})" for name, what in bar) for bar in BARS)
    title = '<title id="t">The folders and their directions</title>'
    words = f'<desc id="d">From above: {bars}. Each imports only from those below it.</desc>'
    return "\n".join([head, title, words, *parts, "</svg>\n"])


def _text(x: float, y: float, words: str, size: int, colour: str, weight: int = 400) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="middle" '
        f'font-weight="{weight}">{words}</text>'
    )


if __name__ == "__main__":
    for scheme in COLOURS:
        (PICTURES / f"architecture-{scheme}.svg").write_text(picture(scheme), encoding="utf-8")
