"""``python -m eval.localmodel``: a small language model on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from atom.errors import ToMError
from eval.localmodel.serving import LocalModel


def serve(
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="FILE.gguf",
            help="any model in the GGUF format",
            show_default="SmolLM2-135M-Instruct, a package",
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="port on loopback; 0 for a free one")] = 8322,
    threads: Annotated[
        int | None, typer.Option(help="threads of the processor", show_default="the physical cores")
    ] = None,
    context: Annotated[int, typer.Option(help="tokens of a request and its answer")] = 4096,
    parallel: Annotated[int, typer.Option(help="requests answered at once; others wait")] = 1,
    seed: Annotated[int, typer.Option(help="seed of answers to requests that name none")] = 0,
) -> None:
    """A language model with an OpenAI-compatible endpoint on loopback, until interrupted (extra local)."""
    try:
        with LocalModel(
            model,
            port=port,
            threads=threads,
            context=context,
            parallel=parallel,
            seed=seed,
            say=lambda news: typer.echo(news, err=True),
        ) as served:
            typer.echo(f"  export OPENAI_API_BASE={served.url} OPENAI_API_KEY=none")
            typer.echo(f"  model: {served.model}")
            try:
                served.wait()
            except KeyboardInterrupt:
                typer.echo("stopped", err=True)
    except ToMError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(serve)
