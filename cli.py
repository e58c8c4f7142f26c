"""Composition root of the command line."""


def main() -> None:
    """Run the `closeout` command."""
