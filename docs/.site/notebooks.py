"""For the documentation site: the notebooks are pages, with the outputs that they are kept with."""

import re
from pathlib import Path
from typing import Any

from jinja2 import DictLoader
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parents[2]
TEMPLATE = """
{%- extends 'markdown/index.md.j2' -%}
{%- macro said(text) %}
~~~~{ .text .output }
{{ text | strip_ansi | trim('\\n') }}
~~~~
{% endmacro -%}
{%- macro picture(output, mime, cell) %}
![{{ cell.metadata.alt }}]({{ output.metadata.filenames[mime] | path2url }}){ .figure }
{% endmacro -%}
{%- block stream -%}{{ said(output.text) }}{%- endblock -%}
{%- block data_text scoped -%}{{ said(output.data['text/plain']) }}{%- endblock -%}
{%- block data_png scoped -%}{{ picture(output, 'image/png', cell) }}{%- endblock -%}
{%- block data_jpg scoped -%}{{ picture(output, 'image/jpeg', cell) }}{%- endblock -%}
"""
"""nbconvert's Markdown, with outputs that can be told from code, and the pictures' ``alt`` of their cells."""


def converted(path: Path) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, and its pictures by their paths beside the page.

    Args:
        path: the notebook.
    """
    exporter = MarkdownExporter(
        extra_loaders=[DictLoader({"notebook.md.j2": TEMPLATE})], template_file="notebook.md.j2"
    )
    # a picture in two formats is shown once, in the first
    text, resources = exporter.from_filename(
        str(path), resources={"output_files_dir": f"{path.stem}_files", "unique_key": path.stem}
    )
    title, rest = text.lstrip().split("\n", 1)
    kept = f"*As it was executed; the notebook itself is [{path.name}](../../notebooks/{path.name}).*"
    linked = re.sub(r"\]\((\d\d_\w+)\.ipynb\)", r"](\1.md)", rest)
    # notebooks/x.ipynb and docs/notebooks/x.md: what leads out of the folder leads one folder further
    linked = linked.replace("](../docs/", "](../").replace("](../examples/", "](../../examples/")
    return f"{title}\n\n{kept}\n{linked}", dict(resources["outputs"])


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Called by MkDocs: adds a page for each notebook, and its pictures."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text, pictures = converted(path)
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files
