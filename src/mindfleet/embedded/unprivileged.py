"""PostgreSQL refuses to run as root: here root becomes somebody else, in the new process only.

Two ways. In a user namespace the process only believes to be another user: its files stay root's, and it reaches
them wherever they are. Where namespaces are forbidden (Docker's default seccomp profile) it becomes `nobody` in
earnest, and keeps one capability, CAP_DAC_OVERRIDE, as home and binaries may lie below directories closed to
others (capabilities(7), "Ambient"); its data then belong to `nobody`.
"""

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Disguise:
    """Whom a process becomes between fork and exec, and to whom its files then belong."""

    before_exec: Callable[[], None] | None
    owner: int
    group: int

    def hand_over(self, directory: Path) -> None:
        """Gives the directory and all in it to the owner, if it is another's."""
        if directory.stat().st_uid == self.owner:
            return
        for path in (directory, *directory.rglob("*")):
            os.chown(path, self.owner, self.group, follow_symlinks=False)


PLAIN = Disguise(None, os.getuid(), os.getgid())


def disguise(probe: Sequence[str]) -> Disguise:
    """How to run a program that refuses root; an ordinary user needs no disguise.

    Args:
        probe: a command that ends with 0 in every disguise that will do.

    Raises:
        PermissionError: neither way is open.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return PLAIN
    nobody = pwd.getpwnam("nobody")
    for candidate in (
        Disguise(_seem(nobody), os.geteuid(), os.getegid()),
        Disguise(_become(nobody), nobody.pw_uid, nobody.pw_gid),
    ):
        if sys.platform == "linux" and _works(candidate, probe):
            return candidate
    raise PermissionError(
        "PostgreSQL does not run as root, and this machine allows neither a user namespace nor a change of user: "
        "run as an ordinary user"
    )


def _has_name(uid: int) -> bool:
    """Whether the user has an entry in passwd, which PostgreSQL asks for."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(candidate: Disguise, probe: Sequence[str]) -> bool:
    try:
        done = subprocess.run(probe, preexec_fn=candidate.before_exec, capture_output=True, check=False)  # noqa: S603 - our own binary
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _seem(user: pwd.struct_passwd) -> Callable[[], None]:
    uid, gid = os.geteuid(), os.getegid()

    def enter_namespace() -> None:
        _must(_libc.unshare(_CLONE_NEWUSER))
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user.pw_uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{user.pw_gid} {gid} 1", encoding="ascii")

    return enter_namespace


def _become(user: pwd.struct_passwd) -> Callable[[], None]:
    def change_user() -> None:
        _must(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        wanted = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
        _must(_libc.capset(header, sets))
        _must(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))

    return change_user


def _must(status: int) -> None:
    if status != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
