"""Commands of ``python -m eval``, one idea a module."""
