"""The wheel holds the plugin alone, installs into an empty environment and imports there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_atom_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"atom"}
    assert "atom/py.typed" in names
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "atom").rglob("*") if path.is_file()}
    assert {s for s in sources if "__pycache__" not in s} == {n for n in names if n.startswith("atom/")}


def test_the_wheel_installs_and_imports_in_an_empty_environment(wheel, tmp_path):
    """Dependencies come from the running environment, since an index is not there to be asked."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    here = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    # appended, so that the wheel's own files come first
    code = (
        f"import sys; sys.path.append({str(here)!r}); import atom, atom.graph.node; print(atom.__file__);"
        "game = atom.NormalFormReasoner(atom.symmetric_payoffs([[0, 1], [1, 0]]));"
        "print(atom.AdaptiveAgent('ann', game).orders)"
    )
    done = subprocess.run(
        [str(python), "-I", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert str(tmp_path) in done.stdout
    assert "(0, 1, 2, 3)" in done.stdout
    assert subprocess.run(
        [str(python), "-I", "-c", "import partners"], check=False, capture_output=True
    ).returncode
