"""How large a table may be."""

from typing import Final

BYTES_MAX: Final = 8 * 2**20
ROWS_MAX: Final = 5_000
"""Rows that say something."""
PLACES_MAX: Final = 20_000
"""The last row, empty ones counted."""
COLUMNS_MAX: Final = 64
CELLS_MAX: Final = 400_000

UNPACKED_BYTES_MAX: Final = 32 * 2**20
PARTS_MAX: Final = 1_000
CHARACTERS_MAX: Final = 16 * 10**6
"""Of all cells of a workbook: one text that many cells share counts for each of them."""
