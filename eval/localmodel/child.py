"""The process that serves: run as a program, with its settings as JSON; ends when its standard input does.

It imports nothing of this project, so that it runs by its path alone.
"""

from __future__ import annotations

import json
import os
import signal
import sys


def main() -> None:
    """Serves, and writes the address to standard output as one line of JSON."""
    settings = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one decides
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed belongs to the log

    # Threads that wait for each other in a loop take the processor from those that they wait for: on cores
    # that others use as well, answers took seven times as long.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import xllamacpp  # noqa: PLC0415  # into the log, too

    params = xllamacpp.CommonParams()
    params.verbosity = 1  # errors
    params.model.path = settings["model"]
    params.model_alias = {settings["name"]}
    params.port = settings["port"]
    params.n_parallel = settings["parallel"]
    params.n_ctx = settings["context"] * settings["parallel"]
    params.sampling.seed = settings["seed"]
    if settings["threads"] is not None:  # left alone, the physical cores
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    # Pages from elsewhere have no business with it, and it has none of its own.
    params.cors_origins, params.cors_origins_explicit = "http://127.0.0.1", True
    params.ui = params.endpoint_slots = False
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        sys.exit(str(error))
    answer.write(json.dumps({"address": server.listening_address}) + "\n")
    answer.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # answers under way have nobody left to read them


main()
