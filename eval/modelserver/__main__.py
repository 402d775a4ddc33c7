"""``python -m eval.modelserver``: a scripted model for demonstrations."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from eval.modelserver.faults import KINDS, Faults
from eval.modelserver.modes import MODES
from eval.modelserver.server import ScriptedServer


def serve(
    port: Annotated[int, typer.Option(help="port on loopback; 0 for a free one")] = 8321,
    latency: Annotated[float, typer.Option(help="seconds before every answer", min=0.0)] = 0.0,
    rationality: Annotated[float, typer.Option(help="log-odds of the better action at temperature 1")] = 3.0,
    fault: Annotated[list[str] | None, typer.Option(help=f"KIND=RATE; kinds: {', '.join(KINDS)}")] = None,
    mode: Annotated[list[str] | None, typer.Option(help=f"what it always does: {', '.join(MODES)}")] = None,
    thoughts: Annotated[int, typer.Option(help="tokens spent before the answer", min=0)] = 200,
    seed: Annotated[int, typer.Option(help="seed of answers and faults", min=0)] = 0,
) -> None:
    """A scripted model (no language model) with an OpenAI-compatible endpoint, until interrupted."""
    try:
        rates = {kind: float(rate) for kind, _, rate in (entry.partition("=") for entry in fault or [])}
        faults = Faults(rates, modes=tuple(mode or ()), thoughts=thoughts)
        server = ScriptedServer(port=port, latency=latency, rationality=rationality, faults=faults, seed=seed)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    with server:
        typer.echo(f"scripted model at {server.url}")
        typer.echo(f"  export OPENAI_API_BASE={server.url} OPENAI_API_KEY=none")
        typer.echo("  model: openai/scripted")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            typer.echo(f"{server.requests} requests answered")


if __name__ == "__main__":
    typer.run(serve)
