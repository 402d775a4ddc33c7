"""Where modules went that the README, the docs or the notebooks named; both names work for this release."""

MOVED: dict[str, str] = {
    "partners.baseline_kinds": "partners.adaptive",
    "partners.greedy": "partners.kitchens",
    "partners.kinds": "partners.base",
    "partners.llm_baselines": "partners.llm.actors",
    "partners.tabular": "partners.tables",
    "partners.tomsup_partner": "partners.tomsup",
    "partners.zoo": "partners",
}
"""Old module -> new module with the same public names."""
