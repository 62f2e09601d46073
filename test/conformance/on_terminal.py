"""Runs a program on a terminal of its own (a pty), for tests that judge what people see there."""
import os
import pty


def available():
    """False where the system has no ptys to give (a container without /dev/pts)."""
    try:
        for fd in pty.openpty():
            os.close(fd)
    except OSError:
        return False
    return True


def run(args, cwd, env):
    """-> what args printed, as bytes, with the terminal's line ends made plain"""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(args[0], args, env)
    out = b''
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError: # the program has ended
            break
        if not part:
            break
        out += part
    os.close(fd)
    os.waitpid(pid, 0)
    return out.replace(b'\r\n', b'\n')
