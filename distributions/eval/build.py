"""Puts the packages of the evaluation into its distributions, from wherever they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("eval", "partners")


class Packages(BuildHookInterface[Any]):
    """``eval`` and ``partners`` of a checkout, two folders up; of a source distribution, beside this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names the packages' folders to the builder.

        Raises:
            FileNotFoundError: they are in neither place.
        """
        here = Path(self.root)
        root = next((one for one in (here, here.parents[1]) if (one / "partners").is_dir()), None)
        if root is None:
            raise FileNotFoundError(
                f"there is no folder 'partners' in {here} or two folders up; build in a checkout"
            )
        build_data["force_include"] |= {str(root / name): name for name in PACKAGES}
        if root != here:  # a source distribution has it already
            metadata = f"{self.build_config.builder.artifact_project_id}.dist-info"
            place = "LICENSE" if self.target_name == "sdist" else f"{metadata}/licenses/LICENSE"
            build_data["force_include"][str(root / "LICENSE")] = place
