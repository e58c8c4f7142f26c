"""Register: how each of its subjects stands, from facts."""
