"""The wheel holds the plugin alone, installs into an empty environment and imports there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import atom

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


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """The evaluation's wheel, made from its source distribution."""
    out = tmp_path_factory.mktemp("eval")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*command, str(ROOT / "distributions" / "eval")], check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_evaluation_has_every_file_of_its_packages(evaluation):
    names = zipfile.ZipFile(evaluation).namelist()
    listed = subprocess.run(
        ["git", "ls-files", "eval", "partners"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(listed) <= {name for name in names if ".dist-info" not in name}
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"eval", "partners"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_both_installed_play_and_report_in_an_empty_folder(wheel, evaluation, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs, empty = tmp_path / "venv" / "bin", tmp_path / "empty"
    empty.mkdir()
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel), str(evaluation)], check=True)
    here = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    own = next((tmp_path / "venv" / "lib").glob("*/site-packages"))
    # appended to the path, and its own .pth files not read: a checkout is not on it
    (own / "dependencies.pth").write_text(f"{here}\n")

    def run(*arguments, status=0):
        done = subprocess.run(
            [str(programs / "atom-eval"), *arguments], cwd=empty, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(empty)},
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else " ".join(done.stderr.split())

    assert run("--version") == f"langgraph-atom {atom.__version__}\n"
    run("crossplay", "--task", "memory-1", "--agents", "bayes", "--partners", "tom-1", "--episodes", "2",
        "--results", "r.sqlite")  # fmt: skip
    run("report", "r.sqlite")
    assert "<html" in (empty / "report.html").read_text()
    assert "atom-eval crossplay --task memory-1" in (empty / "report.html").read_text()
    assert "; atom-eval crossplay --results FILE makes one" in run("statistics", "none.sqlite", status=2)
    assert "All: atom-eval list" in run("crossplay", "--task", "memory-2", status=2)
    assert "Usage: atom-eval crossplay" in " ".join(run("crossplay", "--help").split())
    assert "_ATOM_EVAL_COMPLETE" in run("--show-completion", "bash")


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
