"""Confinement of the child: limits of the kernel, and on Linux a filter of system calls.

Parsers of PDF, JPEG and barcodes are large C libraries fed by strangers. With the filter, one that was
taken over can open no file or socket, start no program, and read or signal no other process.
"""

import ctypes
import platform
import resource
import struct

MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 10

_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_SECCOMP_RET_KILL_PROCESS = 0x80000000
_SECCOMP_RET_ALLOW = 0x7FFF0000
_SECCOMP_RET_EPERM = 0x00050001

# Opcodes of classic BPF, and offsets in the kernel's `seccomp_data`.
_LOAD_WORD = 0x20
_JUMP_IF_EQUAL = 0x15
_JUMP_IF_AT_LEAST = 0x35
_RETURN = 0x06
_OFFSET_NUMBER = 0
_OFFSET_ARCHITECTURE = 4
# x86-64 programs reach a second set of calls, x32, by numbers from here on.
_FIRST_X32_CALL = 0x40000000

# AUDIT_ARCH and the numbers of: read write close fstat lseek mmap mprotect munmap brk rt_sigaction
# rt_sigprocmask rt_sigreturn mremap madvise sched_yield getpid exit gettid futex clock_gettime exit_group
# getrandom rseq sigaltstack restart_syscall readv writev gettimeofday nanosleep clock_nanosleep
# sched_getaffinity fcntl. The numbers of aarch64 come from the kernel's headers and were never run.
_ALLOWED_CALLS = {
    "x86_64": (
        0xC000003E,
        (
            *(0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 24, 39),
            *(60, 186, 202, 228, 231, 318, 334, 131, 219, 19, 20, 96, 35, 230, 204, 72),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 124, 172),
            *(93, 178, 98, 113, 94, 278, 293, 132, 128, 65, 66, 169, 101, 115, 123, 25),
        ),
    ),
}


def limit() -> None:
    """Limit memory, processor time and files of this process for good."""
    for name, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        # The soft limit equals the hard one: the kernel kills, and no handler of SIGXCPU runs.
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        # Writing to a file kills the process: stdout must be a pipe.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        _, hard = resource.getrlimit(name)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (allowed, allowed))


def install_filter() -> bool:
    """Refuse all other system calls for good; return False where the kernel cannot.

    No module can be imported and no codec looked up afterwards: both are files.
    """
    if platform.system() != "Linux" or platform.machine() not in _ALLOWED_CALLS:
        return False
    program = _compile(*_ALLOWED_CALLS[platform.machine()])
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    # struct sock_fprog: the number of instructions and their address.
    filters = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    return (
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filters, 0, 0) == 0
    )


def _compile(architecture: int, calls: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Return BPF instructions: opcode, lines to skip if true, lines to skip if false, operand."""
    return [
        (_LOAD_WORD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _SECCOMP_RET_KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_IF_AT_LEAST, 0, 1, _FIRST_X32_CALL),
        (_RETURN, 0, 0, _SECCOMP_RET_KILL_PROCESS),
        *((_JUMP_IF_EQUAL, len(calls) - place, 0, number) for place, number in enumerate(calls)),
        (_RETURN, 0, 0, _SECCOMP_RET_EPERM),
        (_RETURN, 0, 0, _SECCOMP_RET_ALLOW),
    ]
