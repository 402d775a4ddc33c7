import os
import sys

# Before langgraph is imported: state that is not plain data must fail, not be pickled.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import pytest
from hypothesis import settings

from atom import NormalFormReasoner, Situation, symmetric_payoffs

SLOW = (
    # a browser, a database, a development server, kernels, other processes, an index of packages
    "tests/graphs/test_checkpointers.py",
    "tests/graphs/test_examples.py",
    "tests/graphs/test_fits.py",
    "tests/graphs/test_killed_databases.py",
    "tests/graphs/test_memory.py::test_a_belief_outlives_its_thread",
    "tests/graphs/test_memory.py::test_a_store_that_is_down",
    "tests/graphs/test_memory.py::test_two_processes_add_up",
    "tests/graphs/test_soak.py",
    "tests/graphs/test_told.py::test_the_benchmark",
    "tests/human",
    "tests/llm/test_honest_results.py::test_every_command",
    "tests/llm/test_honest_results.py::test_the_program",
    "tests/report",
    "tests/llm/test_transcripts.py::test_a_process_that_is_killed",
    "tests/llm/test_transcripts.py::test_a_sweep_that_is_killed",
    "tests/llm/test_transcripts.py::test_errors_are_data_too",
    "tests/test_architecture.py::test_the_command_line_imports_nothing_heavy",
    "tests/test_architecture_page.py::test_the_files_on_each_way",
    "tests/test_docs.py::test_a_",
    "tests/test_docs.py::test_five_agents",
    "tests/test_docs.py::test_python_blocks_run",
    "tests/test_docs.py::test_two_agents",
    "tests/test_eval.py::test_command",
    "tests/test_executors.py",
    "tests/test_extensions.py",
    "tests/test_notebooks.py::test_runs",
    "tests/test_package.py",
    "tests/test_results.py::test_a_page_has_the_shape",
    "tests/test_resumption.py",
    "tests/test_moved.py::test_old_paths_are_announced_and_not_imported",
    "tests/test_settings.py::test_a_mistake_in_types",
    "tests/test_settings.py::test_correct_use_passes_the_type_checker",
    "tests/test_site.py",
    "tests/test_storage.py::test_a_full_disk",
    "tests/test_storage.py::test_a_limit_on_files",
    "tests/test_storage.py::test_a_locked_file",
    "tests/test_storage.py::test_a_read_only_file",
    # a model server on loopback
    "tests/attacks/test_hostile_server.py",
    "tests/llm",
    # kitchens and other tables, pictures of them
    "tests/test_coding_dataset.py",
    "tests/test_coding_eval.py",
    "tests/test_repository.py",
    "tests/test_contract.py::test_a_liar_costs_two_steps_of_time_at_most",
    "tests/test_contract.py::test_under_contract_tasks_take_the_aligned_time",
    "tests/test_layouts.py",
    "tests/test_table_partners.py",
    "tests/test_overcooked.py",
    "tests/test_strangers.py::test_a_population_joins",
    "tests/test_strangers.py::test_every_partner_plays_somewhere",
    "tests/test_grid.py::test_aligned_orders_reach_the_optimum_on_generated_maps",
    "tests/test_partners.py::Test_greedy",
    "tests/test_planning.py",
    "tests/test_replay.py",
    # every task with every player; hundreds of episodes
    "tests/test_changes.py::test_changes_are_noticed",
    "tests/test_baselines.py::test_all_means_everyone",
    "tests/test_baselines.py::test_statistics_of_a_file",
    "tests/test_contract.py::test_honest",
    "tests/test_digests.py",
    "tests/test_eval.py::test_bayes_reaches_its_limits",
    "tests/test_eval.py::test_hedge_scores_as_published",
    "tests/test_eval.py::test_the_graph_plays_the_same_episodes",
    "tests/test_eval.py::test_the_papers_tables_are_stored",
    "tests/test_findings.py",
    "tests/test_people_data.py",
    "tests/test_people_models.py",
    "tests/test_belief.py::test_finite_after_1e5",
    "tests/test_teams.py::test_teams_on_tickets",
    "tests/test_teams.py::test_twenty_agents_in_langgraph",
    "tests/test_randomness.py::test_the_generator_is_numpys_own",
    "tests/test_statistics.py::test_contrasts_cover",
    "tests/test_statistics.py::test_disjoint_seed_pairs_cover",
    "tests/test_statistics.py::test_paired_intervals_cover",
    "tests/test_statistics.py::test_sign_flips_reject",
    "tests/test_statistics.py::test_stratified_intervals_cover",
    "tests/test_statistics.py::test_wilson_intervals_cover",
)
"""Suites and tests by how their identifiers begin; ``make test-fast`` leaves them out."""

TOGETHER = (
    "tests/graphs/test_fits.py",
    "tests/human",
    "tests/report",
    "tests/test_architecture_page.py",
    "tests/test_coding_eval.py",
    "tests/test_coverage.py",
    "tests/test_digests.py",
    "tests/test_package.py",
    "tests/test_people_data.py",
    "tests/test_results.py",
    "tests/test_settings.py",
    "tests/test_site.py",
    "tests/test_table_partners.py",
    "tests/test_views.py",
)
"""Suites that share what takes long to make; one process of several runs each of them."""


def pytest_ignore_collect(collection_path, config):
    """Where slow tests are left out, files that hold no others are not even imported."""
    if config.option.markexpr != "not slow" or not collection_path.is_relative_to(config.rootpath):
        return None
    return True if collection_path.relative_to(config.rootpath).as_posix().startswith(SLOW) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Processes get one test after the other, and suites of ``TOGETHER`` whole and first."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - tests run without it, too

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return next((suite for suite in TOGETHER if nodeid.startswith(suite)), nodeid)

    return Together(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(items):
    """Marks what stands in ``SLOW``, and what needs PostgreSQL."""
    for item in items:
        if item.nodeid.startswith(SLOW) or "[postgres" in item.nodeid:
            item.add_marker(pytest.mark.slow)


settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")


@pytest.fixture
def anti_coordination():
    """Exact reasoner of the paper's matrix game."""
    return NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))


@pytest.fixture
def situation():
    return Situation(actions={"ann": ("A", "B"), "ben": ("A", "B")})


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Tests leave the user's cache and git alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        # a hook of git's that runs tests would lead their git to the user's own repository
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(autouse=True)
def _nothing_found_out():
    """No test is told what another found out of a model: their servers may have had the same address."""
    yield
    findings = sys.modules.get("atom.models.findings")
    if findings is not None:
        findings.forget_findings()
