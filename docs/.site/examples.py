"""For the documentation site: docstrings say ``Example:``, the site's parser knows ``Examples:``."""

import re
from typing import Any

from griffe import Extension, Object


class Examples(Extension):
    """Renames the section, so that examples are shown as code."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for every module, class, function and attribute that was read."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"(?m)^Example:$", "Examples:", obj.docstring.value)
