"""Files that lost a bit, their end or a stretch: a right answer or a named error, and nothing else lost."""

import io
import json
import random
import resource
import sqlite3
import time
import warnings
import zipfile
import zlib
from contextlib import closing, suppress
from dataclasses import replace

import numpy as np
import pytest

from atom import TabularReasoner
from atom.llm import SqliteMemo
from eval.play import RecordError, read_record
from eval.results import (
    DamagedFileError,
    DamageWarning,
    ResultsError,
    check,
    content_digest,
    open_run,
    read_results,
    repair,
    stored_cells,
    stored_episodes,
    stored_run,
    stored_tasks,
)
from eval.results.transcripts import unpack
from eval.sweeps import Execution, Sweep, run_sweep
from eval.tasks import make_task
from eval.training import Asked, Settings, trained
from partners import make_partner, save_population
from partners.population import save_policies

PLACES = 200
ASKED = Sweep((("memory-1", ("hedge", "tom-1"), ("tom-0", "random")),), 8, seed=5)
TOTAL = len(ASKED.units)
SECONDS, MEBIBYTES = 20.0, 256
"""No file takes longer to be read and repaired, nor more memory."""


def flip(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def cut(data, rng):
    return data[: rng.randrange(len(data))]


def zero(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + bytes(min(64, len(data) - at)) + data[at + 64 :]


DAMAGES = [flip, cut, zero]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A results file, and its episodes by key."""
    path = tmp_path_factory.mktemp("whole") / "r.sqlite"
    with open_run(path, ASKED.configuration()) as run:
        run_sweep(ASKED, Execution(run=run))
    return path.read_bytes(), {(e.agent, e.partner, e.episode): e for e in stored_episodes(path)}


@pytest.fixture
def bounded():
    """Measures that nothing takes long or much."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = []

    def run(work):
        began = time.process_time()
        try:
            return work()
        finally:
            slowest.append(time.process_time() - began)

    yield run
    assert max(slowest) < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEBIBYTES * 1024


def quiet(read, path):
    """What a reader finds, and what it warned of."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = read(path)
    return found, [warning for warning in said if warning.category is DamageWarning]


def episodes_of(path):
    return {(e.agent, e.partner, e.episode): e for e in stored_episodes(path)}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_results_are_read_repaired_and_lose_what_is_damaged_alone(damage, whole, tmp_path, bounded):
    data, truth = whole
    rng = random.Random(f"results {damage.__name__}")  # noqa: S311 - places, no secrets
    outcomes, lost = {"whole": 0, "fewer": 0, "named": 0}, []
    for n in range(PLACES):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = folder / "r.sqlite"
        path.write_bytes(damage(data, rng))
        outcomes[bounded(lambda path=path: read_one(path, truth))] += 1
        if n % 4 == 0:
            lost.append(TOTAL - bounded(lambda path=path: repair_one(path, truth)))
    assert outcomes["named"] or outcomes["fewer"]
    if damage is flip:
        # a bit is of one episode, or of none
        assert max(lost) <= 1
    elif damage is zero:
        # a stretch of 64 bytes may be where a page says what is where in it
        assert sum(lost) <= PLACES
    else:
        assert min(lost) < TOTAL / 4


def read_one(path, truth):
    """Every reader gives what was played, or says what is wrong with the file."""
    try:
        found, said = quiet(episodes_of, path)
    except DamagedFileError:
        return "named"
    except ResultsError as error:
        return "named" if "is empty" in str(error) else str(error)
    assert all(truth[key] == episode for key, episode in found.items())
    # what is left out is said, once
    assert len(said) == (len(found) < TOTAL)
    return "whole" if len(found) == TOTAL else "fewer"


def repair_one(path, truth):
    """How many episodes there are after a repair, all of them right, in a sound file."""
    for read in (stored_cells, content_digest):
        with suppress(DamagedFileError):
            quiet(read, path)
    if check(path).is_sound:
        return TOTAL
    try:
        saved = repair(path)
    except ResultsError:
        return 0
    # what is missing now is not damaged, but to be played
    found, _ = quiet(episodes_of, path)
    assert all(truth[key] == episode for key, episode in found.items())
    assert sum(saved.episodes.values()) == len(found)
    assert check(path).is_sound
    assert saved.copy.exists()
    return len(found)


@pytest.mark.parametrize(
    "column", ["score = score + 1", "steps = zeroblob(100)", "agent = 'Hedge'", "seed = 1"]
)
def test_a_damaged_episode_is_named_left_out_and_played_again(column, whole, tmp_path):
    data, truth = whole
    path = tmp_path / "r.sqlite"
    path.write_bytes(data)
    digest = content_digest(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"UPDATE episodes SET {column} "  # noqa: S608 - of this test
            "WHERE agent = 'hedge' AND partner = 'random' AND episode = 3"
        )
    with pytest.warns(
        DamageWarning, match=r"1 is damaged and left out: episode 3 of '[hH]edge' with 'random'"
    ):
        found = episodes_of(path)
    assert found == {key: e for key, e in truth.items() if key != ("hedge", "random", 3)}
    checked = check(path)
    assert (checked.whole, len(checked.damaged), checked.problems) == ({1: TOTAL - 1}, 1, [])
    with pytest.warns(DamageWarning):
        cells = stored_cells(path)["memory-1"]
    assert cells[0][1].episodes == (0, 1, 2, 4, 5, 6, 7)
    played = []
    with open_run(path, ASKED.configuration()) as run:
        assert run.notes == ("1 stored episodes are damaged and are played again",)
        run_sweep(ASKED, Execution(run=run, progress=lambda: played.append(1)))
    assert content_digest(path) == digest
    assert check(path).is_sound


def test_a_file_with_a_damaged_structure_is_refused_before_anything_is_played(whole, tmp_path):
    data, _ = whole
    path = tmp_path / "r.sqlite"
    path.write_bytes(data[: len(data) * 4 // 5])
    with (
        pytest.raises(DamagedFileError, match=r"it is damaged .* check .*r.sqlite --repair saves"),
        open_run(path, ASKED.configuration()),
    ):
        pytest.fail("the run was opened")
    repair(path)
    with open_run(path, ASKED.configuration()) as run:
        assert 0 < run.there < TOTAL
        run_sweep(ASKED, Execution(run=run))
    whole_again = tmp_path / "whole.sqlite"
    whole_again.write_bytes(data)
    assert content_digest(path) == content_digest(whole_again)


def test_a_lost_configuration_comes_back_from_its_copy_and_else_from_the_episodes(whole, tmp_path):
    data, truth = whole
    path = tmp_path / "r.sqlite"
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET configuration = replace(configuration, 'hedge', 'Hedge')")
    assert stored_run(path).configuration == json.loads(json.dumps(ASKED.configuration()))
    assert "run 1: what was asked for is damaged, and read from a copy" in check(path).problems
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE materials SET content = zeroblob(50) WHERE kind = 'run'")
    with pytest.raises(DamagedFileError, match="what was asked for in run 1 cannot be read"):
        stored_run(path)
    saved = repair(path)
    assert (saved.episodes, saved.without) == ({1: TOTAL}, [1])
    assert episodes_of(path) == truth
    assert stored_run(path).configuration["matrices"]["memory-1"]["agents"] == ["hedge", "tom-1"]
    assert stored_tasks(path)["memory-1"].optimum == 75.0


def test_a_few_kilobytes_do_not_become_gigabytes(bounded):
    """The record of the attack: 400 KiB that unpack to lists upon lists."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b'{"situations": [')]
    parts += [packer.compress(b"[],[]," * 2**16) for _ in range(1000)]
    record = b"".join([*parts, packer.flush()])
    assert len(record) < 2**20
    with pytest.raises(RecordError, match="unpacks to more than"):
        bounded(lambda: read_record(record))
    with pytest.raises(RecordError, match="unpacks to more than"):
        bounded(lambda: unpack(record))


def test_a_record_of_another_form_is_named():
    for content in (
        [],
        {"situations": "0" * 16},
        {"situations": 1, "players": {}, "policies": []},
        "x",
        None,
    ):
        for data in (zlib.compress(json.dumps(content).encode()), b"{" + json.dumps(content).encode()):
            with pytest.raises(RecordError):
                read_record(data)


# Tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The file of a solved game, and what it says."""
    folder = tmp_path_factory.mktemp("tables")
    policies = TabularReasoner(make_task("game-1").model, cache=folder).policies
    (file,) = folder.iterdir()
    return file.name, file.read_bytes(), policies


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_tables_are_solved_anew(damage, tables, tmp_path, bounded):
    name, data, expected = tables
    model = make_task("game-1").model
    rng = random.Random(f"tables {damage.__name__}")  # noqa: S311 - places, no secrets
    for _ in range(PLACES):
        (tmp_path / name).write_bytes(damage(data, rng))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = bounded(lambda: TabularReasoner(model, cache=tmp_path).policies)
        assert np.array_equal(found, expected)
        assert len(said) <= 1
        assert all("solving anew" in str(warning.message) for warning in said)


def test_tables_that_claim_gigabytes_are_not_unpacked(tables, tmp_path, bounded):
    name, data, expected = tables
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<i8", "fortran_order": False, "shape": (5 * 2**27,)}
    )
    with zipfile.ZipFile(io.BytesIO(data)) as known, zipfile.ZipFile(tmp_path / name, "w") as made:
        for entry in known.namelist():
            made.writestr(entry, header.getvalue() if entry == "values.npy" else known.read(entry))
    with pytest.warns(UserWarning, match=r"'values' is not as long as it says\); solving anew"):
        bounded(lambda: TabularReasoner(make_task("game-1").model, cache=tmp_path).policies)
    with (
        zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("values.npy", "w", force_zip64=True) as entry,
    ):
        for _ in range(100):
            entry.write(bytes(2**20))
    assert (tmp_path / name).stat().st_size < 2**20
    with pytest.warns(UserWarning, match=r"it unpacks to 104,857,600 bytes, .*solving anew"):
        found = bounded(lambda: TabularReasoner(make_task("game-1").model, cache=tmp_path).policies)
    assert np.array_equal(found, expected)


# Trained populations


@pytest.fixture(scope="module")
def populations(tmp_path_factory):
    """A file of pairs that learned together, one of a best member of a table, and what each says."""
    folder = tmp_path_factory.mktemp("populations")
    pairs = trained(Asked("lever-5", "plain", (7, 8, 9), Settings(steps=20, group=8)))
    save_population(folder / "pairs.json", pairs)
    model = make_task("game-1").model
    policies = np.random.default_rng(1).integers(0, len(model.actions), (2, model.n_states)).astype(np.int8)
    save_policies(folder / "best.npz", model, policies)
    return {
        "trained": ((folder / "pairs.json").read_bytes(), pairs),
        "population": ((folder / "best.npz").read_bytes(), policies),
    }


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_trained_population_is_what_it_was_or_is_named(damage, populations, tmp_path, bounded):
    data, pairs = populations["trained"]
    path, reasoner = tmp_path / "pairs.json", make_task("lever-5").reasoner()
    rng = random.Random(f"trained {damage.__name__}")  # noqa: S311 - places, no secrets
    named = 0
    for _ in range(PLACES):
        path.write_bytes(damage(data, rng))
        try:
            found = bounded(lambda: make_partner(f"trained:{path}", "player-1", reasoner).population)
        except ValueError as error:
            named += says_what_to_do(error, path, "train --out")
            continue
        assert np.array_equal(found.policies, pairs.policies)
        assert replace(found, policies=0) == replace(pairs, policies=0)
    assert named > PLACES * 0.9


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_best_member_is_what_it_was_or_is_named(damage, populations, tmp_path, bounded):
    data, policies = populations["population"]
    path, reasoner = tmp_path / "best.npz", make_task("game-1").reasoner()
    rng = random.Random(f"population {damage.__name__}")  # noqa: S311 - places, no secrets
    named = 0
    for _ in range(PLACES):
        path.write_bytes(damage(data, rng))
        try:
            found = bounded(lambda: make_partner(f"population:{path}", "player-1", reasoner)._policies)
        except ValueError as error:
            named += says_what_to_do(error, path, "train-partner")
            continue
        assert np.array_equal(found, policies)
    assert named > PLACES / 2


def says_what_to_do(error, path, command):
    """Whether an error names the file and the remedy."""
    assert repr(str(path)) in str(error)
    assert command in str(error)
    return True


def test_a_best_member_of_a_few_kilobytes_does_not_become_gigabytes(tmp_path, bounded):
    model, path = make_task("game-1").model, tmp_path / "best.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|i1", "fortran_order": False, "shape": (2, 2**30)}
    )
    save_policies(path, model, np.zeros((2, model.n_states), dtype=np.int8))
    with zipfile.ZipFile(path) as known:
        entries = {name: known.read(name) for name in known.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            if name != "policies.npy":
                made.writestr(name, content)
        with made.open("policies.npy", "w", force_zip64=True) as entry:
            entry.write(header.getvalue())
            for _ in range(100):
                entry.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(ValueError, match=r"it unpacks to .* bytes, .*train-partner"):
        bounded(lambda: make_partner(f"population:{path}", "player-1", make_task("game-1").reasoner()))


# The memo


@pytest.fixture(scope="module")
def memo(tmp_path_factory):
    """A memo of 100 answers: its bytes, and the answers."""
    path = tmp_path_factory.mktemp("memo") / "memo.sqlite"
    answers = {f"{n:064d}": {"A": n / 100, "B": 1 - n / 100} for n in range(100)}
    kept = SqliteMemo(path)
    for key, policy in answers.items():
        kept.put(key, policy)
    kept.close()
    return path.read_bytes(), answers


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_memo_gives_what_was_kept_or_nothing(damage, memo, tmp_path, bounded, caplog):
    data, answers = memo
    rng = random.Random(f"memo {damage.__name__}")  # noqa: S311 - places, no secrets
    for n in range(PLACES):
        path = tmp_path / f"{n}.sqlite"
        path.write_bytes(damage(data, rng))
        caplog.clear()
        kept = SqliteMemo(path)
        found = bounded(lambda kept=kept: {key: kept.get(key) for key in answers})
        assert all(policy in (None, answers[key]) for key, policy in found.items())
        missing = [key for key, policy in found.items() if policy is None]
        for key in missing:
            kept.put(key, answers[key])
        assert [kept.get(key) for key in answers] == list(answers.values())
        kept.close()
        # once for the answers that are damaged, and once if the file cannot be used at all
        assert len(caplog.records) <= 2


@pytest.mark.parametrize(
    "policy",
    [
        '{"A": 0.9, "B": 0.9}',
        '{"A": NaN}',
        '{"A": -1, "B": 2}',
        '{"A": "1"}',
        "[1]",
        "{",
        '{"A": 1e400}',
        '{"A": true}',
    ],
)
def test_an_answer_that_is_no_distribution_counts_as_none(policy, tmp_path, caplog):
    path = tmp_path / "memo.sqlite"
    SqliteMemo(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO answers (key, policy) VALUES ('k', ?)", (policy,))
    kept = SqliteMemo(path)
    assert kept.get("k") is None
    assert kept.get("k") is None
    assert [record.getMessage().count("damaged answers") for record in caplog.records] == [1]
    kept.put("k", {"A": 1.0})
    kept.close()
    again = SqliteMemo(path)
    assert again.get("k") == {"A": 1.0}
    again.close()


def test_a_memo_of_a_release_before_is_read_and_gets_checksums(tmp_path):
    path = tmp_path / "memo.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE answers (key TEXT PRIMARY KEY, policy TEXT NOT NULL) WITHOUT ROWID")
        connection.execute("""INSERT INTO answers VALUES ('k', '{"A": 0.25, "B": 0.75}')""")
    kept = SqliteMemo(path)
    assert kept.get("k") == {"A": 0.25, "B": 0.75}
    kept.put("other", {"A": 1.0})
    kept.close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT key, checksum IS NULL FROM answers ORDER BY key").fetchall()
    assert rows == [("k", 1), ("other", 0)]


# Locks and disks


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_PROTOCOL, "does not lock files as SQLite needs it, as network disks often do not"),
        (sqlite3.SQLITE_IOERR_LOCK, "network disks"),
        (sqlite3.SQLITE_BUSY, "another process has locked it"),
        (sqlite3.SQLITE_READONLY, "cannot be written to"),
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "--repair saves"),
        (sqlite3.SQLITE_ERROR, "--repair saves"),
    ],
)
def test_every_error_of_sqlite_has_words(code, words, whole, tmp_path):
    path = tmp_path / "r.sqlite"
    path.write_bytes(whole[0])
    error = sqlite3.OperationalError("as SQLite puts it")
    error.sqlite_errorcode = code
    with pytest.raises(ResultsError, match=words), read_results(path):
        raise error
