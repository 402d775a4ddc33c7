"""Every notebook runs from top to bottom, and is kept with its outputs."""

import sys
import tempfile
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST = 35


def read(path):
    return nbformat.read(path, as_version=4)


def test_all_are_there():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{i:02}" for i in range(1, 9)]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, monkeypatch):
    """In a fresh kernel of this environment; without keys, whatever the shell has."""
    monkeypatch.delenv("ATOM_MODEL", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = read(path)
    resources = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3", resources=resources).execute()
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert not [o for outputs in shown for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_is_kept_with_pictures_and_without_paths(path):
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in o.get("data", {}) for cell in code for o in cell.outputs)
    text = path.read_text()
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
    assert sys.prefix not in text
    assert "Traceback" not in text
    assert tempfile.gettempdir() + "/" not in text
    assert max(len(cell.source.splitlines()) for cell in code) <= LONGEST, "calls only"
