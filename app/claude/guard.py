"""Runs one command and ends it, with all it started, once nobody holds our stdin.

``process.py`` starts this file as a program of its own. Its stdin is a lifeline: it
closes when the worker lets go of it or dies, by ``kill -9`` too, on every system and
for whole process groups, which Linux's parent-death signal does not reach.
Should this guard itself be killed, the kernel ends the group: see ``_second_lifeline``.
A command that stays (``child.py``) has our stdin and our process group, and a socket
is the lifeline: whoever started us may then kill the group, and us with it,
by our own pid, which cannot have passed to another while it has not waited for us.
Kept to what starts in a few milliseconds: no import beyond these.
"""

import _thread
import errno
import fcntl
import os
import signal
import sys
import time

GRACE_SECONDS = 2.0
CANNOT_START = 126  # a shell's exit code for a command that cannot be executed
TRY_AGAIN = 75  # sysexits.h's EX_TEMPFAIL: still being written, or no memory just now
SIGNALLED = 128  # a shell's exit code for a command that signal n ended, plus n
STAYS = "--stays"
_PASSING = (errno.ETXTBSY, errno.EAGAIN, errno.ENOMEM)


def main(command: list[str], lifeline: int = 0) -> int:
    """Run the command and return its exit code, 128 + n where signal n ended it.

    A ``lifeline`` other than stdin, a socket, makes it one that stays: we say its pid.
    """
    inherited, _ours = os.pipe()  # ours is never closed but by our end
    may_go, go = os.pipe()
    failed, failing = os.pipe()  # closed by becoming the command
    if lifeline:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # meant for the others
    # Not posix_spawn, whose child runs before the kernel knows what to do at our death.
    child = os.fork()
    group = os.getpgrp() if lifeline else child
    if child == 0:
        os.close(go)
        _become(command, may_go, failing, inherited, lifeline)
    os.close(failing)
    os.setpgid(child, group)
    _second_lifeline(inherited, group)
    os.write(go, b"!")
    if os.read(failed, 1):
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if lifeline:
        tell(lifeline, child)
    _thread.start_new_thread(end_when_let_go, (lifeline, group))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal_group(group, signal.SIGKILL)
    return code if code >= 0 else SIGNALLED - code


def _become(
    command: list[str], may_go: int, failing: int, inherited: int, lifeline: int
) -> None:
    """Become the command, once it may go; a guard that died before says so by its end.

    What cannot be executed says so, and why by its exit code.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it; inherited
    os.set_inheritable(inherited, True)
    if lifeline:
        os.close(lifeline)
    else:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if not os.read(may_go, 1):
        os._exit(CANNOT_START)
    try:
        os.execve(command[0], command, os.environ)  # noqa: S606
    except OSError as error:
        os.write(failing, b"!")
        os._exit(TRY_AGAIN if error.errno in _PASSING else CANNOT_START)


def _second_lifeline(pipe: int, group: int) -> None:
    """Let the kernel kill the group once our end of this pipe closes: at our death.

    The command has inherited the reading end, which so outlives us. Linux only.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETOWN, -group)
        fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_ASYNC)


def tell(lifeline: int, pid: int) -> None:
    """Say the pid, to one who may have died since."""
    try:
        os.write(lifeline, b"%d" % pid)
    except OSError:  # reading from it will say so too
        return


def end_when_let_go(lifeline: int, group: int) -> None:
    """Wait for the lifeline to close, then ask the group to end, then make it."""
    try:  # noqa: SIM105 (contextlib is an import more)
        os.read(lifeline, 1)
    except OSError:  # a socket whose other end died with our word unread
        pass
    signal_group(group, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    signal_group(group, signal.SIGKILL)


def signal_group(group: int, number: int) -> None:
    """Send a signal to every process of the group, if there is one left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS: EPERM where all are gone
        return


if __name__ == "__main__":
    if sys.argv[1] == STAYS:
        os._exit(main(sys.argv[3:], int(sys.argv[2])))
    os._exit(main(sys.argv[1:]))
