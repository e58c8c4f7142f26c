"""`python tests/chaos`: so many runs of chaos, or one again by its seed."""

import argparse
import asyncio
import logging
import random
import sys
from pathlib import Path

import structlog

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]


def main() -> int:
    """Read the command line, run, and say what was found."""
    from chaos_campaign import campaign
    from chaos_plan import plan_of

    from runtime.leaving import leave_after

    parser = argparse.ArgumentParser(prog="python tests/chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="how many runs (1000)")
    parser.add_argument("--seed", type=int, help="the first seed; runs take it and those after it")
    parser.add_argument("--lanes", type=int, default=3, help="stacks side by side (3)")
    parser.add_argument("--plan", action="store_true", help="only say what the seeds stand for")
    parser.add_argument("--logs", type=Path, help="a folder for the logs of all parts")
    parser.add_argument("--brief", action="store_true", help="tell of runs with findings only")
    given = parser.parse_args()
    # A seed without a number of runs is that one run.
    asked = any(word.startswith("--runs") for word in sys.argv)
    runs = 1 if given.seed is not None and not asked else given.runs
    first = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    seeds = list(range(first, first + runs))
    if given.plan:
        print("\n".join(str(plan_of(seed)) for seed in seeds))
        return 0

    # Lost connections are what is done here: their tracebacks tell nothing.
    logging.disable(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    def say(said: str) -> None:
        if not given.brief or said.startswith(("FOUND", "BROKEN")):
            print(said, flush=True)

    def work() -> None:
        done = asyncio.run(campaign(seeds, given.lanes, say, given.logs))
        print(f"seeds {first} to {seeds[-1]}; again: python tests/chaos --seed N\n{done}")
        sys.exit(1 if done.failed or done.runs < runs else 0)

    leave_after(work)


if __name__ == "__main__":
    sys.exit(main())
