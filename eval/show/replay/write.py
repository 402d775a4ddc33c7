"""Replays as animated GIFs; the page to step through is the explorer's, see ``eval.show.replay.page``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval.show.replay.board import INK, LINE, PAPER, PLAYERS, board_size, draw_board
from eval.show.replay.frames import BoardTask, Frame, Mind

PANEL = 240
_MARGIN = 16
_HEAD = 34
_MILLISECONDS = 450
_LAST_MILLISECONDS = 2500
_SHORT_EPISODE = 40


def write_replay(task: BoardTask, frames: Sequence[Frame], path: Path) -> None:
    """Write frames to a ``.gif`` file.

    Raises:
        ValueError: another kind of file, or Pillow is not installed; the message names the command.
    """
    if path.suffix.lower() != ".gif":
        raise ValueError(f"frames are written to a .gif file, got {str(path)!r}; write_page makes a page")
    _write_gif([draw_frame(task, frame) for frame in frames], path)


def draw_frame(task: BoardTask, frame: Frame) -> Any:
    """The picture of one frame: the board, and beside it what each player believes (a ``PIL`` image)."""
    image_of, draw_on, _ = _pillow()
    width, height = board_size(task)
    height = max(height, 260)
    image = image_of("RGB", (width + PANEL + 3 * _MARGIN, height + _HEAD + 2 * _MARGIN), PAPER)
    canvas = draw_on(image)
    title = f"{task.name}   step {frame.step}" + (f": {frame.end}" if frame.end else "")
    canvas.text((_MARGIN, _MARGIN), title, fill=INK, font=_font(18))
    top = _MARGIN + _HEAD
    draw_board(canvas, _font, task, frame.state, (_MARGIN, top + (height - board_size(task)[1]) // 2))
    for player, mind in enumerate(frame.minds):
        _draw_mind(canvas, player, mind, (width + 2 * _MARGIN, top + player * (height // 2)))
    return image


def _draw_mind(canvas: Any, player: int, mind: Mind, at: tuple[int, int]) -> None:
    x, y = at
    canvas.ellipse((x, y + 2, x + 16, y + 18), fill=PLAYERS[player])
    order = "" if mind.order is None else f", acts at order {mind.order}"
    canvas.text((x + 24, y), f"{player + 1}: {mind.name}{order}", fill=INK, font=_font(14))
    action = "" if mind.action is None else f"does: {mind.action}"
    canvas.text((x + 24, y + 20), action, fill=INK, font=_font(14))
    if not mind.posterior:
        canvas.text((x + 24, y + 44), _assumes(mind), fill="#6b6b6b", font=_font(12))
        return
    canvas.text((x + 24, y + 44), "its partner's order", fill="#6b6b6b", font=_font(12))
    for i, (k, probability) in enumerate(mind.posterior.items()):
        row = y + 62 + 19 * i
        canvas.text((x + 24, row), str(k), fill=INK, font=_font(13))
        canvas.rectangle((x + 40, row + 1, x + 180, row + 14), outline=LINE)
        canvas.rectangle((x + 40, row + 1, x + 40 + round(140 * probability), row + 14), fill=PLAYERS[player])
        canvas.text((x + 186, row), f"{probability:.2f}", fill=INK, font=_font(12))
        if k == mind.estimate:
            canvas.polygon([(x + 216, row + 8), (x + 224, row + 3), (x + 224, row + 13)], fill=INK)


def _assumes(mind: Mind) -> str:
    if not mind.order:
        return "does not model its partner"
    return f"takes its partner to be of order {mind.order - 1}"


@lru_cache(maxsize=16)
def _font(size: int) -> Any:
    return _pillow()[2](size)


def _pillow() -> tuple[Any, Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ValueError(
            "replays need Pillow; install it with pip install 'langgraph-atom[pictures]'"
        ) from None
    return Image.new, ImageDraw.Draw, ImageFont.load_default


def _write_gif(pictures: Sequence[Any], path: Path) -> None:
    pace = _MILLISECONDS if len(pictures) <= _SHORT_EPISODE else _MILLISECONDS // 2
    first, *rest = [picture.quantize(64) for picture in pictures]
    durations = [pace] * len(rest) + [_LAST_MILLISECONDS]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
