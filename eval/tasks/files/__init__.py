"""Games and maps as files hold them: payoffs in JSON, CSV and Gambit's ``.nfg``, and text of any origin."""

from eval.tasks.files.game import GameFile, game_from_file, matrix_from_file, save_csv, save_nfg

__all__ = ["GameFile", "game_from_file", "matrix_from_file", "save_csv", "save_nfg"]
