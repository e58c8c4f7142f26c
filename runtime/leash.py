"""Becomes a child program that dies with its parent; run by path, never imported.

Arguments: the parent's pid, the signal the child gets when the parent dies, user id, group id
(-1: stay who we are), `--bound` to give up powers, then the program and its arguments. A small
program of its own, because Python code between fork and exec is not safe in a process that has
threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CAPABILITIES = 64
KEPT_CAPABILITIES = {1, 10}
"""CAP_DAC_OVERRIDE: the socket lies in a folder of the server's account. CAP_NET_BIND_SERVICE: the
HTTP face may be served at a port below 1024."""
PRIVATE = 0o077
BOUND = "--bound"
ORPHANED_EXIT = 125
NOT_STARTED_EXIT = 127


def give_up_privileges() -> None:
    """Let the program, were it root's, have next to none of root's powers, and never gain any.

    What is out of the bounding set an exec gives to nobody; whoever is not root may not change the
    set, and has no powers to lose.
    """
    prctl = ctypes.CDLL(None).prctl
    for capability in set(range(CAPABILITIES)) - KEPT_CAPABILITIES:
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main() -> None:
    """Drop the privileges, bind our life to the parent's, and become the program."""
    parent, death_signal, uid, gid = map(int, sys.argv[1:5])
    program = sys.argv[5:]
    if program[0] == BOUND:
        program = program[1:]
        os.umask(PRIVATE)
        if sys.platform == "linux":
            give_up_privileges()
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # Changing the user clears the wish, so it is made after; exec keeps it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(ORPHANED_EXIT)
    try:
        os.execv(program[0], program)  # noqa: S606 - replacing ourselves is the whole point
    except OSError as error:
        sys.stderr.write(f"{program[0]} cannot be started: {error}\n")
        sys.exit(NOT_STARTED_EXIT)


if __name__ == "__main__":
    main()
